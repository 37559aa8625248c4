#include "ranking/batch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "hrr/vector.hpp"
#include "kernels/kernels.hpp"
#include "ranking/mmr.hpp"

namespace holomamba::ranking {
namespace {

constexpr std::size_t kUsers = 64;   // rows of a product
constexpr std::size_t kTile = 1024;  // and columns: the scores stay in the cache
constexpr std::size_t kStride = 16;  // scores looked at together
constexpr float kNever = -std::numeric_limits<float>::infinity();

// What one user's ranking has found so far: every item that may be among the best k, and perhaps some more.
class Shortlist {
  public:
    void start(std::size_t k, float margin) {
        k_ = k;
        margin_ = margin;
        capacity_ = std::max<std::size_t>(4 * k, 64);
        threshold_ = std::numeric_limits<float>::lowest();
        found_.clear();
    }
    // Scores of the items first .. first + count. Those left out have -infinity.
    void add(const float* scores, std::size_t first, std::size_t count) {
        std::size_t i = 0;
        for (; i + kStride <= count; i += kStride) {
            bool any = false;
            for (std::size_t j = 0; j < kStride; j++) any |= scores[i + j] >= threshold_;
            if (any) look(scores, first, i, i + kStride);
        }
        look(scores, first, i, count);
    }
    // The items that are left, exactly scored, best first.
    std::vector<Recommended>& finish(const BatchItems& items, const float* vector, std::span<const std::int32_t> seen,
                                     double seen_score) {
        shrink();
        for (Recommended& r : found_) {
            r.score = hrr::inner_product(items.width(), items.target(r.item), vector);
            if (std::binary_search(seen.begin(), seen.end(), r.item)) r.score += seen_score;
        }
        std::sort(found_.begin(), found_.end(), [](const Recommended& a, const Recommended& b) {
            return a.score > b.score || (a.score == b.score && a.item < b.item);
        });
        if (found_.size() > k_) found_.resize(k_);
        return found_;
    }

  private:
    void look(const float* scores, std::size_t first, std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; i++)
            if (scores[i] >= threshold_) found_.push_back({static_cast<std::int32_t>(first + i), scores[i]});
        if (found_.size() >= capacity_) shrink();
    }
    // Drops what cannot be among the best k, whatever was lost to rounding.
    void shrink() {
        if (found_.size() <= k_) return;
        const auto kth = found_.begin() + static_cast<std::ptrdiff_t>(k_) - 1;
        std::nth_element(found_.begin(), kth, found_.end(),
                         [](const Recommended& a, const Recommended& b) { return a.score > b.score; });
        threshold_ = static_cast<float>(kth->score) - margin_;
        std::erase_if(found_, [&](const Recommended& r) { return r.score < threshold_; });
        // Where very many are as good as the k-th, room for them, or every step would sort them again.
        capacity_ = std::max(capacity_, 2 * found_.size());
    }

    std::size_t k_ = 0, capacity_ = 0;
    float margin_ = 0, threshold_ = 0;
    std::vector<Recommended> found_;
};

// A list of k in the order of maximal marginal relevance, out of a pool, best first.
std::vector<Recommended> diversified(const BatchItems& items, const std::vector<Recommended>& pool,
                                     const BatchOptions& how) {
    std::vector<float> relevance;
    std::vector<const float*> tokens;
    for (const Recommended& r : pool) {
        relevance.push_back(static_cast<float>(r.score));
        tokens.push_back(items.token(r.item));
    }
    std::vector<Recommended> list;
    for (const std::int32_t place :
         maximal_marginal_relevance(relevance, tokens, items.token_width(), how.k, how.diversity, {}))
        list.push_back(pool[place]);
    return list;
}

// One thread's users first .. last, at most kUsers, against all items.
class Ranker {
  public:
    Ranker(const BatchItems& items, const BatchOptions& how)
        : items_(items), how_(how), pool_(how.diversity > 0 ? mmr_pool(how.k) : how.k) {
        for (std::size_t i = 0; i < items.count(); i++) longest_ = std::max(longest_, items.norm(i));
        scores_.resize(kUsers * kTile);
        shortlists_.resize(kUsers);
        next_seen_.resize(kUsers);
        next_left_out_.resize(kUsers);
    }
    void rank(const BatchUsers& users, std::size_t first, std::size_t last, base::Stop& stop,
              std::vector<std::vector<Recommended>>& lists) {
        const std::size_t count = last - first, width = items_.width();
        const float* vectors = users.vectors.data() + first * width;
        for (std::size_t u = 0; u < count; u++) {
            // |computed - exact| of a sum of n products is at most n eps |x| |y| (Higham 2002, section 3.1); both
            // computations round, and both scores that are compared do.
            const double norm = hrr::norm(width, vectors + u * width);
            if (norm * longest_ > std::numeric_limits<float>::max())
                throw base::Error(base::ErrorKind::out_of_range, "value out of range: overflow");
            const double raised = std::isfinite(how_.seen_score) ? std::abs(how_.seen_score) : 0;
            const double error =
                std::numeric_limits<float>::epsilon() * (static_cast<double>(width + 2) * norm * longest_ + raised);
            shortlists_[u].start(static_cast<std::size_t>(pool_), static_cast<float>(4 * error));
            next_seen_[u] = users.starts[first + u];
            next_left_out_[u] = users.left_out_starts[first + u];
        }
        for (std::size_t tile = 0; tile < items_.count(); tile += kTile) {
            stop.poll();
            const std::size_t wide = std::min(kTile, items_.count() - tile);
            kernels::table().multiply_bt(static_cast<int>(count), static_cast<int>(wide), static_cast<int>(width),
                                         vectors, items_.target(tile), scores_.data(), false);
            for (std::size_t u = 0; u < count; u++) {
                float* scores = scores_.data() + u * wide;
                const std::size_t next_user = first + u + 1;
                raise(users.seen, users.starts[next_user], how_.seen_score, next_seen_[u], tile, wide, scores);
                raise(users.left_out, users.left_out_starts[next_user], kNever, next_left_out_[u], tile, wide, scores);
                shortlists_[u].add(scores, tile, wide);
            }
        }
        for (std::size_t u = 0; u < count; u++) {
            stop.poll();
            const std::size_t start = users.starts[first + u];
            const auto seen = std::span(users.seen).subspan(start, users.starts[first + u + 1] - start);
            const std::vector<Recommended>& best =
                shortlists_[u].finish(items_, vectors + u * width, seen, how_.seen_score);
            lists[first + u] = how_.diversity > 0 ? diversified(items_, best, how_) : best;
        }
    }

  private:
    // A user's items come in order, so each tile goes on where the one before ended.
    static void raise(const std::vector<std::int32_t>& places, std::size_t end, float by, std::size_t& next,
                      std::size_t tile, std::size_t wide, float* scores) {
        for (; next < end && static_cast<std::size_t>(places[next]) < tile + wide; next++)
            scores[static_cast<std::size_t>(places[next]) - tile] += by;
    }

    const BatchItems& items_;
    const BatchOptions& how_;
    int pool_;
    float longest_ = 0;
    std::vector<float> scores_;
    std::vector<Shortlist> shortlists_;
    std::vector<std::size_t> next_seen_, next_left_out_;
};

void check_width(std::size_t known, std::size_t given) {
    if (known != given)
        throw base::Error(base::ErrorKind::data,
                          "different dimensions " + std::to_string(known) + " and " + std::to_string(given));
}

}  // namespace

void BatchItems::add(std::span<const float> target, std::span<const float> token) {
    if (bounds_.empty()) {
        width_ = target.size();
        token_width_ = token.size();
    }
    check_width(width_, target.size());
    check_width(token_width_, token.size());
    targets_.insert(targets_.end(), target.begin(), target.end());
    tokens_.insert(tokens_.end(), token.begin(), token.end());
    bounds_.push_back(
        std::nextafter(static_cast<float>(hrr::norm(width_, target.data())), std::numeric_limits<float>::max()));
}

void BatchUsers::clear() {
    vectors.clear();
    starts.assign(1, 0);
    seen.clear();
    left_out_starts.assign(1, 0);
    left_out.clear();
}

void BatchUsers::add(std::span<const std::int32_t> had, std::span<const std::int32_t> never) {
    seen.insert(seen.end(), had.begin(), had.end());
    starts.push_back(seen.size());
    left_out.insert(left_out.end(), never.begin(), never.end());
    left_out_starts.push_back(left_out.size());
}

void rank_batch(const BatchItems& items, const BatchUsers& users, const BatchOptions& how,
                std::vector<std::vector<Recommended>>& lists, const base::StopCheck& check) {
    lists.assign(users.count(), {});
    if (items.count() == 0 || users.count() == 0) return;
    check_width(items.width(), users.vectors.size() / users.count());
    base::Stop stop(check);
    const int threads = std::min(how.threads, static_cast<int>((users.count() + kUsers - 1) / kUsers));
    base::run_threads(threads, [&](int thread) {
        Ranker ranker(items, how);
        const base::Range mine = base::part_of(users.count(), thread, threads);
        for (std::size_t first = mine.first; first < mine.last; first += kUsers)
            ranker.rank(users, first, std::min(first + kUsers, mine.last), stop, lists);
    });
}

}  // namespace holomamba::ranking
