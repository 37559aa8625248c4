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

int held_place(const Dataset& data, int user, Held held) {
    return held == Held::validation ? data.validation[user] : data.test[user];
}

// One thread's share of the result.
struct Tally {
    Metrics metrics;
    std::vector<char> recommended;

    // `scores` of all items for a user whose events before `place` are seen; scores of seen items are overwritten, or raised by
    // `repeat`.
    void add(const Dataset& data, int user, int place, std::span<float> scores, float repeat,
             const EvaluationOptions& how) {
        const auto history = data.history(user);
        const std::int32_t target = history[place].item;
        constexpr float kOut = -std::numeric_limits<float>::infinity();
        data.for_each_seen(user, place,
                           [&](std::int32_t item) { scores[item] = how.exclude_seen ? kOut : scores[item] + repeat; });
        const float score = scores[target];
        // Ties count against the model; a target that is itself excluded cannot be found.
        const auto rank = score == kOut
                              ? std::numeric_limits<std::int64_t>::max()
                              : std::count_if(scores.begin(), scores.end(), [&](float s) { return s >= score; });
        metrics.add(rank, how.k);
        for (const std::int32_t item : ranking::top_k(scores, how.k))
            if (scores[item] != kOut) recommended[item] = 1;
    }
};

Evaluation merge(const std::vector<Tally>& tallies) {
    Evaluation result;
    std::vector<char> recommended(tallies[0].recommended.size(), 0);
    for (const Tally& tally : tallies) {
        result.metrics.add(tally.metrics);
        for (std::size_t i = 0; i < recommended.size(); i++) recommended[i] |= tally.recommended[i];
    }
    const auto count = std::accumulate(recommended.begin(), recommended.end(), 0.0);
    result.coverage = recommended.empty() ? 0 : count / static_cast<double>(recommended.size());
    return result;
}

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
    model::Encoder encoder(options);
    encoder.set_parameters(network.layout(), parameters);
    encoder.finish();
    const std::size_t stride = (encoder.state_bytes() + sizeof(float) - 1) / sizeof(float) * sizeof(float);

    std::vector<Window> windows;
    for (int user = 0; user < data.users(); user++) {
        const int place = held_place(data, user, held);
        if (place < 0) continue;
        const int first = options.windows == "last" ? std::max(0, place - options.max_history) : 0;
        windows.push_back({user, first, place});
    }
    const auto pieces = cut_into_pieces(windows, how.threads, [](const Window& window) { return window.length() + 1; });
    const auto hands = deal(pieces, how.threads);
    std::vector<Tally> tallies(how.threads, {{}, std::vector<char>(items, 0)});
    base::Stop stop(check);
    base::run_threads(how.threads, [&](int thread) {
        model::Encoder::Workspace workspace;
        // Users wait until there are enough of them for a proper matrix product with the catalogue.
        constexpr std::size_t kUsers = 64;
        std::vector<Window> waiting;
        std::vector<float> vectors, scores(kUsers * items);
        const auto score = [&] {
            const int users = static_cast<int>(waiting.size());
            k.multiply_bt(users, items, d, vectors.data(), head.rows, scores.data(), false);
            if (head.bias) k.add_bias(users, items, head.bias, scores.data());
            for (int u = 0; u < users; u++)
                tallies[thread].add(data, waiting[u].user, waiting[u].last,
                                    std::span(scores).subspan(static_cast<std::size_t>(u) * items, items), head.repeat,
                                    how);
            waiting.clear();
            vectors.clear();
        };
        for (const std::size_t index : hands[thread]) {
            stop.poll();
            const Piece& piece = pieces[index];
            std::vector<std::byte> states;
            std::vector<model::TokenEvent> events;
            for (std::size_t r = piece.first; r < piece.last; r++) {
                states.insert(states.end(), encoder.start().begin(), encoder.start().end());
                states.resize((r + 1 - piece.first) * stride);
                const auto history = data.history(windows[r].user);
                for (int i = windows[r].first; i < windows[r].last; i++)
                    events.push_back(history[i].with(std::as_const(composed).token.data() +
                                                     static_cast<std::size_t>(history[i].item) * d));
            }
            std::vector<model::UserEvents> batch;
            const model::TokenEvent* next = events.data();
            for (std::size_t r = piece.first; r < piece.last; r++) {
                const std::size_t length = windows[r].length();
                batch.push_back({states.data() + batch.size() * stride, {next, length}});
                next += length;
            }
            encoder.advance(batch, workspace);
            for (std::size_t u = 0; u < batch.size(); u++) {
                vectors.resize(vectors.size() + d);
                encoder.vector(batch[u].state, vectors.data() + vectors.size() - d);
                waiting.push_back(windows[piece.first + u]);
                if (waiting.size() == kUsers) score();
            }
        }
        if (!waiting.empty()) score();
    });
    return merge(tallies);
}

Evaluation evaluate_popularity(const Dataset& data, Held held, const EvaluationOptions& how,
                               const base::StopCheck& check) {
    std::vector<float> counts(data.catalogue.items, 0.0f);
    for (int user = 0; user < data.users(); user++)
        for (int i = 0; i < data.training[user]; i++) counts[data.history(user)[i].item] += 1;
    std::vector<Tally> tallies(1, {{}, std::vector<char>(counts.size(), 0)});
    base::Stop stop(check);
    std::vector<float> scores;
    for (int user = 0; user < data.users(); user++) {
        if (user % 64 == 0) stop.poll();
        const int place = held_place(data, user, held);
        if (place < 0) continue;
        scores = counts;
        tallies[0].add(data, user, place, scores, 0, how);
    }
    return merge(tallies);
}

}  // namespace holomamba::training
