// Where codes of vectors lie on pages.
//
// An extent is one sketch page and the detail pages that belong to it. Slot i of an extent has its scale and its sketch on the
// sketch page, where a scan reads those of all vectors, and in an index with keys a hash of its key; and the rest of its code
// on detail page i / rows, which a scan reads only if the sketch does not rule the vector out.
#pragma once

#include <cstdint>
#include <limits>

#include "kernels/kernels.hpp"

namespace holomamba::ranking {

// A slot's scale says what is in it: 0 nothing, less than 0 NULL, infinity a vector of which no bound is known.
constexpr float kNullScale = -1.0f;
constexpr float kUnboundedScale = std::numeric_limits<float>::infinity();

// Sizes of an extent, from those of a code and the bytes of a page that are there for content.
struct ExtentShape {
    int prefix;        // elements of a vector in its sketch
    int rest;          // and the others
    int sketch_bytes;  // of a slot on the sketch page
    int side_bytes;    // and beside its scale
    int detail_bytes;  // and on a detail page
    int sketch_slots;  // places on the sketch page; a multiple of kSketchGroup
    int rows;          // vectors on a detail page
    int detail_pages;
    int slots;   // vectors of an extent, at most sketch_slots
    bool keyed;  // each has the hash of a key

    int pages() const { return 1 + detail_pages; }
    // Slots in whole groups, some of which may stay free for ever.
    int grouped_slots() const {
        return (slots + kernels::kSketchGroup - 1) / kernels::kSketchGroup * kernels::kSketchGroup;
    }

    // Offsets into the content of a sketch page: sketches of all slots, then their scales, sides and keys.
    int scales_at() const { return sketch_slots * sketch_bytes; }
    int sides_at() const { return scales_at() + sketch_slots * static_cast<int>(sizeof(float)); }
    int keys_at() const { return sides_at() + sketch_slots * side_bytes; }
    // Offset into the content of a detail page: what its rows have of codes, then what else is known of each.
    int notes_at() const { return rows * detail_bytes; }
};

// What a detail page says of a vector beside its elements. The row it stands for is the server's affair.
struct DetailNote {
    std::uint8_t row[6];
    std::uint8_t of_code[2];  // what a code has beside elements
    std::uint8_t dead;        // a scan found that nobody can see the row any more
};
static_assert(sizeof(DetailNote) == 9);

inline const DetailNote* detail_note(const ExtentShape& shape, const char* detail, int row) {
    return reinterpret_cast<const DetailNote*>(detail + shape.notes_at()) + row;
}
inline DetailNote* detail_note(const ExtentShape& shape, char* detail, int row) {
    return reinterpret_cast<DetailNote*>(detail + shape.notes_at()) + row;
}

// Completes a shape that has its elements and the bytes of a slot.
constexpr ExtentShape fill_pages(ExtentShape shape, bool keyed, int page_bytes) {
    shape.keyed = keyed;
    const int sketched = shape.sketch_bytes + static_cast<int>(sizeof(float)) + shape.side_bytes +
                         (keyed ? static_cast<int>(sizeof(std::uint32_t)) : 0);
    shape.sketch_slots = page_bytes / sketched / kernels::kSketchGroup * kernels::kSketchGroup;
    // A kernel reads up to 31 bytes behind the last row: there are always notes enough behind it.
    shape.rows = page_bytes / (shape.detail_bytes + static_cast<int>(sizeof(DetailNote)));
    if (shape.rows > shape.sketch_slots) shape.rows = shape.sketch_slots;
    shape.detail_pages = shape.sketch_slots / shape.rows;
    shape.slots = shape.detail_pages * shape.rows;
    return shape;
}

// A byte for each element, and one beside the scale.
constexpr ExtentShape extent_shape(int dims, int prefix, bool keyed, int page_bytes) {
    ExtentShape shape{};
    shape.prefix = shape.sketch_bytes = prefix;
    shape.rest = shape.detail_bytes = dims > prefix ? dims - prefix : 0;
    shape.side_bytes = 1;
    return fill_pages(shape, keyed, page_bytes);
}

// Writes the prefix of a code into its place among the groups of a sketch page, and reads it back.
inline void put_prefix(const ExtentShape& shape, int slot, const std::int8_t* prefix, std::int8_t* codes) {
    std::int8_t* group =
        codes + slot / kernels::kSketchGroup * kernels::kSketchGroup * shape.prefix + slot % kernels::kSketchGroup * 4;
    for (int j = 0; j < shape.prefix; j++) group[j / 4 * 4 * kernels::kSketchGroup + j % 4] = prefix[j];
}
inline void get_prefix(const ExtentShape& shape, int slot, const std::int8_t* codes, std::int8_t* prefix) {
    const std::int8_t* group =
        codes + slot / kernels::kSketchGroup * kernels::kSketchGroup * shape.prefix + slot % kernels::kSketchGroup * 4;
    for (int j = 0; j < shape.prefix; j++) prefix[j] = group[j / 4 * 4 * kernels::kSketchGroup + j % 4];
}

}  // namespace holomamba::ranking
