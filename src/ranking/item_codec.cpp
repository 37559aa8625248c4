#include "ranking/item_codec.hpp"

#include <iterator>

#include "ranking/int8_codec.hpp"

namespace holomamba::ranking {

const ItemCodec* item_codec(int number) noexcept {
    static const Int8Codec int8;
    static const ItemCodec* const codecs[] = {&int8};
    return number >= 0 && number < static_cast<int>(std::size(codecs)) ? codecs[number] : nullptr;
}

}  // namespace holomamba::ranking
