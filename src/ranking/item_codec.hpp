// How the index stores vectors, so that it can tell what an inner product with one of them cannot exceed. The index
// sees what is here: encode, bounds and sizes, and nothing of what a code is made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/parallel.hpp"
#include "ranking/extent.hpp"

namespace holomamba::ranking {

// What the codes of an index have in common: its form, which is on the meta page, and floats that codes are made with,
// on pages of their own.
struct CodeForm {
    std::uint16_t dims;
    std::uint16_t prefix;       // elements of a sketch
    std::uint16_t reflections;  // that turn a vector before
};
struct CodeBasis {
    CodeForm form;
    const float* floats;  // ItemCodec::floats(form); memory of the owner's
};
struct FittedBasis {
    CodeForm form{};
    std::vector<float> floats;
};

// The code of a vector: its scale, as on a sketch page (extent.hpp), and ItemCodec::code_bytes more.
struct ItemCode {
    static constexpr std::size_t kMostBytes = 4096;
    float scale;
    std::uint8_t bytes[kMostBytes];
};

// An implementation has no data of its own, and allocates and throws only where that is said. Pages are seen as their
// content; what is on them may be damaged, and then bounds are wrong and nothing worse.
class ItemCodec {
  public:
    virtual int most_dims() const noexcept = 0;

    // --- what codes have in common ---
    // A form that knows nothing of the vectors, and its floats.
    virtual CodeForm plain(int dims) const noexcept = 0;
    virtual void plain_floats(const CodeForm& form, float* floats) const noexcept = 0;
    // What suits a sample [rows x dims] of the vectors and pages of so many bytes. Allocates; throws Cancelled where
    // the check says so.
    virtual FittedBasis fit(int dims, std::span<const float> sample, bool keyed, int page_bytes,
                            const base::StopCheck& stop) const = 0;
    // Whether plain or fit may have given this: the form, and then the first of its floats that they cannot have given,
    // or the number of floats.
    virtual bool is_possible(const CodeForm& form) const noexcept = 0;
    virtual std::size_t first_impossible(const CodeForm& form, const float* floats) const noexcept = 0;

    // --- sizes ---
    virtual std::size_t floats(const CodeForm& form) const noexcept = 0;
    virtual ExtentShape shape(const CodeForm& form, bool keyed, int page_bytes) const noexcept = 0;
    virtual std::size_t code_bytes(const ExtentShape& shape) const noexcept = 0;
    virtual std::size_t query_bytes() const noexcept = 0;

    // --- codes ---
    virtual void encode(const CodeBasis& basis, const float* x, ItemCode* code) const noexcept = 0;
    // Whether what a code says of a vector is true: that bounds made of it are safe.
    virtual bool bounds_vector(const CodeBasis& basis, const float* x, const ItemCode& code) const noexcept = 0;
    // Where a code with a bound lies among others [shape.prefix]: neighbours have similar sketches.
    virtual void place(const CodeBasis& basis, float scale, const std::uint8_t* bytes, float* point) const noexcept = 0;
    // Writes the bytes of a code to its slot on a sketch page, and the others to its row on a detail page, and reads
    // them back.
    virtual void put_sketch(const ExtentShape& shape, int slot, const ItemCode& code, char* sketch) const noexcept = 0;
    virtual void put_detail(const ExtentShape& shape, int row, const ItemCode& code, char* detail) const noexcept = 0;
    virtual void get_sketch(const ExtentShape& shape, int slot, const char* sketch, ItemCode* code) const noexcept = 0;
    virtual void get_detail(const ExtentShape& shape, int row, const char* detail, ItemCode* code) const noexcept = 0;

    // --- bounds: numbers that inner products with a query, as hrr::inner_product computes them, never exceed ---
    // Writes a query's side to query_bytes() of memory. Returns the unit of the bounds of sketches.
    virtual double ask(const CodeBasis& basis, const float* q, void* query) const noexcept = 0;
    // A query that every vector may be the best for.
    virtual double ask_anything(void* query) const noexcept = 0;
    // The bounds of all slots of a sketch page; returns the highest. Slots without a vector have -infinity. `found` is
    // what bound() wants to be told again. Meanwhile `ahead_bytes` from `ahead` on are brought to the caches.
    virtual float sketch(const ExtentShape& shape, const void* query, const char* sketch, std::int32_t* found,
                         float* bounds, const void* ahead, int ahead_bytes) const noexcept = 0;
    // The bound of the whole code, and not above the sketch's; of a row of a detail page, from what the sketch has
    // said. In no unit.
    virtual double bound(const ExtentShape& shape, const void* query, float sketch_bound, float scale,
                         std::int32_t found, const char* detail, int row) const noexcept = 0;

  protected:
    ~ItemCodec() = default;
};

// The codec of a number that is on the meta page of an index; nullptr for others.
const ItemCodec* item_codec(int number) noexcept;
constexpr int kInt8Code = 0;

}  // namespace holomamba::ranking
