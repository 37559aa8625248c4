// What a version reads of an event beside its item: columns of the version's row, and labels of its vocabulary.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/event.hpp"
#include "postgres/store/stored.hpp"

namespace holomamba::postgres {

// As many attributes as an event can have (sql/31_event_columns.sql).
constexpr int kMostEventAttributes = 8;

// Reads columns `first` and the two that follow: timed, event_attributes as an array of text, event_values.
void read_event_columns(const Rows& rows, uint64 row, int first, EventColumns* columns);

// Whether a number can be the value of an attribute; NaN, for one that is not known, is.
bool is_value_of(const EventAttribute& attribute, double value);

// What attributes of events are to a version: categories by the places of their values, numbers by their scale.
struct EventVocabulary {
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    };
    struct Attribute {
        bool numeric = false;
        double mean = 0, deviation = 1;
        std::unordered_map<std::string, float, Hash, std::equal_to<>> places;

        // NaN for what the version does not know.
        float place_of(std::string_view label) const;
        // As holomamba_internal.number_expression() and standard_score() in SQL; NaN for what is no number to compare by.
        float score_of(double x) const;
    };
    std::vector<Attribute> attributes;
};

// Reads that of a version, in the name of who may manage the model. SPI is connected.
void load_event_vocabulary(const char* model, int32 version, const EventColumns& columns, EventVocabulary* vocabulary);

}  // namespace holomamba::postgres
