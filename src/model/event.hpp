// An event as the encoder is told of it.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace holomamba::model {

// What is known of an event beside its item: its kind, its rating, the device.
struct EventAttribute {
    std::string name;
    bool numeric = false;
    int values = 0;  // categories: size of the set
};

// What is known of the events of a model.
struct EventColumns {
    bool timed = false;
    std::vector<EventAttribute> attributes;
};

constexpr double kNoTime = std::numeric_limits<double>::quiet_NaN();

// A time as states keep it, in whole microseconds; kNoTime where it is not known or not of this or the next 280,000 years.
inline double kept_time(double seconds) {
    constexpr double kLatest = 9e12, kMicroseconds = 1e6;
    return std::abs(seconds) < kLatest ? std::round(seconds * kMicroseconds) / kMicroseconds : kNoTime;
}

// What an event is to the encoder: its item, and whatever else is to be known of an event, a member here. Item is a number
// where histories are kept and a token vector where they are read.
template <typename Item>
struct EventOf {
    Item item;
    // Seconds since 1970, where events are timed and it is known.
    double time = kNoTime;
    // Of each attribute the number of a category, or a number, standardised; NaN where it is not known. nullptr: none is.
    const float* values = nullptr;

    // The same event with another form of its item.
    template <typename Other>
    EventOf<Other> with(Other other) const {
        return {other, time, values};
    }
};

using Event = EventOf<std::int32_t>;
using TokenEvent = EventOf<const float*>;  // [d]; to an encoder nullptr is an item that the model does not know

}  // namespace holomamba::model
