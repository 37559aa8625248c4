#include "training/batch_gradient.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"

namespace holomamba::training {

struct BatchGradient::Worker {
    model::Arena arena{std::size_t{1} << 20};  // 4 MB at a time, in large pages
    model::Network::Kept kept;
    base::LargeFloats own;           // gradients of all but the first worker, who writes into the sum
    float* gradients;                // in layout order; those of items are summed apart
    base::LargeFloats draw, dtoken;  // [rows x d] of the composed items; draw only where they are scored
    std::vector<float> dbias;        // [scored rows], where they have biases
    model::Head::Gradient head;      // the gradient of what is scored against, in draw, dbias and gradients
    model::HolographicEmbedding::ValueGradient values;
    CrossEntropy cross_entropy;
    Targets targets;
    SeenItems seen;
    double loss = 0;
};

BatchGradient::~BatchGradient() = default;

BatchGradient::BatchGradient(const model::Network& network, const Dataset& data, int threads, int negatives,
                             double lookahead)
    : network_(network),
      data_(data),
      threads_(threads),
      negatives_(negatives),
      kernels_(kernels::table()),
      workers_(threads) {
    constexpr double kLeast = 0.05;  // smaller shares are left out
    for (double share = 1; share >= kLeast; share *= lookahead) shares_.push_back(static_cast<float>(share));
    place_of_.assign(network_.embedding().rows(), -1);
    for (std::size_t w = 1; w < workers_.size(); w++) {
        workers_[w].own.resize(network_.layout().size());
        workers_[w].gradients = workers_[w].own.data();
    }
    if (negatives_ == 0) return;
    if (!network_.head().tied())
        throw base::Error(base::ErrorKind::invalid_parameter, "sampled negatives need a tied head",
                          "Set negatives to 0, or head to tied.");
    sampler_.emplace(data_.training_counts());
}

void BatchGradient::choose_rows(std::span<const Window> windows, std::uint64_t key) {
    const model::HolographicEmbedding& embedding = network_.embedding();
    if (network_.head().tied() && !sampler_) {
        if (rows_.empty()) {
            for (std::int32_t item = 0; item < network_.items(); item++)
                if (!data_.is_cold(item)) want_row(item);
            scored_ = static_cast<int>(rows_.size());
            want_row(embedding.start_row());
        }
        return;
    }
    for (const std::int32_t row : rows_) place_of_[row] = -1;
    rows_.clear();
    if (sampler_) sample_rows(windows, key);
    want_row(embedding.start_row());
    for (const Window& window : windows)
        for (int i = std::max(0, window.first - 1); i < window.last - 1; i++) want_row(data_.history(window.user)[i]);
    if (!sampler_) scored_ = network_.items();
}

void BatchGradient::want_row(std::int32_t row) {
    if (place_of_[row] >= 0) return;
    place_of_[row] = static_cast<std::int32_t>(rows_.size());
    rows_.push_back(row);
}

void BatchGradient::sample_rows(std::span<const Window> windows, std::uint64_t key) {
    std::int64_t targets = 0;
    for (const Window& window : windows) {
        for (int i = window.first; i < window.last; i++) targets += data_.is_target(window.user, i);
        for (int i = window.first; i < window.last; i++) want_row(data_.history(window.user)[i]);
    }
    base::Random random(key);
    for (int i = 0; i < negatives_; i++) want_row(sampler_->draw(random));
    scored_ = static_cast<int>(rows_.size());
    log_inclusion_.resize(scored_);
    for (int i = 0; i < scored_; i++) log_inclusion_[i] = sampler_->log_inclusion(rows_[i], targets, negatives_);
}

void BatchGradient::mask_rows(const Noise& noise) {
    masked_.assign(rows_.size(), 0);
    if (!network_.head().learns_unknown() || noise.item_dropout == 0) return;
    base::Random random(base::mix64(noise.key + 2));
    for (int i = 0; i < scored_; i++) masked_[i] = random.uniform() < noise.item_dropout;
}

bool BatchGradient::add_targets(const Window& window, int event, Targets& targets) const {
    const auto [next, weight] = data_.asked_before(window.user, event, window.last);
    if (weight == 0) return false;
    const std::size_t first = targets.targets.size();
    float total = 0;
    for (int i = next; i < window.last && targets.targets.size() < first + shares_.size(); i++) {
        if (!data_.is_target(window.user, i)) continue;
        const float share = shares_[targets.targets.size() - first];
        total += share;
        targets.targets.push_back(
            {place_in_head(data_.history(window.user)[i]), share * weight, data_.seen_before(window.user, i, event)});
    }
    for (std::size_t i = first; i < targets.targets.size(); i++) targets.targets[i].share /= total;
    targets.end_token();
    return true;
}

void BatchGradient::begin(Worker& worker, std::size_t size) const {
    const std::size_t d = network_.dimension();
    const bool composed = network_.head().tied();
    worker.dtoken.assign(rows_.size() * d, 0.0f);
    worker.draw.resize(composed ? rows_.size() * d : 0);
    worker.dbias.assign(composed ? scored_ : 0, 0.0f);
    worker.head = network_.head().gradient(worker.draw.data(), worker.dbias.data(), worker.gradients);
    worker.head.fresh = true;
    float* const rows = worker.head.rows;
    const auto zero_but_rows = [&](float* first, float* last) {
        const bool among = !std::less<>()(rows, first) && std::less<>()(rows, last);
        std::fill(first, among ? rows : last, 0.0f);
        if (among) std::fill(rows + scored_ * d, last, 0.0f);
    };
    zero_but_rows(worker.draw.data(), worker.draw.data() + worker.draw.size());
    zero_but_rows(worker.gradients + network_.embedding().items_end(), worker.gradients + size);
    worker.values.assign(worker.values.size(), 0.0f);
    worker.loss = 0;
}

void BatchGradient::add_piece(std::span<const Window> windows, const Batch& batch, std::size_t first_token,
                              Worker& worker) {
    const int d = network_.dimension();
    const std::size_t width = d;
    const model::Arena::Mark mark = worker.arena.mark();
    std::vector<int> starts{0};
    std::vector<std::int32_t> places;  // of what is read, among the composed rows
    std::vector<model::TokenEvent> inputs;
    const float* const tokens = composed_.token.data();
    const auto read = [&](const model::Event& event) {
        places.push_back(place_of_[event.item]);
        inputs.push_back(event.with(tokens + places.back() * width));
    };
    std::vector<double> at;  // of each row: the time of the event that comes next, when it is asked
    std::vector<int> asked;  // rows that have a target
    worker.targets.clear();
    worker.seen.clear();
    for (const Window& window : windows) {
        read({network_.embedding().start_row()});
        if (window.first > 0) read(data_.event(window.user, window.first - 1));
        if (window.first > 0) at.push_back(data_.time(window.user, window.first - 1));
        for (int i = window.first; i < window.last; i++) {
            at.push_back(data_.time(window.user, i));
            if (add_targets(window, i, worker.targets)) {
                asked.push_back(static_cast<int>(inputs.size()) - 1);
                if (network_.head().learns_repeats())
                    data_.for_each_seen(window.user, i, [&](std::int32_t item) {
                        const std::int32_t place = place_in_head(item);
                        if (place >= 0 && place < scored_) worker.seen.items.push_back(place);
                    });
                worker.seen.end_token();
            }
            if (i + 1 < window.last) read(data_.event(window.user, i));
        }
        starts.push_back(starts.back() + window.training_rows());
    }
    model::Pass pass{.kernels = kernels_,
                     .parameters = batch.parameters,
                     .gradients = worker.gradients,
                     .starts = starts,
                     .arena = worker.arena,
                     .dropout = batch.dropout,
                     .key = batch.key,
                     .first_token = first_token};
    const float* encoded = network_.answer(pass, network_.encode(pass, inputs, worker.kept), at.data(), worker.kept);
    float* vectors = worker.arena.take(asked.size() * width);
    float* dvectors = worker.arena.take(asked.size() * width);
    for (std::size_t q = 0; q < asked.size(); q++) std::copy_n(encoded + asked[q] * width, width, vectors + q * width);
    const model::Head::View head = network_.head().view(batch.parameters, composed_.raw.data(), scored_bias_.data());
    worker.loss += worker.cross_entropy.add(kernels_, static_cast<int>(asked.size()), d, scored_, vectors,
                                            worker.targets, worker.seen, head, batch.scale, dvectors, worker.head);
    float* dencoded = worker.arena.take(inputs.size() * width);
    std::fill_n(dencoded, inputs.size() * width, 0.0f);
    for (std::size_t q = 0; q < asked.size(); q++)
        std::copy_n(dvectors + q * width, width, dencoded + asked[q] * width);
    worker.head.fresh = false;
    const float* dtokens = network_.backward(pass, dencoded, worker.kept);
    for (std::size_t t = 0; t < places.size(); t++)
        kernels_.add(width, dtokens + t * width, worker.dtoken.data() + places[t] * width);
    worker.arena.release(mark);
}

double BatchGradient::compute(std::span<const Window> windows, std::span<const float> parameters, const Noise& noise,
                              base::Stop& stop, std::span<float> gradients) {
    const model::HolographicEmbedding& embedding = network_.embedding();
    const std::size_t d = network_.dimension();
    for (const std::int32_t row : rows_) std::fill_n(gradients.data() + embedding.item(row), d, 0.0f);
    choose_rows(windows, base::mix64(noise.key + 1));
    embedding.prepare(parameters.data(), rows_.size(), composed_);
    const auto pieces = cut_into_pieces(windows, threads_, [](const Window& window) { return window.training_rows(); });
    const auto hands = deal(pieces, threads_);
    std::vector<std::size_t> first_tokens{0};
    for (const Piece& piece : pieces) first_tokens.push_back(first_tokens.back() + piece.tokens);
    double weight = 0;
    for (const Window& window : windows) weight += data_.weight_of(window.user, window.first, window.last);
    const Batch batch{parameters.data(), static_cast<float>(1 / weight), noise.dropout, base::mix64(noise.key)};
    const std::size_t shared = embedding.items_end();

    workers_[0].gradients = gradients.data();
    mask_rows(noise);
    const model::Head& head = network_.head();
    const auto scored = std::span(rows_).first(head.tied() ? scored_ : 0);
    head.choose_bias(parameters.data(), scored, masked_, log_inclusion_, scored_bias_);

    base::run_threads(threads_, [&](int thread) {
        const base::Range rows = base::part_of(rows_.size(), thread, threads_);
        embedding.compose(kernels_, parameters.data(), rows_, masked_, rows.first, rows.last, composed_);
    });
    base::run_threads(threads_, [&](int thread) {
        Worker& worker = workers_[thread];
        begin(worker, gradients.size());
        for (const std::size_t index : hands[thread]) {
            stop.poll();
            const Piece& piece = pieces[index];
            add_piece(windows.subspan(piece.first, piece.last - piece.first), batch, first_tokens[index], worker);
        }
        if (worker.head.fresh) std::fill_n(worker.head.rows, scored_ * d, 0.0f);
    });
    base::run_threads(threads_, [&](int thread) {
        // Each thread sums a range of the composed rows over all workers, takes it back through the embedding, and sums its
        // range of what the workers share.
        const base::Range rows = base::part_of(rows_.size(), thread, threads_);
        Worker& own = workers_[thread];
        for (const Worker& other : workers_) {
            if (&other == &own) continue;
            kernels_.add((rows.last - rows.first) * d, other.dtoken.data() + rows.first * d,
                         own.dtoken.data() + rows.first * d);
            if (!own.draw.empty())
                kernels_.add((rows.last - rows.first) * d, other.draw.data() + rows.first * d,
                             own.draw.data() + rows.first * d);
        }
    });
    base::run_threads(threads_, [&](int thread) {
        const base::Range rows = base::part_of(rows_.size(), thread, threads_);
        Worker& own = workers_[thread];
        embedding.backward(kernels_, parameters.data(), rows_, masked_, rows.first, rows.last, composed_,
                           own.draw.empty() ? nullptr : own.draw.data(), own.dtoken.data(), gradients.data(),
                           own.gradients, own.values);
    });
    base::run_threads(threads_, [&](int thread) {
        const base::Range range = base::part_of(gradients.size() - shared, thread, threads_);
        const std::size_t first = shared + range.first, count = range.last - range.first;
        for (int other = 1; other < threads_; other++)
            kernels_.add(count, workers_[other].gradients + first, gradients.data() + first);
    });
    for (const Worker& worker : workers_) head.add_bias_gradient(scored, masked_, worker.dbias, gradients.data());
    model::HolographicEmbedding::ValueGradient& values = workers_[0].values;
    for (int other = 1; other < threads_; other++)
        for (std::size_t i = 0; i < values.size(); i++) values[i] += workers_[other].values[i];
    embedding.finish_backward(parameters.data(), values, gradients.data());
    return std::accumulate(workers_.begin(), workers_.end(), 0.0,
                           [](double total, const Worker& worker) { return total + worker.loss; });
}

}  // namespace holomamba::training
