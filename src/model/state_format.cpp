#include "model/state_format.hpp"

#include <cstring>

namespace holomamba {
namespace {

constexpr int kMostChannels = 8 * 1024;  // expand * dimension, at their most

}  // namespace

StateFormat state_format(const std::string& name) {
    return name == "int8" ? StateFormat::int8 : name == "float16" ? StateFormat::float16 : StateFormat::float32;
}

void round_row(const KernelTable& kernels, StateFormat format, int channels, float* x) {
    if (format == StateFormat::float16) {
        std::uint16_t halves[kMostChannels];
        kernels.to_half(channels, x, halves);
        kernels.from_half(channels, halves, x);
    } else if (format == StateFormat::int8) {
        std::int8_t bytes[kMostChannels];
        const float scale = kernels.to_byte(channels, x, bytes);
        kernels.from_byte(channels, scale, bytes, x);
    }
}

bool is_finite(StateFormat format, const std::byte* state, std::size_t bytes) {
    const auto all = [&]<typename Word>(Word exponent) {
        for (std::size_t i = 0; i + sizeof(Word) <= bytes; i += sizeof(Word)) {
            Word word;
            std::memcpy(&word, state + i, sizeof word);
            if ((word & exponent) == exponent) return false;
        }
        return true;
    };
    return format == StateFormat::float32   ? all(std::uint32_t{0x7f800000})
           : format == StateFormat::float16 ? all(std::uint16_t{0x7c00})
                                            : true;
}

std::size_t StateCodec::bytes() const {
    const std::size_t d = dimension_;
    return format_ == StateFormat::float32   ? (recurrent() + d) * sizeof(float)
           : format_ == StateFormat::float16 ? (recurrent() + d) * sizeof(std::uint16_t)
                                             : rows_ * sizeof(float) + d * sizeof(std::uint16_t) + recurrent();
}

std::size_t StateCodec::vector_offset() const {
    return format_ == StateFormat::float32   ? recurrent() * sizeof(float)
           : format_ == StateFormat::float16 ? recurrent() * sizeof(std::uint16_t)
                                             : rows_ * sizeof(float);
}

void StateCodec::write(const KernelTable& kernels, const float* recurrent, const float* vector,
                       std::byte* state) const {
    std::byte* end = state + vector_offset();
    if (format_ == StateFormat::float32) {
        std::memcpy(state, recurrent, this->recurrent() * sizeof(float));
        std::memcpy(end, vector, dimension_ * sizeof(float));
        return;
    }
    kernels.to_half(dimension_, vector, reinterpret_cast<std::uint16_t*>(end));
    if (format_ == StateFormat::float16) {
        kernels.to_half(this->recurrent(), recurrent, reinterpret_cast<std::uint16_t*>(state));
        return;
    }
    auto* scales = reinterpret_cast<float*>(state);
    auto* steps = reinterpret_cast<std::int8_t*>(end + dimension_ * sizeof(std::uint16_t));
    for (std::size_t row = 0; row < rows_; row++)
        scales[row] = kernels.to_byte(channels_, recurrent + row * channels_, steps + row * channels_);
}

void StateCodec::read(const KernelTable& kernels, const std::byte* state, float* recurrent) const {
    if (format_ == StateFormat::float32) {
        std::memcpy(recurrent, state, this->recurrent() * sizeof(float));
    } else if (format_ == StateFormat::float16) {
        kernels.from_half(this->recurrent(), reinterpret_cast<const std::uint16_t*>(state), recurrent);
    } else {
        const auto* scales = reinterpret_cast<const float*>(state);
        const auto* steps =
            reinterpret_cast<const std::int8_t*>(state + vector_offset() + dimension_ * sizeof(std::uint16_t));
        for (std::size_t row = 0; row < rows_; row++)
            kernels.from_byte(channels_, scales[row], steps + row * channels_, recurrent + row * channels_);
    }
}

void StateCodec::read_vector(const KernelTable& kernels, const std::byte* state, float* vector) const {
    const std::byte* from = state + vector_offset();
    if (format_ == StateFormat::float32)
        std::memcpy(vector, from, dimension_ * sizeof(float));
    else
        kernels.from_half(dimension_, reinterpret_cast<const std::uint16_t*>(from), vector);
}

}  // namespace holomamba
