// Matrix products of training: blocks of C in registers, B copied into panels that the caches hold.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/lanes.hpp"
#include "kernels/thin.hpp"

namespace holomamba::kernels {
namespace {

constexpr int kWidestPanel = 4;  // in registers
// So many rows of A meet so many panels before the next rows do: a large A is then read from memory once for all of them.
constexpr int kPanelsAtOnce = 2, kRowsAtOnce = 48;

// B's rows of `width` columns that do not fill a panel of so many, or do not lie in one piece.
__attribute__((noinline)) void gather_panel(int depth, int columns, int width, Strided b, float* panel) {
    std::memset(panel, 0, sizeof(float) * depth * columns);
    if (b.column == 1)
        for (int j = 0; j < depth; j++) std::memcpy(panel + j * columns, b.data + j * b.row, sizeof(float) * width);
    else
        for (int i = 0; i < width; i++)
            for (int j = 0; j < depth; j++) panel[j * columns + i] = b.data[i * b.column + j];
}

// B's rows first .. first+depth-1 of `width` columns, filled up with zeros to Registers registers.
template <int Registers>
HOLOMAMBA_INLINE void copy_panel(int depth, int width, Strided b, float* panel) {
    constexpr int kColumns = Registers * kLanes;
    if (b.column != 1 || width != kColumns) return gather_panel(depth, kColumns, width, b, panel);
    for (int j = 0; j < depth; j++)
        for (int r = 0; r < Registers; r++)
            store(panel + j * kColumns + r * kLanes, load(b.data + j * b.row + r * kLanes, Full{}), Full{});
}

// The first `width` of a tile's columns, of which there are so many. Kept out of the tiles, of which there are many sizes.
__attribute__((noinline)) void store_columns(int rows, int columns, const float* sums, float* c, std::size_t c_row,
                                             int width, bool accumulate) {
    for (int row = 0; row < rows; row++, sums += columns, c += c_row)
        for_lanes(width, [&](std::size_t i, auto lanes) {
            store(c + i, accumulate ? load(c + i, lanes) + load(sums + i, lanes) : load(sums + i, lanes), lanes);
        });
}

// Rows x Registers of C, of which `width` columns exist.
template <int Rows, int Registers>
HOLOMAMBA_INLINE void multiply_tile(int depth, Strided a, const float* panel, float* c, std::size_t c_row, int width,
                                    bool accumulate) {
    constexpr int kColumns = Registers * kLanes;
    // A large C and the next rows of a large A arrive while this tile is computed.
    for (int row = 0; row < Rows; row++)
        for (int r = 0; r < Registers; r++) __builtin_prefetch(c + row * c_row + r * kLanes, 1);
    const float* ahead = a.data + Rows * a.row;
    Lanes sums[Rows][Registers] = {};
    for (int j = 0; j < depth; j++) {
        __builtin_prefetch(ahead + j * Rows);
        Lanes b[Registers];
        for (int r = 0; r < Registers; r++) b[r] = load(panel + j * kColumns + r * kLanes, Full{});
        for (int row = 0; row < Rows; row++) {
            const Lanes x = splat(a.data[row * a.row + j * a.column]);
            for (int r = 0; r < Registers; r++) sums[row][r] = fused(x, b[r], sums[row][r]);
        }
    }
    if (width < kColumns) {
        alignas(64) float kept[Rows * kColumns];
        for (int row = 0; row < Rows; row++)
            for (int r = 0; r < Registers; r++) store(kept + row * kColumns + r * kLanes, sums[row][r], Full{});
        return store_columns(Rows, kColumns, kept, c, c_row, width, accumulate);
    }
    for (int row = 0; row < Rows; row++)
        for (int r = 0; r < Registers; r++) {
            float* to = c + row * c_row + r * kLanes;
            store(to, accumulate ? load(to, Full{}) + sums[row][r] : sums[row][r], Full{});
        }
}

// Some rows of A against a panel, by tiles of Rows and then of fewer: not of every number, for each is a loop of its own.
template <int Rows, int Registers>
HOLOMAMBA_INLINE void multiply_tiles(int m, int depth, Strided a, const float* panel, float* c, std::size_t c_row,
                                     int width, bool accumulate) {
    int row = 0;
    for (; row + Rows <= m; row += Rows)
        multiply_tile<Rows, Registers>(depth, {a.data + row * a.row, a.row, a.column}, panel, c + row * c_row, c_row,
                                       width, accumulate);
    if constexpr (Rows > 1)
        if (row < m)
            multiply_tiles<(Rows > 8 ? Rows / 4 : Rows / 2), Registers>(m - row, depth,
                                                                        {a.data + row * a.row, a.row, a.column}, panel,
                                                                        c + row * c_row, c_row, width, accumulate);
}

template <int Registers>
__attribute__((noinline)) void multiply_rows(int m, int depth, Strided a, const float* panel, float* c,
                                             std::size_t c_row, int width, bool accumulate) {
    multiply_tiles<kSumRegisters / Registers, Registers>(m, depth, a, panel, c, c_row, width, accumulate);
}

// For panels of 1, 2, ... registers.
constexpr decltype(&multiply_rows<1>) kMultiplyRows[] = {multiply_rows<1>, multiply_rows<2>, multiply_rows<3>,
                                                         multiply_rows<4>};
constexpr decltype(&copy_panel<1>) kCopyPanel[] = {copy_panel<1>, copy_panel<2>, copy_panel<3>, copy_panel<4>};

void multiply_strided(int m, int n, int k, Strided a, Strided b, float* c, bool accumulate) {
    if (n <= kMostThin) return multiply_thin(m, n, k, a, b, c, accumulate);
    if (k == 0 && !accumulate) std::memset(c, 0, sizeof(float) * m * n);
    alignas(64) float panels[kPanelsAtOnce][kPanelDepth * kWidestPanel * kLanes];
    // Panels as wide as each other: a narrow one reads A for little.
    const std::int64_t registers = (n + kLanes - 1) / kLanes;
    const int count = static_cast<int>((registers + kWidestPanel - 1) / kWidestPanel);
    const auto start = [&](int panel) { return std::min(static_cast<int>(registers * panel / count) * kLanes, n); };
    for (int from = 0; from < count; from += kPanelsAtOnce) {
        const auto each_panel = [&](auto&& use) {
            for (int panel = from; panel < std::min(count, from + kPanelsAtOnce); panel++)
                use(start(panel), start(panel + 1) - start(panel), panels[panel - from]);
        };
        for (int first = 0; first < k; first += kPanelDepth) {
            const int depth = std::min(kPanelDepth, k - first);
            each_panel([&](int column, int width, float* panel) {
                kCopyPanel[(width - 1) / kLanes](depth, width,
                                                 {b.data + first * b.row + column * b.column, b.row, b.column}, panel);
            });
            for (int row = 0; row < m; row += kRowsAtOnce) {
                const Strided rows{a.data + row * a.row + first * a.column, a.row, a.column};
                each_panel([&](int column, int width, const float* panel) {
                    kMultiplyRows[(width - 1) / kLanes](std::min(kRowsAtOnce, m - row), depth, rows, panel,
                                                        c + row * static_cast<std::size_t>(n) + column, n, width,
                                                        accumulate || first > 0);
                });
            }
        }
    }
}

void multiply(int m, int n, int k, const float* a, const float* b, float* c, bool accumulate) {
    multiply_strided(m, n, k, {a, static_cast<std::size_t>(k), 1}, {b, static_cast<std::size_t>(n), 1}, c, accumulate);
}

void multiply_bt(int m, int n, int k, const float* a, const float* b, float* c, bool accumulate) {
    multiply_strided(m, n, k, {a, static_cast<std::size_t>(k), 1}, {b, 1, static_cast<std::size_t>(k)}, c, accumulate);
}

void multiply_at(int m, int n, int k, const float* a, const float* b, float* c, bool accumulate) {
    multiply_strided(m, n, k, {a, 1, static_cast<std::size_t>(m)}, {b, static_cast<std::size_t>(n), 1}, c, accumulate);
}

}  // namespace
}  // namespace holomamba::kernels
