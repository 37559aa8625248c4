#include "ranking/mmr.hpp"

#include <algorithm>
#include <limits>

#include "hrr/vector.hpp"
#include "kernels/kernels.hpp"

namespace holomamba::ranking {

int mmr_pool(int k) {
    return std::clamp(10 * k, 100, 10000);
}

std::vector<std::int32_t> maximal_marginal_relevance(std::span<const float> relevance,
                                                     std::span<const float* const> vectors, std::size_t d, int k,
                                                     float diversity, const base::StopCheck& stop) {
    const std::size_t n = relevance.size();
    std::vector<std::int32_t> chosen;
    if (n == 0) return chosen;
    const float best = relevance.front(), worst = relevance.back();
    const float scale = best > worst ? 1.0f / (best - worst) : 0.0f;
    std::vector<float> unit(n * d), gain(n);
    for (std::size_t i = 0; i < n; i++) {
        hrr::normalize(d, vectors[i], unit.data() + i * d);
        gain[i] = (1 - diversity) * (relevance[i] - worst) * scale;
    }
    std::vector<float> nearest(n, -std::numeric_limits<float>::infinity());  // cosine to the most similar chosen item
    std::vector<char> taken(n, 0);
    const kernels::Table& kernel = kernels::table();
    while (chosen.size() < std::min(n, static_cast<std::size_t>(k))) {
        if (chosen.size() % 16 == 15 && stop()) throw base::Cancelled{};
        std::size_t next = n;
        float most = 0;
        for (std::size_t i = 0; i < n; i++) {
            if (taken[i]) continue;
            const float value = chosen.empty() ? relevance[i] : gain[i] - diversity * nearest[i];
            if (next == n || value > most) {
                next = i;
                most = value;
            }
        }
        taken[next] = 1;
        chosen.push_back(static_cast<std::int32_t>(next));
        for (std::size_t i = 0; i < n; i++)
            if (!taken[i])
                nearest[i] = std::max(nearest[i], kernel.inner_product(d, unit.data() + i * d, unit.data() + next * d));
    }
    return chosen;
}

}  // namespace holomamba::ranking
