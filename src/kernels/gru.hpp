// The element-wise part of a gated recurrent unit.
#pragma once

#include "kernels/lanes.hpp"

namespace holomamba::kernels {
namespace {

// tanh(x) = 2 sigmoid(2x) - 1.
HOLOMAMBA_INLINE Lanes hyperbolic_tangent(Lanes x) {
    return 2.0f * sigmoid(2.0f * x) - 1.0f;
}

void gru_cell(int rows, int channels, const float* input, const float* recurrent, const float* h, float* gates,
              float* next) {
    const std::size_t e = channels;
    for (int row = 0; row < rows; row++, input += 3 * e, recurrent += 3 * e, h += e, gates += 3 * e, next += e)
        for_lanes(e, [&](std::size_t c, auto width) {
            const Lanes r = sigmoid(load(input + c, width) + load(recurrent + c, width));
            const Lanes z = sigmoid(load(input + e + c, width) + load(recurrent + e + c, width));
            const Lanes n =
                hyperbolic_tangent(fused(r, load(recurrent + 2 * e + c, width), load(input + 2 * e + c, width)));
            store(gates + c, r, width);
            store(gates + e + c, z, width);
            store(gates + 2 * e + c, n, width);
            store(next + c, fused(z, load(h + c, width) - n, n), width);
        });
}

void gru_cell_backward(int rows, int channels, const float* gates, const float* recurrent, const float* h,
                       const float* dnext, float* dinput, float* drecurrent, float* dh) {
    const std::size_t e = channels;
    for (int row = 0; row < rows;
         row++, gates += 3 * e, recurrent += 3 * e, h += e, dnext += e, dinput += 3 * e, drecurrent += 3 * e, dh += e)
        for_lanes(e, [&](std::size_t c, auto width) {
            const Lanes r = load(gates + c, width), z = load(gates + e + c, width), n = load(gates + 2 * e + c, width);
            const Lanes upstream = load(dnext + c, width);
            const Lanes dn = upstream * (1.0f - z) * (1.0f - n * n);
            const Lanes dz = upstream * (load(h + c, width) - n) * z * (1.0f - z);
            const Lanes dr = dn * load(recurrent + 2 * e + c, width) * r * (1.0f - r);
            store(dinput + c, dr, width);
            store(dinput + e + c, dz, width);
            store(dinput + 2 * e + c, dn, width);
            store(drecurrent + c, dr, width);
            store(drecurrent + e + c, dz, width);
            store(drecurrent + 2 * e + c, dn * r, width);
            store(dh + c, upstream * z, width);
        });
}

}  // namespace
}  // namespace holomamba::kernels
