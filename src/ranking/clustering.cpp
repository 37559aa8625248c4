#include "ranking/clustering.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

namespace holomamba::ranking {

namespace {

int widest_dimension(std::span<const std::uint32_t> part, int dims, const float* points) {
    int widest = 0;
    double largest = -1.0;
    // A part of many points is judged by some of them.
    const std::size_t step = std::max<std::size_t>(1, part.size() / 512);
    for (int j = 0; j < dims; j++) {
        double sum = 0.0, squares = 0.0, count = 0.0;
        for (std::size_t i = 0; i < part.size(); i += step) {
            const double x = points[static_cast<std::size_t>(part[i]) * static_cast<std::size_t>(dims) +
                                    static_cast<std::size_t>(j)];
            sum += x;
            squares += x * x;
            count++;
        }
        const double variance = squares / count - sum / count * (sum / count);
        if (variance > largest) {
            largest = variance;
            widest = j;
        }
    }
    return widest;
}

}  // namespace

std::vector<std::uint32_t> cluster(std::size_t count, int dims, const float* points, std::size_t large,
                                   std::size_t small, const base::StopCheck& stop) {
    std::vector<std::uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0u);
    std::vector<std::pair<float, std::uint32_t>> keys;
    std::vector<std::span<std::uint32_t>> parts{order};
    while (!parts.empty()) {
        const std::span<std::uint32_t> part = parts.back();
        parts.pop_back();
        if (stop()) throw base::Cancelled{};
        if (part.size() <= small) continue;
        const std::size_t unit = part.size() > large ? large : small;
        const std::size_t middle = std::max<std::size_t>(1, part.size() / unit / 2) * unit;
        const auto j = static_cast<std::size_t>(widest_dimension(part, dims, points));
        keys.clear();
        for (const std::uint32_t i : part) keys.emplace_back(points[i * static_cast<std::size_t>(dims) + j], i);
        std::nth_element(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(middle), keys.end());
        for (std::size_t i = 0; i < part.size(); i++) part[i] = keys[i].second;
        parts.push_back(part.first(middle));
        parts.push_back(part.subspan(middle));
    }
    return order;
}

}  // namespace holomamba::ranking
