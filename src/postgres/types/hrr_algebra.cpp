// Binding, arithmetic and the makers of vectors, in SQL. What has no fhrr_ twin serves both types.
#include <cmath>

#include "hrr/binding.hpp"
#include "hrr/fhrr.hpp"
#include "postgres/types/hrr.hpp"

using namespace holomamba;
using namespace holomamba::postgres;

namespace {

// function(n, x, out)
template <typename Function>
Datum of_one(FunctionCallInfo fcinfo, Function function) {
    const Hrr* a = hrr_argument(fcinfo, 0);
    return make_hrr(a->dims, [&](float* out) { function(a->dims, a->x, out); });
}

// function(n, x, y, out)
template <typename Function>
Datum of_two(FunctionCallInfo fcinfo, Function function) {
    const Hrr* a = hrr_argument(fcinfo, 0);
    const Hrr* b = hrr_argument(fcinfo, 1);
    check_same_dims(a->dims, b->dims);
    return make_hrr(a->dims, [&](float* out) { function(a->dims, a->x, b->x, out); });
}

// function(n, out), of as many dimensions as the first argument says.
template <typename Function>
Datum made(FunctionCallInfo fcinfo, Function function) {
    const int32 dims = PG_GETARG_INT32(0);
    check_hrr_dims(dims);
    return make_hrr(dims, [&](float* out) { function(dims, out); });
}

void check_scalar(double scalar) {
    if (!std::isfinite(scalar))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a vector's factor must be a finite number")));
}

Datum scaled(const Hrr* a, double factor) {
    check_scalar(factor);
    return make_hrr(a->dims, [&](float* out) { hrr::multiply(a->dims, a->x, factor, out); });
}

}  // namespace

// --- binding
// -------------------------------------------------------------------------------------------------------------

HOLOMAMBA_FUNCTION(hrr_bind)
Datum hrr_bind(PG_FUNCTION_ARGS) {
    return of_two(fcinfo, hrr::bind);
}

HOLOMAMBA_FUNCTION(fhrr_bind)
Datum fhrr_bind(PG_FUNCTION_ARGS) {
    return of_two(fcinfo, fhrr::bind);
}

HOLOMAMBA_FUNCTION(hrr_unbind)
Datum hrr_unbind(PG_FUNCTION_ARGS) {
    return of_two(fcinfo, hrr::unbind);
}

HOLOMAMBA_FUNCTION(fhrr_unbind)
Datum fhrr_unbind(PG_FUNCTION_ARGS) {
    return of_two(fcinfo, fhrr::unbind);
}

HOLOMAMBA_FUNCTION(hrr_involution)
Datum hrr_involution(PG_FUNCTION_ARGS) {
    return of_one(fcinfo, hrr::involution);
}

HOLOMAMBA_FUNCTION(fhrr_involution)
Datum fhrr_involution(PG_FUNCTION_ARGS) {
    return of_one(fcinfo, fhrr::involution);
}

HOLOMAMBA_FUNCTION(hrr_exact_inverse)
Datum hrr_exact_inverse(PG_FUNCTION_ARGS) {
    return of_one(fcinfo, hrr::exact_inverse);
}

HOLOMAMBA_FUNCTION(fhrr_exact_inverse)
Datum fhrr_exact_inverse(PG_FUNCTION_ARGS) {
    return of_one(fcinfo, fhrr::exact_inverse);
}

HOLOMAMBA_FUNCTION(hrr_to_unitary)
Datum hrr_to_unitary(PG_FUNCTION_ARGS) {
    return of_one(fcinfo, hrr::unitary);
}

HOLOMAMBA_FUNCTION(fhrr_to_unitary)
Datum fhrr_to_unitary(PG_FUNCTION_ARGS) {
    return of_one(fcinfo, fhrr::unitary);
}

HOLOMAMBA_FUNCTION(hrr_bind_power)
Datum hrr_bind_power(PG_FUNCTION_ARGS) {
    const double power = PG_GETARG_FLOAT8(1);
    return of_one(fcinfo, [=](Size n, const float* x, float* out) { hrr::bind_power(n, x, power, out); });
}

HOLOMAMBA_FUNCTION(fhrr_bind_power)
Datum fhrr_bind_power(PG_FUNCTION_ARGS) {
    const double power = PG_GETARG_FLOAT8(1);
    return of_one(fcinfo, [=](Size n, const float* x, float* out) { fhrr::bind_power(n, x, power, out); });
}

HOLOMAMBA_FUNCTION(hrr_permute)
Datum hrr_permute(PG_FUNCTION_ARGS) {
    const int32 shift = PG_GETARG_INT32(1);
    return of_one(fcinfo, [=](Size n, const float* x, float* out) { hrr::permute(n, x, shift, out); });
}

HOLOMAMBA_FUNCTION(fhrr_permute)
Datum fhrr_permute(PG_FUNCTION_ARGS) {
    const int32 shift = PG_GETARG_INT32(1);
    return of_one(fcinfo, [=](Size n, const float* x, float* out) { fhrr::permute(n, x, shift, out); });
}

// --- arithmetic
// ----------------------------------------------------------------------------------------------------------

HOLOMAMBA_FUNCTION(hrr_add)
Datum hrr_add(PG_FUNCTION_ARGS) {
    return of_two(fcinfo, hrr::add);
}

HOLOMAMBA_FUNCTION(hrr_subtract)
Datum hrr_subtract(PG_FUNCTION_ARGS) {
    return of_two(fcinfo, hrr::subtract);
}

HOLOMAMBA_FUNCTION(hrr_negate)
Datum hrr_negate(PG_FUNCTION_ARGS) {
    return of_one(fcinfo, hrr::negate);
}

HOLOMAMBA_FUNCTION(hrr_scale)
Datum hrr_scale(PG_FUNCTION_ARGS) {
    return scaled(hrr_argument(fcinfo, 0), PG_GETARG_FLOAT8(1));
}

HOLOMAMBA_FUNCTION(hrr_scale_left)
Datum hrr_scale_left(PG_FUNCTION_ARGS) {
    return scaled(hrr_argument(fcinfo, 1), PG_GETARG_FLOAT8(0));
}

HOLOMAMBA_FUNCTION(hrr_divide)
Datum hrr_divide(PG_FUNCTION_ARGS) {
    const Hrr* a = hrr_argument(fcinfo, 0);
    const double divisor = PG_GETARG_FLOAT8(1);
    check_scalar(divisor);
    if (divisor == 0.0) ereport(ERROR, (errcode(ERRCODE_DIVISION_BY_ZERO), errmsg("division by zero")));
    return make_hrr(a->dims, [&](float* out) { hrr::divide(a->dims, a->x, divisor, out); });
}

HOLOMAMBA_FUNCTION(hrr_l2_normalize)
Datum hrr_l2_normalize(PG_FUNCTION_ARGS) {
    return of_one(fcinfo, hrr::normalize);
}

HOLOMAMBA_FUNCTION(fhrr_l2_normalize)
Datum fhrr_l2_normalize(PG_FUNCTION_ARGS) {
    return of_one(fcinfo, fhrr::normalize);
}

// --- makers
// --------------------------------------------------------------------------------------------------------------

HOLOMAMBA_FUNCTION(hrr_identity)
Datum hrr_identity(PG_FUNCTION_ARGS) {
    return made(fcinfo, hrr::identity);
}

HOLOMAMBA_FUNCTION(fhrr_identity)
Datum fhrr_identity(PG_FUNCTION_ARGS) {
    return made(fcinfo, fhrr::identity);
}

HOLOMAMBA_FUNCTION(hrr_random)
Datum hrr_random(PG_FUNCTION_ARGS) {
    const auto seed = static_cast<uint64>(PG_GETARG_INT64(1));
    return made(fcinfo, [=](Size n, float* out) { hrr::random_vector(n, seed, out); });
}

HOLOMAMBA_FUNCTION(fhrr_random)
Datum fhrr_random(PG_FUNCTION_ARGS) {
    const auto seed = static_cast<uint64>(PG_GETARG_INT64(1));
    return made(fcinfo, [=](Size n, float* out) { fhrr::random_vector(n, seed, out); });
}

HOLOMAMBA_FUNCTION(hrr_unitary)
Datum hrr_unitary(PG_FUNCTION_ARGS) {
    const auto seed = static_cast<uint64>(PG_GETARG_INT64(1));
    return made(fcinfo, [=](Size n, float* out) { hrr::unitary_vector(n, seed, out); });
}

HOLOMAMBA_FUNCTION(fhrr_unitary)
Datum fhrr_unitary(PG_FUNCTION_ARGS) {
    const auto seed = static_cast<uint64>(PG_GETARG_INT64(1));
    return made(fcinfo, [=](Size n, float* out) { fhrr::unitary_vector(n, seed, out); });
}
