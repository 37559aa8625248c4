// Where the parts of quantised vectors lie on pages.
//
// An extent is one sketch page and the detail pages that belong to it. Slot i of an extent has its scale, the norm of
// its rest and its prefix on the sketch page, where a scan reads those of all vectors, and in an index with keys a hash
// of its key; and the rest of its elements, on detail page i / rows, which a scan reads only if the sketch does not rule
// the vector out.
#pragma once

#include <cstdint>

#include "kernels/kernels.hpp"
#include "ranking/quantiser.hpp"

namespace holomamba::ranking {

// Sizes of an extent, from the dimensions of the vectors and the bytes of a page that are there for content.
struct ExtentShape {
    int prefix;        // int8 of a vector on the sketch page
    int rest;          // int8 of a vector on a detail page
    int sketch_slots;  // places on the sketch page; a multiple of kSketchGroup
    int rows;          // vectors on a detail page
    int detail_pages;
    int slots;   // vectors of an extent, at most sketch_slots
    bool keyed;  // each has the hash of a key

    int pages() const { return 1 + detail_pages; }
    // Slots in whole groups, some of which may stay free for ever.
    int grouped_slots() const { return (slots + kernels::kSketchGroup - 1) / kernels::kSketchGroup * kernels::kSketchGroup; }

    // Offsets into the content of a sketch page.
    static constexpr int codes_at() { return 0; }
    int scales_at() const { return sketch_slots * prefix; }
    int rests_at() const { return scales_at() + sketch_slots * static_cast<int>(sizeof(float)); }
    int keys_at() const { return rests_at() + sketch_slots; }
    // Offsets into the content of a detail page: rows of elements, then what else is known of each.
    int notes_at() const { return rows * rest; }
};

// What a detail page says of a vector beside its elements. The row it stands for is the server's affair.
struct DetailNote {
    std::uint8_t row[6];
    std::uint8_t prefix_error;
    std::uint8_t rest_error;
    std::uint8_t dead;  // a scan found that nobody can see the row any more
};
static_assert(sizeof(DetailNote) == 9);

constexpr ExtentShape extent_shape(int dims, int prefix, bool keyed, int page_bytes) {
    ExtentShape shape{};
    shape.prefix = prefix;
    shape.rest = dims > prefix ? dims - prefix : 0;
    shape.keyed = keyed;
    const int sketched = prefix + static_cast<int>(sizeof(float)) + 1 + (keyed ? static_cast<int>(sizeof(std::uint32_t)) : 0);
    shape.sketch_slots = page_bytes / sketched / kernels::kSketchGroup * kernels::kSketchGroup;
    // A kernel reads up to 31 bytes behind the last row: there are always notes enough behind it.
    shape.rows = page_bytes / (shape.rest + static_cast<int>(sizeof(DetailNote)));
    if (shape.rows > shape.sketch_slots) shape.rows = shape.sketch_slots;
    shape.detail_pages = shape.sketch_slots / shape.rows;
    shape.slots = shape.detail_pages * shape.rows;
    return shape;
}

// Writes the prefix of a code into its place among the groups of a sketch page, and reads it back.
inline void put_prefix(const ExtentShape& shape, int slot, const std::int8_t* prefix, std::int8_t* codes) {
    std::int8_t* group = codes + slot / kernels::kSketchGroup * kernels::kSketchGroup * shape.prefix + slot % kernels::kSketchGroup * 4;
    for (int j = 0; j < shape.prefix; j++) group[j / 4 * 4 * kernels::kSketchGroup + j % 4] = prefix[j];
}
inline void get_prefix(const ExtentShape& shape, int slot, const std::int8_t* codes, std::int8_t* prefix) {
    const std::int8_t* group = codes + slot / kernels::kSketchGroup * kernels::kSketchGroup * shape.prefix + slot % kernels::kSketchGroup * 4;
    for (int j = 0; j < shape.prefix; j++) prefix[j] = group[j / 4 * 4 * kernels::kSketchGroup + j % 4];
}

}  // namespace holomamba::ranking
