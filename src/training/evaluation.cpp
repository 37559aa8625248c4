#include "training/evaluation.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "base/parallel.hpp"
#include "model/encoder.hpp"
#include "ranking/top_k.hpp"
#include "training/packing.hpp"

namespace holomamba::training {
namespace {

// An event that is asked for: the one at `place` of a user's history, the events before it being known.
struct Question {
    std::int32_t user, place;
};

// In the order of users, each user's in the order of his events.
std::vector<Question> questions_of(const Dataset& data, Held held, TestTargets targets) {
    std::vector<Question> questions;
    for (std::int32_t user = 0; user < data.users(); user++) {
        const std::int32_t held_out = held == Held::validation ? data.validation[user] : data.test[user];
        if (held_out < 0) continue;
        const bool alone = held == Held::validation || targets == TestTargets::first;
        const std::int32_t last = alone ? held_out : static_cast<std::int32_t>(data.history(user).size()) - 1;
        const std::size_t first = questions.size();
        for (std::int32_t place = held_out; place <= last; place++)
            if (data.is_target(user, place)) questions.push_back({user, place});
        if (targets == TestTargets::last && questions.size() > first)
            questions.erase(questions.begin() + static_cast<std::ptrdiff_t>(first), questions.end() - 1);
    }
    return questions;
}

// What all threads know of the items.
struct Items {
    std::vector<std::int32_t> not_served;
    std::vector<Segment> segments;

    explicit Items(const Dataset& data) {
        const std::vector<std::int64_t> counts = data.training_counts();
        for (std::int32_t item = 0; item < data.catalogue.items; item++)
            if (!data.is_served(item)) not_served.push_back(item);
        std::vector<std::int32_t> order(counts.size());
        std::iota(order.begin(), order.end(), 0);
        std::ranges::stable_sort(order, [&](auto a, auto b) { return counts[a] > counts[b]; });
        const std::int64_t events = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
        segments.resize(counts.size());
        std::int64_t before = 0;
        for (const std::int32_t item : order) {
            segments[item] = counts[item] == 0     ? Segment::new_items
                             : 2 * before < events ? Segment::head
                                                   : Segment::tail;
            before += counts[item];
        }
    }
};

// One thread's share of the result.
class Tally {
  public:
    Tally(const Dataset& data, const Items& items, const EvaluationOptions& how)
        : data_(&data), items_(&items), how_(how), recommended_(data.catalogue.items, 0), asked_(data.users(), 0) {}

    // `scores` of all items for a question; those of seen items are overwritten, or raised by `repeat`.
    void add(const Question& question, std::span<float> scores, float repeat) {
        const auto [user, place] = question;
        const std::int32_t target = data_->history(user)[place];
        constexpr float kOut = -std::numeric_limits<float>::infinity();
        data_->for_each_seen(
            user, place, [&](std::int32_t item) { scores[item] = how_.exclude_seen ? kOut : scores[item] + repeat; });
        for (const std::int32_t item : items_->not_served) scores[item] = kOut;
        const float score = scores[target];
        // Ties count against the model; a target that is itself excluded cannot be found.
        const auto rank = score == kOut
                              ? std::numeric_limits<std::int64_t>::max()
                              : std::count_if(scores.begin(), scores.end(), [&](float s) { return s >= score; });
        count(result_.all, kAll, user, rank);
        count_segment(data_->seen_before(user, place, place) ? Segment::repeated : Segment::first_time, user, rank);
        count_segment(items_->segments[target], user, rank);
        if (data_->training[user] == 0) count_segment(Segment::new_users, user, rank);
        if (!data_->is_served(target)) result_.not_served++;
        for (const std::int32_t item : ranking::top_k(scores, how_.k))
            if (scores[item] != kOut) recommended_[item] = 1;
    }

    static Evaluation merge(const std::vector<Tally>& tallies) {
        Evaluation result;
        std::vector<std::uint8_t> asked(tallies[0].asked_.size(), 0);
        std::vector<char> recommended(tallies[0].recommended_.size(), 0);
        for (const Tally& tally : tallies) {
            result.all.metrics.add(tally.result_.all.metrics);
            for (std::size_t i = 0; i < kAll; i++) result.segments[i].metrics.add(tally.result_.segments[i].metrics);
            for (std::size_t i = 0; i < asked.size(); i++) asked[i] |= tally.asked_[i];
            result.not_served += tally.result_.not_served;
            for (std::size_t i = 0; i < recommended.size(); i++) recommended[i] |= tally.recommended_[i];
        }
        // The questions of a user may have gone to several threads.
        for (const unsigned user : asked) {
            result.all.users += user >> kAll & 1;
            for (std::size_t i = 0; i < kAll; i++) result.segments[i].users += user >> i & 1;
        }
        const auto served = static_cast<double>(recommended.size() - tallies[0].items_->not_served.size());
        result.coverage = served > 0 ? std::accumulate(recommended.begin(), recommended.end(), 0.0) / served : 0;
        return result;
    }

  private:
    static constexpr auto kAll = static_cast<std::size_t>(Segment::count);

    void count(Evaluation::Part& part, std::size_t number, std::int32_t user, std::int64_t rank) {
        part.metrics.add(rank, how_.k);
        asked_[user] |= static_cast<std::uint8_t>(1U << number);
    }
    void count_segment(Segment segment, std::int32_t user, std::int64_t rank) {
        const auto s = static_cast<std::size_t>(segment);
        count(result_.segments[s], s, user, rank);
    }

    const Dataset* data_;
    const Items* items_;
    EvaluationOptions how_;
    Evaluation result_;
    std::vector<char> recommended_;
    std::vector<std::uint8_t> asked_;  // of each user: of which segments there was a question, and kAll
};

}  // namespace

Evaluation evaluate_model(const model::Network& network, std::span<const float> parameters,
                          const model::Options& options, const Dataset& data, Held held, const EvaluationOptions& how,
                          const base::StopCheck& check) {
    const kernels::Table& k = kernels::table();
    const int d = network.dimension(), items = network.items();
    const model::HolographicEmbedding& embedding = network.embedding();
    std::vector<std::int32_t> rows(embedding.rows());
    std::iota(rows.begin(), rows.end(), 0);
    model::HolographicEmbedding::Composed composed;
    embedding.prepare(parameters.data(), rows.size(), composed);
    embedding.compose(k, parameters.data(), rows, {}, 0, rows.size(), composed);
    const model::Head::View head = network.head().view(parameters.data(), composed.raw.data());
    // What is ranked is what is served: states in the model's format, rounded as it rounds.
    model::Encoder encoder(options, data.catalogue.events);
    encoder.set_parameters(network.layout(), parameters);
    encoder.finish();
    const std::size_t stride = (encoder.state_bytes() + sizeof(float) - 1) / sizeof(float) * sizeof(float);

    // A user is encoded once, and again from each event on. Where a last window is read, it begins elsewhere for each event.
    const std::vector<Question> questions = questions_of(data, held, how.targets);
    const bool last_windows = options.windows == "last";
    std::vector<Window> windows;
    std::vector<std::size_t> first_question;
    for (std::size_t q = 0; q < questions.size(); q++) {
        const auto [user, place] = questions[q];
        if (q > 0 && questions[q - 1].user == user && !last_windows) {
            windows.back().last = place;
            continue;
        }
        windows.push_back({user, last_windows ? std::max(0, place - options.max_history) : 0, place});
        first_question.push_back(q);
    }
    first_question.push_back(questions.size());
    const auto pieces = cut_into_pieces(windows, how.threads, [](const Window& window) { return window.length() + 1; });
    const auto hands = deal(pieces, how.threads);
    const Items known(data);
    std::vector<Tally> tallies(how.threads, Tally(data, known, how));
    base::Stop stop(check);
    base::run_threads(how.threads, [&](int thread) {
        model::Encoder::Workspace workspace;
        // Questions wait until there are enough of them for a proper matrix product with the catalogue.
        constexpr std::size_t kQuestions = 64;
        std::vector<Question> waiting;
        std::vector<float> vectors, scores(kQuestions * items);
        const auto score = [&] {
            const int count = static_cast<int>(waiting.size());
            k.multiply_bt(count, items, d, vectors.data(), head.rows, scores.data(), false);
            if (head.bias) k.add_bias(count, items, head.bias, scores.data());
            for (int q = 0; q < count; q++)
                tallies[thread].add(waiting[q], std::span(scores).subspan(static_cast<std::size_t>(q) * items, items),
                                    head.repeat);
            waiting.clear();
            vectors.clear();
        };
        for (const std::size_t index : hands[thread]) {
            const Piece& piece = pieces[index];
            std::vector<std::byte> states;
            for (std::size_t r = piece.first; r < piece.last; r++) {
                states.insert(states.end(), encoder.start().begin(), encoder.start().end());
                states.resize((r + 1 - piece.first) * stride);
            }
            std::vector<model::TokenEvent> events;
            std::vector<model::UserEvents> batch;
            struct Step {
                std::size_t window, question, events;
            };
            std::vector<Step> steps;
            // Each round goes on to the next question of each user.
            for (std::size_t round = 0;; round++) {
                stop.poll();
                events.clear();
                batch.clear();
                steps.clear();
                for (std::size_t r = piece.first; r < piece.last; r++) {
                    const std::size_t q = first_question[r] + round;
                    if (q >= first_question[r + 1]) continue;
                    const int from = round == 0 ? windows[r].first : questions[q - 1].place;
                    for (int i = from; i < questions[q].place; i++) {
                        const model::Event event = data.event(windows[r].user, i);
                        events.push_back(event.with(std::as_const(composed).token.data() +
                                                    static_cast<std::size_t>(event.item) * d));
                    }
                    steps.push_back({r - piece.first, q, static_cast<std::size_t>(questions[q].place - from)});
                }
                if (steps.empty()) break;
                const model::TokenEvent* next = events.data();
                for (const Step& step : steps) {
                    batch.push_back({states.data() + step.window * stride, {next, step.events}});
                    next += step.events;
                }
                encoder.advance(batch, workspace);
                for (std::size_t u = 0; u < batch.size(); u++) {
                    vectors.resize(vectors.size() + d);
                    encoder.vector(batch[u].state,
                                   data.time(questions[steps[u].question].user, questions[steps[u].question].place),
                                   vectors.data() + vectors.size() - d);
                    waiting.push_back(questions[steps[u].question]);
                    if (waiting.size() == kQuestions) score();
                }
            }
        }
        if (!waiting.empty()) score();
    });
    return Tally::merge(tallies);
}

Evaluation evaluate_ranker(const Ranker& ranker, const Dataset& data, Held held, const EvaluationOptions& how,
                           const base::StopCheck& check) {
    const std::vector<Question> questions = questions_of(data, held, how.targets);
    const Items known(data);
    std::vector<Tally> tallies(how.threads, Tally(data, known, how));
    base::Stop stop(check);
    base::run_threads(how.threads, [&](int thread) {
        std::vector<float> scores(data.catalogue.items);
        auto [first, last] = base::part_of(questions.size(), thread, how.threads);
        // No user is cut in two.
        const auto next_user = [&](std::size_t q) {
            while (q > 0 && q < questions.size() && questions[q].user == questions[q - 1].user) q++;
            return q;
        };
        for (std::size_t q = next_user(first); q < next_user(last); q++) {
            if (q % 64 == 0) stop.poll();
            const auto [user, place] = questions[q];
            ranker.score(data.history(user).first(static_cast<std::size_t>(place)), scores);
            tallies[thread].add(questions[q], scores, 0);
        }
    });
    return Tally::merge(tallies);
}

bool repeats_count(const model::Options& options, const Dataset& data) {
    return options.repeats == "learned" && data.repeat_log_odds() > 0;
}

const char* name_of(Segment segment) {
    constexpr std::array<const char*, static_cast<std::size_t>(Segment::count)> names{
        "first time", "repeated", "new users", "new items", "head", "tail"};
    return names[static_cast<std::size_t>(segment)];
}

}  // namespace holomamba::training
