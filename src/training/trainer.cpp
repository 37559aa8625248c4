#include "training/trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "training/evaluation.hpp"
#include "training/settled_options.hpp"

namespace holomamba::training {
namespace {

// Moments with as many training events between each two, in days since 1970.
std::vector<float> knots_of(const Dataset& data) {
    constexpr double kDay = 86400;  // seconds
    std::vector<double> days;
    for (int user = 0; user < data.users(); user++)
        for (int i = 0; i < data.training[user]; i++)
            if (const double time = model::kept_time(data.time(user, i)); !std::isnan(time))
                days.push_back(time / kDay);
    std::ranges::sort(days);
    std::vector<float> knots;
    for (std::size_t k = 0; k < model::Moment::kKnots; k++) {
        const std::size_t place = days.empty() ? 0 : (days.size() - 1) * k / (model::Moment::kKnots - 1);
        const float least = k == 0 ? -std::numeric_limits<float>::infinity()
                                   : std::nextafter(knots.back(), std::numeric_limits<float>::infinity());
        knots.push_back(std::max(days.empty() ? 0.0f : static_cast<float>(days[place]), least));
    }
    return knots;
}

}  // namespace

Trainer::Trainer(Dataset data, const model::Options& options)
    : options_(settled(options, data)),
      data_(std::move(data)),
      network_(std::make_unique<model::Network>(options_, data_.catalogue)),
      threads_(options_.threads),
      validated_(
          std::any_of(data_.validation.begin(), data_.validation.end(), [](std::int32_t place) { return place >= 0; })),
      kernels_(kernels::table()),
      parameters_(network_->layout().size()),
      gradients_(parameters_.size()),
      first_moment_(parameters_.size()),
      second_moment_(parameters_.size()),
      batch_gradient_(*network_, data_, threads_, options_.negatives, options_.lookahead),
      random_(base::mix64(static_cast<std::uint64_t>(options.seed)) + 1) {
    std::ranges::copy(network_->initialise(static_cast<std::uint64_t>(options.seed)), parameters_.begin());
    for (const std::int64_t count : data_.training_counts()) data_.cold.push_back(count == 0);
    repeats_count_ = repeats_count(options_, data_);
    make_windows();
    if (windows_.empty())
        throw base::Error(base::ErrorKind::not_ready, "there are no events to train on",
                          "Users need at least one event outside the holdout.");
    const auto batch = static_cast<std::size_t>(options_.batch_size);
    steps_per_epoch_ = static_cast<std::int64_t>((windows_.size() + batch - 1) / batch);
    if (network_->head().learns_repeats())
        network_->head().set_repeat(parameters_.data(), static_cast<float>(data_.repeat_log_odds()));
    fit_trend();
    if (validated_) best_ = parameters_;
}

void Trainer::fit_trend() {
    network_->set_knots(knots_of(data_), parameters_.data());
}

void Trainer::know_cold_items_by_attributes() {
    for (std::int32_t item = 0; item < network_->items(); item++)
        if (data_.is_cold(item)) network_->set_unknown(parameters_.data(), item);
}

std::int64_t Trainer::training_events() const {
    return std::accumulate(windows_.begin(), windows_.end(), std::int64_t{0},
                           [](std::int64_t total, const Window& window) { return total + window.length(); });
}

double Trainer::training_weight() const {
    return std::accumulate(windows_.begin(), windows_.end(), 0.0, [&](double total, const Window& window) {
        return total + data_.weight_of(window.user, window.first, window.last);
    });
}

void Trainer::make_windows() {
    for (int user = 0; user < data_.users(); user++) {
        // From the end, so that the latest events stand in a full window and only the first may be short.
        for (int last = data_.training[user]; last > 0; last -= options_.max_history) {
            const Window window{user, std::max(0, last - options_.max_history), last};
            if (data_.weight_of(user, window.first, window.last) > 0) windows_.push_back(window);
            if (options_.windows == "last") break;
        }
    }
}

double Trainer::step(double rate) {
    constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;
    steps_++;
    choose_shares();
    std::vector<double> squares(shares_.size());
    base::run_threads(threads_, [&](int thread) {
        for (std::size_t s = thread; s < shares_.size(); s += threads_)
            squares[s] =
                kernels_.squared_norm(shares_[s].last - shares_[s].first, gradients_.data() + shares_[s].first);
    });
    const double norm = std::sqrt(std::accumulate(squares.begin(), squares.end(), 0.0));
    const bool clipped = options_.gradient_clip > 0 && norm > options_.gradient_clip;
    const float factor = clipped ? static_cast<float>(options_.gradient_clip / norm) : 1.0f;
    const double correction1 = 1 - std::pow(kBeta1, static_cast<double>(steps_));
    const double correction2 = std::sqrt(1 - std::pow(kBeta2, static_cast<double>(steps_)));
    base::run_threads(threads_, [&](int thread) {
        for (std::size_t s = thread; s < shares_.size(); s += threads_) {
            const auto [first, last, decays] = shares_[s];
            for (std::size_t i = first; clipped && i < last; i++) gradients_[i] *= factor;
            kernels_.adamw(last - first, static_cast<float>(rate * correction2 / correction1),
                           static_cast<float>(kBeta1), static_cast<float>(kBeta2),
                           static_cast<float>(kEpsilon * correction2),
                           decays ? static_cast<float>(rate * options_.weight_decay) : 0.0f, gradients_.data() + first,
                           first_moment_.data() + first, second_moment_.data() + first, parameters_.data() + first);
        }
    });
    return norm;
}

void Trainer::choose_shares() {
    constexpr std::size_t kShare = 1 << 16;  // a share of work for a thread
    const model::HolographicEmbedding& embedding = network_->embedding();
    const bool sampled = options_.negatives > 0;
    if (!sampled && !shares_.empty()) return;
    shares_.clear();
    if (sampled)
        for (const std::int32_t row : batch_gradient_.rows())
            shares_.push_back({embedding.item(row), embedding.item(row) + network_->dimension(), true});
    for (const model::ParameterInfo& p : network_->layout().parameters()) {
        if (!p.trained || (sampled && p.offset == embedding.item(0))) continue;
        for (std::size_t first = 0; first < p.size; first += kShare)
            shares_.push_back({p.offset + first, p.offset + std::min(p.size, first + kShare), p.decays()});
    }
}

double Trainer::learning_rate() const {
    const double highest = options_.learning_rate;
    if (options_.schedule == "constant") return highest;
    // Adam's second moment knows little of the first steps (Liu et al. 2020, "On the variance of the adaptive learning rate").
    const auto total = static_cast<double>(steps_per_epoch_ * options_.epochs), done = static_cast<double>(steps_);
    const double rise = std::max(1.0, 0.04 * total);
    return highest * std::min((done + 1) / rise, (total - done) / (total - rise + 1));
}

bool Trainer::finished() const {
    return epoch_ == options_.epochs || epoch_ - best_epoch_ >= options_.patience;
}

std::vector<StoredArray> Trainer::state() {
    std::vector<StoredArray> arrays{stored("random", random_),
                                    stored("steps", steps_),
                                    stored("epoch", epoch_),
                                    stored("best_epoch", best_epoch_),
                                    stored("best_ndcg", best_ndcg_),
                                    stored("parameters", parameters_),
                                    stored("first_moment", first_moment_),
                                    stored("second_moment", second_moment_)};
    if (validated_) {
        arrays.push_back(stored("best", best_));
        arrays.back().changed = best_epoch_ == epoch_;
    }
    return arrays;
}

void Trainer::check_state() const {
    const auto check = [](bool possible, const char* name) {
        if (!possible)
            throw base::Error(base::ErrorKind::corrupted,
                              "No training comes to such values of \"" + std::string(name) + "\".");
    };
    const auto finite = [&](std::span<const float> x) { return kernels_.all_finite(x.size(), x.data()); };
    check(epoch_ >= 0 && epoch_ <= options_.epochs, "epoch");
    check(steps_ == epoch_ * steps_per_epoch_, "steps");
    check(best_epoch_ >= 0 && best_epoch_ <= epoch_, "best_epoch");
    check(best_ndcg_ >= -1 && best_ndcg_ <= 1, "best_ndcg");
    check(finite(parameters_), "parameters");
    check(finite(first_moment_), "first_moment");
    // What a square root is taken of.
    check(finite(second_moment_) && std::ranges::none_of(second_moment_, [](float x) { return x < 0; }),
          "second_moment");
    check(finite(best_), "best");
}

EpochReport Trainer::run_epoch(const base::StopCheck& check) {
    const auto start = std::chrono::steady_clock::now();
    base::Stop stop(check);
    epoch_++;
    double epoch_loss = 0, norms = 0;
    EpochReport report;
    std::vector<Window> order = windows_;
    for (std::size_t i = order.size(); i > 1; i--) std::swap(order[i - 1], order[random_.below(i)]);
    const auto batch = static_cast<std::size_t>(options_.batch_size);
    const auto seed = static_cast<std::uint64_t>(options_.seed);
    for (std::size_t first = 0; first < order.size(); first += batch) {
        epoch_loss +=
            batch_gradient_.compute(std::span(order).subspan(first, std::min(batch, order.size() - first)), parameters_,
                                    {static_cast<float>(options_.dropout), static_cast<float>(options_.item_dropout),
                                     base::mix64(seed ^ base::mix64(static_cast<std::uint64_t>(steps_)))},
                                    stop, gradients_);
        report.learning_rate = learning_rate();
        norms += step(report.learning_rate);
    }

    know_cold_items_by_attributes();
    report.epoch = epoch_;
    report.tokens = training_events();
    report.loss = epoch_loss / training_weight();
    report.gradient_norm = norms / static_cast<double>(steps_per_epoch_);
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (validated_) {
        report.validation = evaluate_model(*network_, parameters_, options_, data_, Held::validation,
                                           {.k = 10, .exclude_seen = !repeats_count_, .threads = threads_}, check)
                                .all.metrics;
        report.best = report.validation->ndcg() > best_ndcg_;
    } else {
        report.best = true;
    }
    if (report.best) {
        best_epoch_ = epoch_;
        if (report.validation) {
            best_ = parameters_;
            best_ndcg_ = report.validation->ndcg();
        }
    }
    report.last = finished();
    return report;
}

}  // namespace holomamba::training
