#include "ranking/quantiser.hpp"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

namespace holomamba::ranking {

namespace {

constexpr int kLargestCode = 127;
constexpr int kLargestQuery = 16383;
static_assert(static_cast<long>(kLargestCode) * kLargestQuery * kMaxQuantisedDims < 2147483647L);
// No scale is smaller, so that no product with one vanishes in single precision.
constexpr float kSmallestScale = 1e-30f;
constexpr float kSmallestSpread = 1e-30f;
constexpr int kShortestPrefix = 8;      // of a fitted transform
constexpr double kHeldBySketch = 0.75;  // of the squared length of all vectors
constexpr double kLargestCopy = 1.35;   // bytes of an index for a byte of the vectors' elements, where it can be had

// z = R x.
void turn(const Transform& transform, const float* x, double* z) {
    for (int j = 0; j < transform.dims; j++) z[j] = x[j];
    for (int i = 0; i < transform.reflections; i++) {
        // Reflection i leaves the elements before i alone.
        const float* normal = transform.normals + static_cast<std::ptrdiff_t>(i) * transform.dims;
        double along = 0.0, length = 0.0;
        for (int j = i; j < transform.dims; j++) {
            along += normal[j] * z[j];
            length += static_cast<double>(normal[j]) * normal[j];
        }
        if (length == 0.0) continue;
        const double factor = 2.0 * along / length;
        for (int j = i; j < transform.dims; j++) z[j] -= factor * normal[j];
    }
}

// sqrt(sum of squares of spread * largest rounded code): |z| of a vector of scale 1 is never more. From element
// `first`.
double longest(const Transform& transform, int first) {
    double sum = 0.0;
    for (int j = first; j < transform.dims; j++) sum += static_cast<double>(transform.spread[j]) * transform.spread[j];
    return (kLargestCode + 0.5) * std::sqrt(sum);
}

// value / unit, rounded up to a byte; 255 for more, which the callers' units rule out but for rounding.
std::uint8_t byte_above(double value, double unit) {
    if (unit == 0.0) return 0;
    return static_cast<std::uint8_t>(std::min(255.0, std::ceil(value / unit * (1.0 + 1e-12))));
}

// The most that |e| can be, for elements rounded to the nearest multiple of 1, and the unit of its byte.
double error_unit(int elements) {
    return 0.5 * std::sqrt(static_cast<double>(elements)) * (1.0 + 1e-9) / 255.0;
}

// Rounds v to multiples of the step it returns; *error is what |v - step * out| may be.
double round_query(int n, const double* v, std::int16_t* out, double* error) {
    double largest = 0.0;
    for (int j = 0; j < n; j++) largest = std::max(largest, std::fabs(v[j]));
    const double step = largest / kLargestQuery;
    double sum = 0.0;
    for (int j = 0; j < n; j++) {
        const double code =
            step > 0.0 ? std::clamp(std::round(v[j] / step), -1.0 * kLargestQuery, 1.0 * kLargestQuery) : 0.0;
        out[j] = static_cast<std::int16_t>(code);
        sum += (v[j] - step * code) * (v[j] - step * code);
    }
    *error = std::sqrt(sum);
    return step;
}

double norm(int n, const double* v) {
    double sum = 0.0;
    for (int j = 0; j < n; j++) sum += v[j] * v[j];
    return std::sqrt(sum);
}

void poll(const base::StopCheck& stop) {
    if (stop()) throw base::Cancelled{};
}

using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// A B: one of the library's products for all of them.
__attribute__((noinline)) Eigen::MatrixXd product(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
    return a * b;
}

// Second moments of the rows, divided by `unit`; about 0, not the mean: products with the mean are part of the score.
Eigen::MatrixXd second_moments(const Eigen::Map<const Rows>& x, double unit, const base::StopCheck& stop) {
    constexpr Eigen::Index kBlock = 64;
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(x.cols(), x.cols());
    for (Eigen::Index row = 0; row < x.rows(); row += kBlock) {
        poll(stop);
        const Eigen::MatrixXd block = x.middleRows(row, std::min(kBlock, x.rows() - row)).cast<double>() / unit;
        sum += product(block.transpose(), block);
    }
    return sum / static_cast<double>(x.rows());
}

struct Axes {
    Eigen::VectorXd lengths;  // squared, the longest first
    Eigen::MatrixXd directions;
};

// The directions in which most of the length lies, more than a sketch can have, or all: by subspace iteration, as no bound
// depends on how exact they are.
Axes main_axes(const Eigen::MatrixXd& moments, const base::StopCheck& stop) {
    constexpr Eigen::Index kMore = 8, kStep = 16;
    constexpr int kRounds = 12;
    const Eigen::Index dims = moments.rows(), count = std::min<Eigen::Index>(dims, kernels::kMaxPrefix + kMore);
    std::mt19937 random(1);
    Eigen::MatrixXd axes =
        Eigen::MatrixXd::NullaryExpr(dims, count, [&] { return static_cast<double>(random()) * 0x1p-31 - 1.0; });
    Eigen::MatrixXd moved(dims, count);
    const auto move = [&] {
        for (Eigen::Index first = 0; first < count; first += kStep) {
            poll(stop);
            const Eigen::Index width = std::min(kStep, count - first);
            moved.middleCols(first, width) = product(moments, axes.middleCols(first, width));
        }
    };
    for (int round = 0; round < kRounds; round++) {
        move();
        axes = Eigen::HouseholderQR<Eigen::MatrixXd>(moved).householderQ() * Eigen::MatrixXd::Identity(dims, count);
    }
    move();
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(product(axes.transpose(), moved));
    return {solver.eigenvalues().reverse(), product(axes, solver.eigenvectors().rowwise().reverse())};
}

}  // namespace

int plain_prefix(int dims) {
    return std::clamp((dims + 3) / 4 * 4, 4, 16);
}

int compact_prefix(int dims, int wanted, bool keyed, int page_bytes) {
    const auto is_compact = [&](int prefix) {
        const ExtentShape shape = extent_shape(dims, prefix, keyed, page_bytes);
        return static_cast<double>(shape.pages()) * page_bytes <= kLargestCopy * dims * shape.slots;
    };
    wanted = std::min(wanted / 4 * 4, kernels::kMaxPrefix);
    for (int prefix = wanted; prefix <= kernels::kMaxPrefix; prefix += 4)
        if (is_compact(prefix)) return prefix;
    for (int prefix = wanted; prefix >= kShortestPrefix; prefix -= 4)
        if (is_compact(prefix)) return prefix;
    return std::min(wanted, plain_prefix(dims));
}

FittedTransform fit_transform(int dims, std::span<const float> sample, bool keyed, int page_bytes,
                              const base::StopCheck& stop) {
    const auto rows = static_cast<Eigen::Index>(sample.size() / static_cast<std::size_t>(dims));
    FittedTransform fitted{plain_prefix(dims), {}, std::vector<float>(static_cast<std::size_t>(dims), 1.0f)};
    if (rows == 0) return fitted;
    const Eigen::Map<const Rows> x(sample.data(), rows, dims);
    const double largest = x.cwiseAbs().maxCoeff();
    if (largest == 0.0) return fitted;
    const Eigen::MatrixXd moments = second_moments(x, largest, stop);
    Eigen::MatrixXd turned = moments;
    if (dims > 2 * fitted.prefix) {
        const Axes main = main_axes(moments, stop);
        // As many directions as hold most of the length, within limits: a sketch is read for every vector.
        const double enough = kHeldBySketch * moments.trace();
        double held = 0.0;
        int directions = 0;
        while (directions < main.lengths.size() &&
               (held < enough || directions % 4 != 0 || directions < kShortestPrefix))
            held += main.lengths[directions++];
        directions = compact_prefix(dims, directions, keyed, page_bytes);
        fitted.prefix = directions;
        Eigen::MatrixXd axes = main.directions.leftCols(directions);
        fitted.normals.assign(static_cast<std::size_t>(dims) * static_cast<std::size_t>(directions), 0.0f);
        for (int i = 0; i < directions; i++) {
            poll(stop);
            // The reflection that takes what the earlier ones made of axis i to an axis of coordinates.
            Eigen::VectorXd normal = axes.col(i);
            normal.head(i).setZero();
            normal[i] += normal[i] < 0 ? -normal.norm() : normal.norm();
            normal = normal.cast<float>().cast<double>().eval();
            for (int j = 0; j < dims; j++)
                fitted.normals[static_cast<std::size_t>(i * dims + j)] = static_cast<float>(normal[j]);
            const double factor = 2.0 / normal.squaredNorm();
            const auto reflect = [&](Eigen::MatrixXd& m) {
                for (Eigen::Index j = 0; j < m.cols(); j++) m.col(j) -= factor * normal.dot(m.col(j)) * normal;
            };
            reflect(axes);
            reflect(turned);
            turned.transposeInPlace();
            reflect(turned);
        }
    }
    const double typical = std::sqrt(moments.trace() / dims);
    for (int j = 0; j < dims; j++) {
        const double spread = std::max(std::sqrt(std::max(turned(j, j), 0.0)), 1e-3 * typical) * largest;
        fitted.spread[static_cast<std::size_t>(j)] =
            static_cast<float>(std::clamp(spread, 1.0 * kSmallestSpread, 1.0 / kSmallestSpread));
    }
    return fitted;
}

void quantise(const Transform& transform, const float* x, Code* code) noexcept {
    double z[kMaxQuantisedDims];
    turn(transform, x, z);
    const int prefix = std::min(transform.prefix, transform.dims);
    const double rest_norm = norm(transform.dims - prefix, z + prefix);
    double largest = 0.0;
    for (int j = 0; j < transform.dims; j++) {
        z[j] /= transform.spread[j];
        largest = std::max(largest, std::fabs(z[j]));
    }
    std::memset(code->elements, 0, sizeof code->elements);
    code->rest = code->prefix_error = code->rest_error = 0;
    if (largest / kLargestCode > std::numeric_limits<float>::max() / 2) {
        code->scale = kUnboundedScale;
        return;
    }
    code->scale = std::max(
        kSmallestScale, std::nextafter(static_cast<float>(largest / kLargestCode), std::numeric_limits<float>::max()));
    const double scale = code->scale;
    double errors[2] = {0.0, 0.0};
    for (int j = 0; j < transform.dims; j++) {
        const double element = std::round(z[j] / scale);
        const bool in_rest = j >= prefix;
        code->elements[in_rest ? j - prefix + transform.prefix : j] = static_cast<std::int8_t>(element);
        errors[in_rest] += (z[j] / scale - element) * (z[j] / scale - element);
    }
    code->rest = byte_above(rest_norm / scale, longest(transform, prefix) / 255.0);
    code->prefix_error = byte_above(std::sqrt(errors[0]), error_unit(prefix));
    code->rest_error = byte_above(std::sqrt(errors[1]), error_unit(transform.rest()));
}

bool bounds_vector(const Transform& transform, const float* x, const Code& code) noexcept {
    double z[kMaxQuantisedDims];
    turn(transform, x, z);
    const int prefix = std::min(transform.prefix, transform.dims);
    // What rounding may differ by, where the code was made by another processor.
    constexpr double kSlack = 1 + 1e-9;
    if (norm(transform.dims - prefix, z + prefix) >
        code.scale * code.rest * longest(transform, prefix) / 255.0 * kSlack)
        return false;
    double errors[2] = {0.0, 0.0};
    for (int j = 0; j < transform.dims; j++) {
        const bool in_rest = j >= prefix;
        const double error =
            z[j] / transform.spread[j] / code.scale - code.elements[in_rest ? j - prefix + transform.prefix : j];
        errors[in_rest] += error * error;
    }
    return std::sqrt(errors[0]) <= code.prefix_error * error_unit(prefix) * kSlack &&
           std::sqrt(errors[1]) <= code.rest_error * error_unit(transform.rest()) * kSlack;
}

void quantise_query(const Transform& transform, const float* q, QuantisedQuery* query) noexcept {
    double w[kMaxQuantisedDims], v[kMaxQuantisedDims];
    turn(transform, q, w);
    const int prefix = std::min(transform.prefix, transform.dims), rest = transform.rest();
    // In this unit, no vector of scale 1 has a product of more than 1.
    query->unit = longest(transform, 0) * norm(transform.dims, w);
    if (query->unit == 0.0) query->unit = 1.0;
    for (int j = 0; j < transform.dims; j++) v[j] = w[j] * transform.spread[j] / query->unit;

    std::memset(query->prefix, 0, sizeof query->prefix);
    std::memset(query->rest, 0, sizeof query->rest);
    double prefix_error, rest_error;
    query->prefix_step = round_query(prefix, v, query->prefix, &prefix_error);
    query->rest_step = round_query(rest, v + prefix, query->rest, &rest_error);
    prefix_error *= kLargestCode * std::sqrt(static_cast<double>(prefix));
    rest_error *= kLargestCode * std::sqrt(static_cast<double>(rest));
    query->prefix_error_step = error_unit(prefix) * norm(prefix, v);
    query->rest_error_step = error_unit(rest) * norm(rest, v + prefix);

    // What single precision may lose: in hrr::inner_product n roundings of a sum of at most 1, and here, in
    // sketch_bounds, fewer than ten of numbers of at most 3.
    const double rounding = (transform.dims + 64) * 0x1p-24 + 0x1p-18;
    query->base = rounding + prefix_error + rest_error;
    query->sketch_step = static_cast<float>(query->prefix_step);
    query->sketch_base = static_cast<float>(rounding + prefix_error + 255.0 * query->prefix_error_step);
    query->sketch_rest = static_cast<float>(longest(transform, prefix) / 255.0 * norm(rest, w + prefix) / query->unit);
}

double bound_inner_product(const QuantisedQuery& query, float sketch_bound, float scale, std::int32_t prefix_product,
                           std::int32_t rest_product, std::uint8_t prefix_error, std::uint8_t rest_error) noexcept {
    if (scale > std::numeric_limits<float>::max()) return std::numeric_limits<double>::infinity();
    const double whole = query.prefix_step * prefix_product + query.rest_step * rest_product +
                         query.prefix_error_step * prefix_error + query.rest_error_step * rest_error + query.base;
    return std::min(scale * whole, static_cast<double>(sketch_bound)) * query.unit;
}

}  // namespace holomamba::ranking
