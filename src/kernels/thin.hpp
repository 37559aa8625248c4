// Matrix products with few columns (low ranks), where most lanes of a row of C would be empty.
#pragma once

#include <algorithm>

#include "kernels/lanes.hpp"

namespace holomamba::kernels {
namespace {

// A matrix by what lies between its rows and between its columns: one of the two is 1.
struct Strided {
    const float* data;
    std::size_t row, column;
};

// Registers that hold sums: what is left takes a row of a panel and an element of A.
constexpr int kSumRegisters = kLanes == 16 ? 24 : 12;
constexpr int kPanelDepth = 256;
constexpr int kMostThin = kLanes / 2;

// Rows x Columns of C where A's rows lie in one piece: inner products, with the lanes along k. columns: B's, [Columns x depth].
template <int Rows, int Columns>
HOLOMAMBA_INLINE void multiply_thin_rows(int depth, const float* a, std::size_t a_row, const float* columns, float* c,
                                         bool accumulate) {
    Lanes sums[Rows * Columns] = {};
    for_lanes(depth, [&](std::size_t j, auto width) {
        Lanes x[Rows];
        for (int row = 0; row < Rows; row++) x[row] = load(a + row * a_row + j, width);
        for (int i = 0; i < Columns; i++) {
            const Lanes y = load(columns + i * depth + j, width);
            for (int row = 0; row < Rows; row++) sums[row * Columns + i] = fused(x[row], y, sums[row * Columns + i]);
        }
    });
    sums_of<Rows * Columns>(sums);
    for (int i = 0; i < Rows * Columns; i++)
        c[i] = sums[i / kLanes][place_of_sum(i % kLanes)] + (accumulate ? c[i] : 0);
}

// One row of C, for the rows that are left: the same sums, whatever the number of columns.
__attribute__((noinline)) void multiply_thin_row(int count, int depth, const float* a, const float* columns, float* c,
                                                 bool accumulate) {
    Lanes sums[kMostThin] = {};
    for (int i = 0; i < count; i++)
        for_lanes(depth, [&](std::size_t j, auto width) {
            sums[i] = fused(load(a + j, width), load(columns + i * depth + j, width), sums[i]);
        });
    sums_of<kMostThin>(sums);
    for (int i = 0; i < count; i++) c[i] = sums[0][place_of_sum(i)] + (accumulate ? c[i] : 0);
}

template <int Columns>
__attribute__((noinline)) void multiply_by_rows(int m, int k, Strided a, Strided b, float* c, bool accumulate) {
    constexpr int kRows = std::min(kSumRegisters / Columns, 4);
    alignas(64) float columns[Columns * kPanelDepth];
    for (int first = 0; first < k; first += kPanelDepth) {
        const int depth = std::min(kPanelDepth, k - first);
        for (int j = 0; j < depth; j++)
            for (int i = 0; i < Columns; i++) columns[i * depth + j] = b.data[(first + j) * b.row + i * b.column];
        const bool more = accumulate || first > 0;
        int row = 0;
        for (; row + kRows <= m; row += kRows)
            multiply_thin_rows<kRows, Columns>(depth, a.data + row * a.row + first, a.row, columns, c + row * Columns,
                                               more);
        for (; row < m; row++)
            multiply_thin_row(Columns, depth, a.data + row * a.row + first, columns, c + row * Columns, more);
    }
}

// Registers of rows of C where A's columns lie in one piece: outer products, with the lanes along m.
template <int Registers, int Columns>
HOLOMAMBA_INLINE void multiply_thin_columns(int k, Strided a, Strided b, float* c, bool accumulate) {
    Lanes sums[Columns][Registers] = {};
    for (int j = 0; j < k; j++) {
        Lanes x[Registers];
        for (int r = 0; r < Registers; r++) x[r] = load(a.data + j * a.column + r * kLanes, Full{});
        for (int i = 0; i < Columns; i++) {
            const Lanes y = splat(b.data[j * b.row + i * b.column]);
            for (int r = 0; r < Registers; r++) sums[i][r] = fused(x[r], y, sums[i][r]);
        }
    }
    for (int r = 0; r < Registers; r++)
        for (int lane = 0; lane < kLanes; lane++, c += Columns)
            for (int i = 0; i < Columns; i++) c[i] = sums[i][r][lane] + (accumulate ? c[i] : 0);
}

// Rows of C that are left, fewer than a register has lanes: the same sums, whatever the number of columns.
__attribute__((noinline)) void multiply_thin_rest(int rows, int count, int k, Strided a, Strided b, float* c,
                                                  bool accumulate) {
    Lanes sums[kMostThin] = {};
    for (int j = 0; j < k; j++) {
        const Lanes x = load(a.data + j * a.column, Part{static_cast<std::size_t>(rows)});
        for (int i = 0; i < count; i++) sums[i] = fused(x, splat(b.data[j * b.row + i * b.column]), sums[i]);
    }
    for (int lane = 0; lane < rows; lane++, c += count)
        for (int i = 0; i < count; i++) c[i] = sums[i][lane] + (accumulate ? c[i] : 0);
}

template <int Columns>
__attribute__((noinline)) void multiply_by_columns(int m, int k, Strided a, Strided b, float* c, bool accumulate) {
    constexpr int kRegisters = std::min(kSumRegisters / Columns, 4);
    int row = 0;
    const auto from = [&] { return Strided{a.data + row, a.row, a.column}; };
    for (; row + kRegisters * kLanes <= m; row += kRegisters * kLanes)
        multiply_thin_columns<kRegisters, Columns>(k, from(), b, c + row * Columns, accumulate);
    for (; row + kLanes <= m; row += kLanes)
        multiply_thin_columns<1, Columns>(k, from(), b, c + row * Columns, accumulate);
    if (row < m) multiply_thin_rest(m - row, Columns, k, from(), b, c + row * Columns, accumulate);
}

// C [m x Columns] for the n that Columns comes to.
template <int Columns = 1>
void multiply_thin(int m, int n, int k, Strided a, Strided b, float* c, bool accumulate) {
    if (n != Columns) {
        if constexpr (Columns < kMostThin) multiply_thin<Columns + 1>(m, n, k, a, b, c, accumulate);
        return;
    }
    if (k == 0 && !accumulate) std::memset(c, 0, sizeof(float) * m * n);
    if (a.column == 1)
        multiply_by_rows<Columns>(m, k, a, b, c, accumulate);
    else
        multiply_by_columns<Columns>(m, k, a, b, c, accumulate);
}

}  // namespace
}  // namespace holomamba::kernels
