// The code of int8 elements (quantiser.hpp): on the sketch page the prefix and the length of the rest, on the detail
// page the other elements and, in the note, the lengths of the rounding errors.
#pragma once

#include "ranking/item_codec.hpp"

namespace holomamba::ranking {

class Int8Codec final : public ItemCodec {
  public:
    int most_dims() const noexcept override;
    CodeForm plain(int dims) const noexcept override;
    void plain_floats(const CodeForm& form, float* floats) const noexcept override;
    FittedBasis fit(int dims, std::span<const float> sample, bool keyed, int page_bytes,
                    const base::StopCheck& stop) const override;
    bool is_possible(const CodeForm& form) const noexcept override;
    std::size_t first_impossible(const CodeForm& form, const float* floats) const noexcept override;
    std::size_t floats(const CodeForm& form) const noexcept override;
    ExtentShape shape(const CodeForm& form, bool keyed, int page_bytes) const noexcept override;
    std::size_t code_bytes(const ExtentShape& shape) const noexcept override;
    std::size_t query_bytes() const noexcept override;
    void encode(const CodeBasis& basis, const float* x, ItemCode* code) const noexcept override;
    bool bounds_vector(const CodeBasis& basis, const float* x, const ItemCode& code) const noexcept override;
    void place(const CodeBasis& basis, float scale, const std::uint8_t* bytes, float* point) const noexcept override;
    void put_sketch(const ExtentShape& shape, int slot, const ItemCode& code, char* sketch) const noexcept override;
    void put_detail(const ExtentShape& shape, int row, const ItemCode& code, char* detail) const noexcept override;
    void get_sketch(const ExtentShape& shape, int slot, const char* sketch, ItemCode* code) const noexcept override;
    void get_detail(const ExtentShape& shape, int row, const char* detail, ItemCode* code) const noexcept override;
    double ask(const CodeBasis& basis, const float* q, void* query) const noexcept override;
    double ask_anything(void* query) const noexcept override;
    float sketch(const ExtentShape& shape, const void* query, const char* sketch, std::int32_t* found, float* bounds,
                 const void* ahead, int ahead_bytes) const noexcept override;
    double bound(const ExtentShape& shape, const void* query, float sketch_bound, float scale, std::int32_t found,
                 const char* detail, int row) const noexcept override;
};

}  // namespace holomamba::ranking
