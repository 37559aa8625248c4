// The matrix product of serving: fast for one row as for many, and the same for a row whatever stands beside it.
#pragma once

#include <algorithm>

#include "kernels/lanes.hpp"

namespace holomamba::kernels {
namespace {

constexpr int kPanelRegisters = kMostLanes / kLanes;
// Sums of a block must fit the registers and be enough of them that no addition waits for the one before: that many
// rows by one or two panels where there are rows, one row by several panels where there is one.
constexpr int kBlockRows = kLanes == 16 ? 8 : kLanes == 8 ? 6 : 3;
constexpr int kBlockPanels = kLanes == 16 ? 2 : 1;
constexpr int kRowPanels = kLanes == 4 ? 2 : 4;

// Rows x Panels of C; `width` floats of it are stored, the rest of the last panel is filling.
template <int Rows, int Panels>
HOLOMAMBA_INLINE void multiply_block(int n, int k, const float* a, const float* packed, float* c, std::size_t width) {
    constexpr int kRegisters = Panels * kPanelRegisters;
    const std::size_t panel = static_cast<std::size_t>(kMostLanes) * (k + 1);
    const auto weights = [&](int input, int r) {
        return load(packed + r / kPanelRegisters * panel + static_cast<std::size_t>(input) * kMostLanes +
                        r % kPanelRegisters * kLanes,
                    Full{});
    };
    Lanes sums[Rows][kRegisters];
    for (int row = 0; row < Rows; row++)
        for (int r = 0; r < kRegisters; r++) sums[row][r] = weights(0, r);
    for (int j = 0; j < k; j++) {
        Lanes w[kRegisters];
        for (int r = 0; r < kRegisters; r++) w[r] = weights(j + 1, r);
        for (int row = 0; row < Rows; row++) {
            const Lanes x = splat(a[static_cast<std::size_t>(row) * k + j]);
            for (int r = 0; r < kRegisters; r++) sums[row][r] = fused(x, w[r], sums[row][r]);
        }
    }
    for (int row = 0; row < Rows; row++) {
        float* to = c + static_cast<std::size_t>(row) * n;
        if (width == Panels * kMostLanes)
            for (int r = 0; r < kRegisters; r++) store(to + r * kLanes, sums[row][r], Full{});
        else
            std::memcpy(to, sums[row], width * sizeof(float));
    }
}

// All rows of some panels, by blocks of Rows and then of fewer.
template <int Rows, int Panels>
HOLOMAMBA_INLINE void multiply_panels(int m, int n, int k, const float* a, const float* packed, float* c,
                                      std::size_t width) {
    int row = 0;
    for (; row + Rows <= m; row += Rows)
        multiply_block<Rows, Panels>(n, k, a + static_cast<std::size_t>(row) * k, packed,
                                     c + static_cast<std::size_t>(row) * n, width);
    if constexpr (Rows > 1)
        multiply_panels<Rows / 2, Panels>(m - row, n, k, a + static_cast<std::size_t>(row) * k, packed,
                                          c + static_cast<std::size_t>(row) * n, width);
}

template <int Rows, int Panels>
HOLOMAMBA_INLINE void multiply_by(int m, int n, int k, const float* a, const float* packed, float* c) {
    const std::size_t panel = static_cast<std::size_t>(kMostLanes) * (k + 1);
    int column = 0;
    for (; n - column > (Panels - 1) * kMostLanes; column += Panels * kMostLanes)
        multiply_panels<Rows, Panels>(m, n, k, a, packed + column / kMostLanes * panel, c + column,
                                      std::min(n - column, Panels * kMostLanes));
    for (; column < n; column += kMostLanes)
        multiply_panels<Rows, 1>(m, n, k, a, packed + column / kMostLanes * panel, c + column,
                                 std::min(n - column, kMostLanes));
}

void multiply_packed(int m, int n, int k, const float* a, const float* packed, float* c) {
    if (m == 1)
        multiply_by<1, kRowPanels>(m, n, k, a, packed, c);
    else
        multiply_by<kBlockRows, kBlockPanels>(m, n, k, a, packed, c);
}

}  // namespace
}  // namespace holomamba::kernels
