// Matrix products, by Eigen.
#pragma once

#include <Eigen/Core>

namespace holomamba {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Input = Eigen::Map<const RowMajor>;
using Output = Eigen::Map<RowMajor>;

template <typename Product>
void assign(Output c, const Product& product, bool accumulate) {
    if (accumulate)
        c.noalias() += product;
    else
        c.noalias() = product;
}

void multiply(int m, int n, int k, const float* a, const float* b, float* c, bool accumulate) {
    assign(Output(c, m, n), Input(a, m, k) * Input(b, k, n), accumulate);
}

void multiply_bt(int m, int n, int k, const float* a, const float* b, float* c, bool accumulate) {
    assign(Output(c, m, n), Input(a, m, k) * Input(b, n, k).transpose(), accumulate);
}

void multiply_at(int m, int n, int k, const float* a, const float* b, float* c, bool accumulate) {
    assign(Output(c, m, n), Input(a, k, m).transpose() * Input(b, k, n), accumulate);
}

}  // namespace
}  // namespace holomamba
