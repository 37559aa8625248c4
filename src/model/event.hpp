// An event as the encoder is told of it.
#pragma once

#include <cstdint>

namespace holomamba::model {

// What an event is to the encoder: its item, and whatever else is to be known of an event, a member here. Item is a number
// where histories are kept and a token vector where they are read.
template <typename Item>
struct EventOf {
    Item item;

    // The same event with another form of its item.
    template <typename Other>
    EventOf<Other> with(Other other) const {
        return {other};
    }
};

using Event = EventOf<std::int32_t>;
using TokenEvent = EventOf<const float*>;  // [d]; to an encoder nullptr is an item that the model does not know

}  // namespace holomamba::model
