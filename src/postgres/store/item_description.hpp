// Items described by their attributes, whether a version was trained with them or not.
#pragma once

#include <memory>
#include <vector>

#include "model/head.hpp"
#include "model/holographic_embedding.hpp"
#include "postgres/store/stored.hpp"

namespace holomamba::postgres {

// Some items by the attributes that they have now: a version's embedding and head, of these items and of the values
// that they have only.
struct ItemDescription {
    Options options;
    Catalogue catalogue;
    std::vector<std::vector<std::int32_t>> values;  // of each category, those that the items have: their ordinals
    std::vector<std::int32_t> places;               // the items' ordinals; -1 where the version does not know an item
    ParameterLayout layout;
    std::unique_ptr<HolographicEmbedding> embedding;
    std::unique_ptr<Head> head;
    std::vector<float> parameters;
    HolographicEmbedding::Composed composed;  // all items, in their order
};

// For whom: one who may manage the model, which the caller has made sure of, and sees what came before in his
// transaction; or somebody else, under his snapshot, who may read what the labels of the version come from or gets an
// error.
enum class DescribedFor { manager, reader };

// Describes the items of an array of ids as text. An item that the version does not know is the unknown one with
// attributes of its own. For a reader nothing is composed where the head takes nothing from attributes. SPI is
// connected and the search path pinned.
void describe_items(const char* model, int32 version, Datum ids, int items, DescribedFor whom,
                    ItemDescription* description);

}  // namespace holomamba::postgres
