#include "model/state_format.hpp"

#include <cmath>
#include <cstring>
#include <stdexcept>

namespace holomamba::model {

StateFormat state_format(const std::string& name) {
    return name == "int8" ? StateFormat::int8 : name == "float16" ? StateFormat::float16 : StateFormat::float32;
}

void round_row(const kernels::Table& kernels, StateFormat format, int width, float* x) {
    if (format == StateFormat::float16) {
        std::uint16_t halves[kWidestState];
        kernels.to_half(width, x, halves);
        kernels.from_half(width, halves, x);
    } else if (format == StateFormat::int8) {
        std::int8_t bytes[kWidestState];
        const float scale = kernels.to_byte(width, x, bytes);
        kernels.from_byte(width, scale, bytes, x);
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

StateCodec::StateCodec(StateFormat format, StateShape shape, int dimension, bool timed)
    : format_(format), shape_(shape), dimension_(dimension), timed_(timed) {
    if (shape.width > kWidestState) throw std::length_error("rows of a state are too wide");
}

std::size_t StateCodec::bytes() const {
    return time_offset() + (timed_ ? kTimeParts * sizeof(std::uint16_t) : 0);
}

std::size_t StateCodec::time_offset() const {
    const std::size_t d = dimension_;
    return format_ == StateFormat::float32   ? (shape_.size() + d) * sizeof(float)
           : format_ == StateFormat::float16 ? (shape_.size() + d) * sizeof(std::uint16_t)
                                             : shape_.rows * sizeof(float) + d * sizeof(std::uint16_t) + shape_.size();
}

std::size_t StateCodec::vector_offset() const {
    return format_ == StateFormat::float32   ? shape_.size() * sizeof(float)
           : format_ == StateFormat::float16 ? shape_.size() * sizeof(std::uint16_t)
                                             : shape_.rows * sizeof(float);
}

void StateCodec::write_time(double time, std::byte* state) const {
    constexpr double kMicroseconds = 1e6;
    std::uint16_t parts[kTimeParts] = {};
    if (!std::isnan(time)) {
        auto bits = static_cast<std::uint64_t>(std::llround(time * kMicroseconds));
        for (std::size_t i = 0; i + 1 < kTimeParts; i++, bits >>= 10) parts[i] = bits & 1023;
        parts[kTimeParts - 1] = 1;
    }
    std::memcpy(state + time_offset(), parts, sizeof parts);
}

double StateCodec::read_time(const std::byte* state) const {
    constexpr double kMicroseconds = 1e6;
    if (!timed_) return kNoTime;
    std::uint16_t parts[kTimeParts];
    std::memcpy(parts, state + time_offset(), sizeof parts);
    if (parts[kTimeParts - 1] == 0) return kNoTime;
    std::uint64_t bits = 0;
    for (std::size_t i = kTimeParts - 1; i-- > 0;) bits = bits << 10 | (parts[i] & 1023);
    return kept_time(static_cast<double>(static_cast<std::int64_t>(bits)) / kMicroseconds);
}

void StateCodec::write(const kernels::Table& kernels, const float* recurrent, const float* vector, double time,
                       std::byte* state) const {
    if (timed_) write_time(time, state);
    std::byte* end = state + vector_offset();
    if (format_ == StateFormat::float32) {
        std::memcpy(state, recurrent, shape_.size() * sizeof(float));
        std::memcpy(end, vector, dimension_ * sizeof(float));
        return;
    }
    kernels.to_half(dimension_, vector, reinterpret_cast<std::uint16_t*>(end));
    if (format_ == StateFormat::float16) {
        kernels.to_half(shape_.size(), recurrent, reinterpret_cast<std::uint16_t*>(state));
        return;
    }
    auto* scales = reinterpret_cast<float*>(state);
    auto* steps = reinterpret_cast<std::int8_t*>(end + dimension_ * sizeof(std::uint16_t));
    const std::size_t width = shape_.width;
    for (int row = 0; row < shape_.rows; row++)
        scales[row] = kernels.to_byte(width, recurrent + row * width, steps + row * width);
}

void StateCodec::read(const kernels::Table& kernels, const std::byte* state, float* recurrent) const {
    if (format_ == StateFormat::float32) {
        std::memcpy(recurrent, state, shape_.size() * sizeof(float));
    } else if (format_ == StateFormat::float16) {
        kernels.from_half(shape_.size(), reinterpret_cast<const std::uint16_t*>(state), recurrent);
    } else {
        const auto* scales = reinterpret_cast<const float*>(state);
        const auto* steps =
            reinterpret_cast<const std::int8_t*>(state + vector_offset() + dimension_ * sizeof(std::uint16_t));
        const std::size_t width = shape_.width;
        for (int row = 0; row < shape_.rows; row++)
            kernels.from_byte(width, scales[row], steps + row * width, recurrent + row * width);
    }
}

void StateCodec::read_vector(const kernels::Table& kernels, const std::byte* state, float* vector) const {
    const std::byte* from = state + vector_offset();
    if (format_ == StateFormat::float32)
        std::memcpy(vector, from, dimension_ * sizeof(float));
    else
        kernels.from_half(dimension_, reinterpret_cast<const std::uint16_t*>(from), vector);
}

}  // namespace holomamba::model
