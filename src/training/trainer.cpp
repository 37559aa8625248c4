#include "training/trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "hrr/error.hpp"
#include "training/cross_entropy.hpp"
#include "training/evaluation.hpp"

namespace holomamba {

struct Trainer::Worker {
    Arena arena;
    Network::Kept kept;
    std::vector<float> gradients;      // layout order; the item table's part stays unused
    std::vector<float> draw, dtoken;   // [rows x d] of the composed items
    HolographicEmbedding::ValueGradient values;
    std::vector<float> logits;
    std::vector<std::int32_t> targets;
    double loss = 0;
};

Trainer::~Trainer() = default;

Trainer::Trainer(Dataset data, const Options& options)
    : options_(options),
      data_(std::move(data)),
      network_(std::make_unique<Network>(options_, data_.catalogue)),
      threads_(thread_count(options.threads)),
      kernels_(kernels()),
      parameters_(network_->initialise(static_cast<std::uint64_t>(options.seed))),
      gradients_(parameters_.size()),
      first_moment_(parameters_.size(), 0.0f),
      second_moment_(parameters_.size(), 0.0f),
      workers_(threads_),
      random_(mix64(static_cast<std::uint64_t>(options.seed)) + 1) {
    make_runs();
    if (runs_.empty())
        throw Error(ErrorKind::not_ready, "there are no events to train on",
                    "Users need at least one event outside the holdout.");
    const auto batch = static_cast<std::size_t>(options_.batch_size);
    steps_per_epoch_ = static_cast<std::int64_t>((runs_.size() + batch - 1) / batch);
    place_of_.assign(network_->embedding().rows(), -1);
    for (Worker& worker : workers_) worker.gradients.resize(parameters_.size());
    best_ = parameters_;
}

std::int64_t Trainer::training_events() const {
    return std::accumulate(runs_.begin(), runs_.end(), std::int64_t{0},
                           [](std::int64_t total, const Run& run) { return total + run.length(); });
}

void Trainer::make_runs() {
    for (int user = 0; user < data_.users(); user++) {
        // From the end, so that the latest events stand in a full run and only the first may be short.
        for (int last = data_.training[user]; last > 0; last -= options_.max_history) {
            runs_.push_back({user, std::max(0, last - options_.max_history), last});
            if (options_.windows == "last") break;
        }
    }
}

void Trainer::choose_rows(std::span<const Run> runs) {
    const HolographicEmbedding& embedding = network_->embedding();
    if (network_->tied()) {
        if (rows_.empty()) {
            rows_.resize(embedding.rows());
            std::iota(rows_.begin(), rows_.end(), 0);
            place_of_ = rows_;
        }
        return;
    }
    for (const std::int32_t row : rows_) place_of_[row] = -1;
    rows_.clear();
    const auto want = [&](std::int32_t row) {
        if (place_of_[row] >= 0) return;
        place_of_[row] = static_cast<std::int32_t>(rows_.size());
        rows_.push_back(row);
    };
    want(embedding.start_row());
    for (const Run& run : runs)
        for (int i = run.first; i < run.last - 1; i++) want(data_.history(run.user)[i]);
}

void Trainer::train_piece(std::span<const Run> runs, float scale, std::uint64_t key, Worker& worker) {
    const int d = network_->dimension();
    const std::size_t width = d;
    const Arena::Mark mark = worker.arena.mark();
    std::vector<int> starts{0};
    std::vector<std::int32_t> inputs;
    worker.targets.clear();
    for (const Run& run : runs) {
        const auto history = data_.history(run.user);
        inputs.push_back(place_of_[network_->embedding().start_row()]);
        for (int i = run.first; i < run.last; i++) {
            worker.targets.push_back(history[i]);
            if (i + 1 < run.last) inputs.push_back(place_of_[history[i]]);
        }
        starts.push_back(starts.back() + run.length());
    }
    float* tokens = worker.arena.take(inputs.size() * width);
    for (std::size_t t = 0; t < inputs.size(); t++)
        std::copy_n(composed_.token.data() + inputs[t] * width, d, tokens + t * width);

    Pass pass{.kernels = kernels_,
              .parameters = parameters_.data(),
              .gradients = worker.gradients.data(),
              .starts = starts,
              .arena = worker.arena,
              .dropout = static_cast<float>(options_.dropout),
              .key = key};
    const float* encoded = network_->encode(pass, tokens, worker.kept);
    float* dencoded = worker.arena.take(inputs.size() * width);
    const bool tied = network_->tied();
    const float* table = tied ? composed_.raw.data() : parameters_.data() + network_->head_table();
    const float* bias = tied ? parameters_.data() + network_->head_bias() : nullptr;
    const HeadGradient head{tied ? worker.draw.data() : worker.gradients.data() + network_->head_table(),
                            tied ? worker.gradients.data() + network_->head_bias() : nullptr};
    worker.loss += cross_entropy(kernels_, pass.tokens(), d, network_->items(), encoded, worker.targets.data(), table, bias,
                                 scale, dencoded, head, worker.logits);
    const float* dtokens = network_->backward(pass, dencoded, worker.kept);
    for (std::size_t t = 0; t < inputs.size(); t++)
        kernels_.add(width, dtokens + t * width, worker.dtoken.data() + inputs[t] * width);
    worker.arena.release(mark);
}

void Trainer::train_batch(std::span<const Run> runs, float rate, Stop& stop) {
    const HolographicEmbedding& embedding = network_->embedding();
    const std::size_t d = network_->dimension();
    choose_rows(runs);
    embedding.prepare(parameters_.data(), rows_.size(), composed_);
    const auto pieces = cut_into_pieces(runs, kPieceTokens, [](const Run& run) { return run.length(); });
    const auto hands = deal(pieces, threads_);
    const auto events = std::accumulate(pieces.begin(), pieces.end(), std::int64_t{0},
                                        [](std::int64_t total, const Piece& piece) { return total + piece.tokens; });
    const float scale = 1.0f / static_cast<float>(events);
    const std::uint64_t key = mix64(static_cast<std::uint64_t>(options_.seed) ^ mix64(static_cast<std::uint64_t>(steps_)));
    const std::size_t shared = embedding.items_end();

    run_threads(threads_, [&](int thread) {
        const Range rows = part_of(rows_.size(), thread, threads_);
        embedding.compose(kernels_, parameters_.data(), rows_, rows.first, rows.last, composed_);
    });
    run_threads(threads_, [&](int thread) {
        Worker& worker = workers_[thread];
        std::fill(worker.gradients.begin() + static_cast<std::ptrdiff_t>(shared), worker.gradients.end(), 0.0f);
        worker.dtoken.assign(rows_.size() * d, 0.0f);
        if (network_->tied()) worker.draw.assign(rows_.size() * d, 0.0f);
        worker.values.assign(worker.values.size(), 0.0f);
        worker.loss = 0;
        for (const std::size_t index : hands[thread]) {
            stop.poll(thread);
            const Piece& piece = pieces[index];
            train_piece(runs.subspan(piece.first, piece.last - piece.first), scale, mix64(key + index), worker);
        }
    });
    run_threads(threads_, [&](int thread) {
        // Each thread sums a range of the composed rows over all workers, takes it back through the embedding, and sums its
        // range of what the workers share.
        const Range rows = part_of(rows_.size(), thread, threads_);
        Worker& own = workers_[thread];
        for (const Worker& other : workers_) {
            if (&other == &own) continue;
            kernels_.add((rows.last - rows.first) * d, other.dtoken.data() + rows.first * d, own.dtoken.data() + rows.first * d);
            if (network_->tied())
                kernels_.add((rows.last - rows.first) * d, other.draw.data() + rows.first * d, own.draw.data() + rows.first * d);
        }
        const Range items = part_of(shared, thread, threads_);
        std::fill(gradients_.begin() + static_cast<std::ptrdiff_t>(items.first),
                  gradients_.begin() + static_cast<std::ptrdiff_t>(items.last), 0.0f);
    });
    run_threads(threads_, [&](int thread) {
        const Range rows = part_of(rows_.size(), thread, threads_);
        Worker& own = workers_[thread];
        embedding.backward(kernels_, parameters_.data(), rows_, rows.first, rows.last, composed_,
                           network_->tied() ? own.draw.data() : nullptr, own.dtoken.data(), gradients_.data(),
                           own.gradients.data(), own.values);
    });
    run_threads(threads_, [&](int thread) {
        const Range range = part_of(gradients_.size() - shared, thread, threads_);
        const std::size_t first = shared + range.first, count = range.last - range.first;
        std::copy_n(workers_[0].gradients.data() + first, count, gradients_.data() + first);
        for (int other = 1; other < threads_; other++)
            kernels_.add(count, workers_[other].gradients.data() + first, gradients_.data() + first);
    });
    HolographicEmbedding::ValueGradient& values = workers_[0].values;
    for (int other = 1; other < threads_; other++)
        for (std::size_t i = 0; i < values.size(); i++) values[i] += workers_[other].values[i];
    embedding.finish_backward(parameters_.data(), values, gradients_.data());
    for (const Worker& worker : workers_) epoch_loss_ += worker.loss;
    step(rate);
}

void Trainer::step(float rate) {
    constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;
    steps_++;
    double norm = 0;
    for (const ParameterInfo& p : network_->layout().parameters())
        if (p.trained) norm += kernels_.squared_norm(p.size, gradients_.data() + p.offset);
    norm = std::sqrt(norm);
    if (options_.gradient_clip > 0 && norm > options_.gradient_clip) {
        const auto factor = static_cast<float>(options_.gradient_clip / norm);
        for (float& g : gradients_) g *= factor;
    }
    const double correction1 = 1 - std::pow(kBeta1, static_cast<double>(steps_));
    const double correction2 = std::sqrt(1 - std::pow(kBeta2, static_cast<double>(steps_)));
    for (const ParameterInfo& p : network_->layout().parameters()) {
        if (!p.trained) continue;
        run_threads(p.size > 100000 ? threads_ : 1, [&](int thread) {
            const Range range = part_of(p.size, thread, p.size > 100000 ? threads_ : 1);
            const std::size_t at = p.offset + range.first;
            kernels_.adamw(range.last - range.first, static_cast<float>(rate * correction2 / correction1),
                           static_cast<float>(kBeta1), static_cast<float>(kBeta2),
                           static_cast<float>(kEpsilon * correction2), static_cast<float>(rate * options_.weight_decay),
                           gradients_.data() + at, first_moment_.data() + at, second_moment_.data() + at,
                           parameters_.data() + at);
        });
    }
}

float Trainer::learning_rate(std::int64_t step_number) const {
    const double highest = options_.learning_rate;
    if (options_.schedule == "constant") return static_cast<float>(highest);
    const auto total = static_cast<double>(steps_per_epoch_ * options_.epochs);
    return static_cast<float>(highest * (1.0 - static_cast<double>(step_number) / total));
}

EpochReport Trainer::run_epoch(const StopCheck& check) {
    const auto start = std::chrono::steady_clock::now();
    Stop stop(check);
    epoch_++;
    epoch_loss_ = 0;
    std::vector<Run> order = runs_;
    for (std::size_t i = order.size(); i > 1; i--) std::swap(order[i - 1], order[random_.below(i)]);
    const auto batch = static_cast<std::size_t>(options_.batch_size);
    for (std::size_t first = 0; first < order.size(); first += batch)
        train_batch(std::span(order).subspan(first, std::min(batch, order.size() - first)), learning_rate(steps_), stop);

    EpochReport report;
    report.epoch = epoch_;
    report.tokens = training_events();
    report.loss = epoch_loss_ / static_cast<double>(report.tokens);
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (std::any_of(data_.validation.begin(), data_.validation.end(), [](std::int32_t place) { return place >= 0; })) {
        report.validation = evaluate_model(*network_, parameters_, options_, data_, Held::validation,
                                           {.k = 10, .exclude_seen = true, .threads = threads_}, check)
                                .metrics;
        report.best = report.validation->ndcg() > best_ndcg_;
    } else {
        report.best = true;
    }
    if (report.best) {
        best_ = parameters_;
        best_epoch_ = epoch_;
        if (report.validation) best_ndcg_ = report.validation->ndcg();
    }
    report.last = epoch_ == options_.epochs || epoch_ - best_epoch_ >= options_.patience;
    return report;
}

}  // namespace holomamba
