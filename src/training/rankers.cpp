#include "training/rankers.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/parallel.hpp"

namespace holomamba::training {
namespace {

constexpr int kLastItems = 10;     // of a user, that neighbours are looked for of
constexpr int kNeighbours = 200;   // of an item
constexpr double kShrink = 10;     // users that two neighbours need in common to be half believed: few may be chance
constexpr int kItemsOfUser = 500;  // the latest, that an item is a neighbour by: a few users of everything say little
constexpr float kPopularity = 1e-6f;  // weight of an item's share of all events: less than any neighbour or transition

std::vector<float> shares_of_events(const Dataset& data) {
    std::vector<float> shares(data.catalogue.items, 0.0f);
    const std::vector<std::int64_t> counts = data.training_counts(true);
    const auto total =
        static_cast<double>(std::max<std::int64_t>(1, std::accumulate(counts.begin(), counts.end(), std::int64_t{0})));
    for (std::size_t i = 0; i < shares.size(); i++)
        shares[i] = kPopularity * static_cast<float>(static_cast<double>(counts[i]) / total);
    return shares;
}

}  // namespace

Popularity::Popularity(const Dataset& data) {
    for (const std::int64_t count : data.training_counts(true)) counts_.push_back(static_cast<float>(count));
}

void Popularity::score(std::span<const std::int32_t>, std::span<float> scores) const {
    std::ranges::copy(counts_, scores.begin());
}

RecentPopularity::RecentPopularity(const Dataset& data) : counts_(shares_of_events(data)) {
    std::vector<double> times;
    const auto for_each = [&](auto&& use) {
        for (int user = 0; user < data.users(); user++)
            for (int i = 0; i < data.training[user]; i++)
                if (!std::isnan(data.time(user, i))) use(user, i);
    };
    for_each([&](int user, int i) { times.push_back(data.time(user, i)); });
    if (times.empty()) return;
    const auto since = times.begin() + static_cast<std::ptrdiff_t>(times.size() - (times.size() + 9) / 10);
    std::ranges::nth_element(times, since);
    for_each([&](int user, int i) {
        if (data.time(user, i) >= *since && data.is_target(user, i)) counts_[data.history(user)[i]] += 1;
    });
}

void RecentPopularity::score(std::span<const std::int32_t>, std::span<float> scores) const {
    std::ranges::copy(counts_, scores.begin());
}

ItemNeighbours::ItemNeighbours(const Dataset& data, int threads, const base::StopCheck& check)
    : popularity_(shares_of_events(data)), neighbours_(data.catalogue.items) {
    const int items = data.catalogue.items;
    // The items of each user, and the users of each item.
    std::vector<std::vector<std::int32_t>> of_user(data.users()), of_item(items);
    for (int user = 0; user < data.users(); user++) {
        auto& mine = of_user[user];
        data.for_each_seen(user, data.training[user], [&](std::int32_t item) { mine.push_back(item); });
        if (std::ssize(mine) > kItemsOfUser) mine.erase(mine.begin(), mine.end() - kItemsOfUser);
        for (const std::int32_t item : mine) of_item[item].push_back(user);
    }
    base::Stop stop(check);
    base::run_threads(threads, [&](int thread) {
        std::vector<std::int32_t> common(items, 0), met;
        std::vector<Neighbour> found;
        for (int item = thread; item < items; item += threads) {
            if (item / threads % 64 == 0) stop.poll();
            for (const std::int32_t user : of_item[item])
                for (const std::int32_t other : of_user[user])
                    if (common[other]++ == 0) met.push_back(other);
            found.clear();
            for (const std::int32_t other : met) {
                const double users =
                    static_cast<double>(of_item[item].size()) * static_cast<double>(of_item[other].size());
                const double together = common[other];
                found.push_back(
                    {other, static_cast<float>(together / std::sqrt(users) * together / (together + kShrink))});
                common[other] = 0;
            }
            met.clear();
            const auto before = [](const Neighbour& a, const Neighbour& b) {
                return a.cosine != b.cosine ? a.cosine > b.cosine : a.item < b.item;
            };
            const std::size_t count = std::min<std::size_t>(found.size(), kNeighbours);
            std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count), found.end(), before);
            neighbours_[item].assign(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count));
        }
    });
}

void ItemNeighbours::score(std::span<const std::int32_t> history, std::span<float> scores) const {
    std::ranges::copy(popularity_, scores.begin());
    std::vector<std::int32_t> last;
    for (auto i = std::ssize(history); i-- > 0 && std::ssize(last) < kLastItems;)
        if (std::ranges::find(last, history[i]) == last.end()) last.push_back(history[i]);
    for (std::size_t age = 0; age < last.size(); age++)
        for (const Neighbour& neighbour : neighbours_[last[age]])
            scores[neighbour.item] += neighbour.cosine / static_cast<float>(age + 1);
}

Transitions::Followers Transitions::followers(const Dataset& data, int distance) {
    Followers result;
    result.starts.assign(static_cast<std::size_t>(data.catalogue.items) + 1, 0);
    const auto for_each = [&](auto&& use) {
        for (int user = 0; user < data.users(); user++) {
            const auto history = data.history(user);
            for (int i = distance; i < data.training[user]; i++) use(history[i - distance], history[i]);
        }
    };
    for_each([&](std::int32_t from, std::int32_t) { result.starts[from + 1]++; });
    std::partial_sum(result.starts.begin(), result.starts.end(), result.starts.begin());
    result.items.resize(static_cast<std::size_t>(result.starts.back()));
    std::vector<std::int64_t> next(result.starts.begin(), result.starts.end() - 1);
    for_each([&](std::int32_t from, std::int32_t to) { result.items[next[from]++] = to; });
    return result;
}

void Transitions::add(const Followers& followers, std::int32_t item, float weight, std::span<float> scores) {
    const std::int64_t first = followers.starts[item], last = followers.starts[item + 1];
    for (std::int64_t i = first; i < last; i++) scores[followers.items[i]] += weight / static_cast<float>(last - first);
}

Transitions::Transitions(const Dataset& data)
    : popularity_(shares_of_events(data)), next_(followers(data, 1)), after_next_(followers(data, 2)) {}

void Transitions::score(std::span<const std::int32_t> history, std::span<float> scores) const {
    std::ranges::copy(popularity_, scores.begin());
    if (!history.empty()) add(next_, history.back(), 1, scores);
    if (history.size() > 1) add(after_next_, history[history.size() - 2], 0.5f, scores);
}

}  // namespace holomamba::training
