#include "ranking/int8_codec.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "ranking/quantiser.hpp"

namespace holomamba::ranking {
namespace {

// ItemCode::bytes are what Code has behind its scale.
constexpr std::size_t kBeforeElements = offsetof(Code, elements) - offsetof(Code, rest);
static_assert(kBeforeElements == 3 && sizeof(Code::elements) + kBeforeElements <= ItemCode::kMostBytes);

std::size_t bytes_of(int prefix, int rest) {
    return kBeforeElements + static_cast<std::size_t>(prefix) + static_cast<std::size_t>(rest);
}

std::uint8_t* elements_of(ItemCode* code) {
    return code->bytes + kBeforeElements;
}
const std::int8_t* elements_of(const std::uint8_t* bytes) {
    return reinterpret_cast<const std::int8_t*>(bytes + kBeforeElements);
}

// Spread, then normals.
Transform transform_of(const CodeBasis& basis) {
    return {basis.form.dims, basis.form.prefix, basis.form.reflections, basis.floats + basis.form.dims, basis.floats};
}

}  // namespace

int Int8Codec::most_dims() const noexcept {
    return kMaxQuantisedDims;
}

CodeForm Int8Codec::plain(int dims) const noexcept {
    return {static_cast<std::uint16_t>(dims), static_cast<std::uint16_t>(plain_prefix(dims)), 0};
}

void Int8Codec::plain_floats(const CodeForm& form, float* floats) const noexcept {
    std::fill_n(floats, form.dims, 1.0f);
}

FittedBasis Int8Codec::fit(int dims, std::span<const float> sample, bool keyed, int page_bytes,
                           const base::StopCheck& stop) const {
    FittedTransform transform = fit_transform(dims, sample, keyed, page_bytes, stop);
    FittedBasis fitted{{static_cast<std::uint16_t>(dims), static_cast<std::uint16_t>(transform.prefix),
                        static_cast<std::uint16_t>(transform.normals.size() / static_cast<std::size_t>(dims))},
                       std::move(transform.spread)};
    fitted.floats.insert(fitted.floats.end(), transform.normals.begin(), transform.normals.end());
    return fitted;
}

bool Int8Codec::is_possible(const CodeForm& form) const noexcept {
    return form.dims <= kMaxQuantisedDims && form.prefix >= 4 && form.prefix <= kernels::kMaxPrefix &&
           form.prefix % 4 == 0 && form.reflections <= form.prefix;
}

std::size_t Int8Codec::first_impossible(const CodeForm& form, const float* floats) const noexcept {
    const std::size_t count = this->floats(form);
    for (std::size_t i = 0; i < count; i++)
        if (!std::isfinite(floats[i]) || (i < form.dims && floats[i] <= 0)) return i;
    return count;
}

std::size_t Int8Codec::floats(const CodeForm& form) const noexcept {
    return static_cast<std::size_t>(form.dims) * (1u + form.reflections);
}

ExtentShape Int8Codec::shape(const CodeForm& form, bool keyed, int page_bytes) const noexcept {
    return extent_shape(form.dims, form.prefix, keyed, page_bytes);
}

std::size_t Int8Codec::code_bytes(const ExtentShape& shape) const noexcept {
    return bytes_of(shape.prefix, shape.rest);
}

std::size_t Int8Codec::query_bytes() const noexcept {
    return sizeof(QuantisedQuery);
}

void Int8Codec::encode(const CodeBasis& basis, const float* x, ItemCode* code) const noexcept {
    const Transform transform = transform_of(basis);
    Code whole;
    quantise(transform, x, &whole);
    code->scale = whole.scale;
    std::memcpy(code->bytes, &whole.rest, kBeforeElements);
    std::memcpy(elements_of(code), whole.elements, static_cast<std::size_t>(transform.prefix + transform.rest()));
}

bool Int8Codec::bounds_vector(const CodeBasis& basis, const float* x, const ItemCode& code) const noexcept {
    const Transform transform = transform_of(basis);
    Code whole;
    whole.scale = code.scale;
    std::memcpy(&whole.rest, code.bytes, kBeforeElements);
    std::memcpy(whole.elements, elements_of(code.bytes), static_cast<std::size_t>(transform.prefix + transform.rest()));
    return ranking::bounds_vector(transform, x, whole);
}

void Int8Codec::place(const CodeBasis& basis, float scale, const std::uint8_t* bytes, float* point) const noexcept {
    const std::int8_t* elements = elements_of(bytes);
    for (int j = 0; j < basis.form.prefix; j++)
        point[j] = j < basis.form.dims ? scale * static_cast<float>(elements[j]) * basis.floats[j] : 0.0f;
}

void Int8Codec::put_sketch(const ExtentShape& shape, int slot, const ItemCode& code, char* sketch) const noexcept {
    put_prefix(shape, slot, elements_of(code.bytes), reinterpret_cast<std::int8_t*>(sketch));
    sketch[shape.sides_at() + slot] = static_cast<char>(code.bytes[0]);
}

void Int8Codec::get_sketch(const ExtentShape& shape, int slot, const char* sketch, ItemCode* code) const noexcept {
    get_prefix(shape, slot, reinterpret_cast<const std::int8_t*>(sketch),
               reinterpret_cast<std::int8_t*>(elements_of(code)));
    code->bytes[0] = static_cast<std::uint8_t>(sketch[shape.sides_at() + slot]);
}

void Int8Codec::put_detail(const ExtentShape& shape, int row, const ItemCode& code, char* detail) const noexcept {
    std::memcpy(detail + row * shape.rest, elements_of(code.bytes) + shape.prefix,
                static_cast<std::size_t>(shape.rest));
    std::memcpy(detail_note(shape, detail, row)->of_code, code.bytes + 1, 2);
}

void Int8Codec::get_detail(const ExtentShape& shape, int row, const char* detail, ItemCode* code) const noexcept {
    std::memcpy(elements_of(code) + shape.prefix, detail + row * shape.rest, static_cast<std::size_t>(shape.rest));
    std::memcpy(code->bytes + 1, detail_note(shape, detail, row)->of_code, 2);
}

double Int8Codec::ask(const CodeBasis& basis, const float* q, void* query) const noexcept {
    auto* quantised = static_cast<QuantisedQuery*>(query);
    quantise_query(transform_of(basis), q, quantised);
    return quantised->unit;
}

double Int8Codec::ask_anything(void* query) const noexcept {
    auto* quantised = static_cast<QuantisedQuery*>(query);
    std::memset(query, 0, sizeof *quantised);
    quantised->unit = 1.0;
    quantised->base = quantised->sketch_base = std::numeric_limits<float>::infinity();
    return quantised->unit;
}

float Int8Codec::sketch(const ExtentShape& shape, const void* query, const char* sketch, std::int32_t* found,
                        float* bounds, const void* ahead, int ahead_bytes) const noexcept {
    const auto& q = *static_cast<const QuantisedQuery*>(query);
    return kernels::table().sketch_bounds(
        shape.grouped_slots(), shape.prefix, reinterpret_cast<const std::int8_t*>(sketch), q.prefix,
        reinterpret_cast<const float*>(sketch + shape.scales_at()),
        reinterpret_cast<const std::uint8_t*>(sketch + shape.sides_at()), q.sketch_step, q.sketch_base, q.sketch_rest,
        found, bounds, ahead, ahead_bytes);
}

double Int8Codec::bound(const ExtentShape& shape, const void* query, float sketch_bound, float scale,
                        std::int32_t found, const char* detail, int row) const noexcept {
    const auto& q = *static_cast<const QuantisedQuery*>(query);
    const DetailNote* note = detail_note(shape, detail, row);
    const std::int32_t product = kernels::table().code_product(
        shape.rest, reinterpret_cast<const std::int8_t*>(detail) + row * shape.rest, q.rest);
    return bound_inner_product(q, sketch_bound, scale, found, product, note->of_code[0], note->of_code[1]);
}

}  // namespace holomamba::ranking
