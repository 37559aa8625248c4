#include "ranking/top_k.hpp"

#include <algorithm>

namespace holomamba::ranking {

std::vector<std::int32_t> top_k(std::span<const float> scores, int k) {
    // A heap of the best so far with the worst on top: most scores fail one comparison and are gone.
    const auto better = [&](std::int32_t a, std::int32_t b) {
        return scores[a] > scores[b] || (scores[a] == scores[b] && a < b);
    };
    std::vector<std::int32_t> best;
    best.reserve(static_cast<std::size_t>(k) + 1);
    for (std::size_t i = 0; i < scores.size(); i++) {
        const auto place = static_cast<std::int32_t>(i);
        if (static_cast<int>(best.size()) == k && !better(place, best.front())) continue;
        best.push_back(place);
        std::push_heap(best.begin(), best.end(), better);
        if (static_cast<int>(best.size()) > k) {
            std::pop_heap(best.begin(), best.end(), better);
            best.pop_back();
        }
    }
    std::sort_heap(best.begin(), best.end(), better);
    return best;
}

}  // namespace holomamba::ranking
