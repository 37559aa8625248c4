#include "postgres/store/item_attributes.hpp"

#include <algorithm>
#include <limits>

#include "postgres/store/cursor.hpp"

namespace holomamba::postgres {
namespace {

// Rows (item, number), ordered by item.
void read_numbers(const char* query, const Rows& of, bool only_reads, Attribute* attribute, int items) {
    core_call([&] {
        attribute->kind = AttributeKind::number;
        attribute->numbers.assign(static_cast<std::size_t>(items), std::numeric_limits<float>::quiet_NaN());
    });
    for_each_row(query, kLabels, of.model, of.version, only_reads, [&](const Rows& rows, uint64 row) {
        attribute->numbers[static_cast<std::size_t>(int32_of(rows, row, 1, 0, items - 1))] = real_of(rows, row, 2);
    });
}

// Rows (item, elements), ordered by item.
void read_vectors(const char* query, const Rows& of, bool only_reads, Attribute* attribute, int items, int elements) {
    core_call([&] {
        attribute->kind = AttributeKind::vector;
        attribute->values = elements;
        attribute->indices.assign(static_cast<std::size_t>(items), -1);
    });
    for_each_row(query, kLabels, of.model, of.version, only_reads, [&](const Rows& rows, uint64 row) {
        const int32 item = int32_of(rows, row, 1, 0, items - 1);
        const Doubles vector = list_of_doubles(rows, row, 2);
        if (vector.count != elements)
            refuse_value(rows, 2, psprintf("%d elements instead of %d", vector.count, elements));
        core_call([&] {
            // Most items have one, mostly; memory that is not written to is not taken.
            constexpr std::size_t kFirst = std::size_t{1} << 28;
            if (attribute->vectors.empty())
                attribute->vectors.reserve(
                    std::min(kFirst, static_cast<std::size_t>(items) * static_cast<std::size_t>(elements)));
            attribute->set_vector(item, vector.x);
        });
    });
}

// Rows (item, value), ordered by item.
void read_category(const char* query, const Rows& of, bool only_reads, Attribute* attribute, int items, int values) {
    attribute->values = values;
    core_call([&] { attribute->offsets.assign(static_cast<std::size_t>(items) + 1, 0); });
    int32 last = 0;
    for_each_row(query, kLabels, of.model, of.version, only_reads, [&](const Rows& rows, uint64 row) {
        const int32 item = int32_of(rows, row, 1, last, items - 1), value = int32_of(rows, row, 2, 0, values - 1);
        if (attribute->indices.size() == PG_INT32_MAX)
            ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                            errmsg("attribute \"%s\" has more than %d values", attribute->name.c_str(), PG_INT32_MAX)));
        last = item;
        core_call([&] {
            attribute->indices.push_back(value);
            attribute->offsets[static_cast<std::size_t>(item) + 1]++;
        });
    });
    for (int i = 0; i < items; i++) attribute->offsets[i + 1] += attribute->offsets[i];
}

}  // namespace

void read_attribute(const Rows& queries, uint64 row, int items, bool only_reads, Attribute* attribute) {
    const char *kind = text_of(queries, row, 1), *name = text_of(queries, row, 2), *query = text_of(queries, row, 4);
    const bool vector = std::strcmp(kind, "vector") == 0;
    const int32 labels = int32_of(queries, row, 3, 0, vector ? holomamba::model::kMostElements : kMostItems);
    core_call([&] { attribute->name = name; });
    if (std::strcmp(kind, "number") == 0)
        read_numbers(query, queries, only_reads, attribute, items);
    else if (vector)
        read_vectors(query, queries, only_reads, attribute, items, labels);
    else
        read_category(query, queries, only_reads, attribute, items, labels);
}

}  // namespace holomamba::postgres
