// How the numbers of a user's state are stored, and rounded at every event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "kernels/kernels.hpp"
#include "model/event.hpp"

namespace holomamba::model {

enum class StateFormat : std::uint8_t { float32 = 0, float16 = 1, int8 = 2 };
constexpr int kStateFormats = 3;

// From the option's value.
StateFormat state_format(const std::string& name);

// A recurrent state: rows of numbers, each of which is rounded as a whole.
struct StateShape {
    int rows = 0, width = 0;

    std::size_t size() const { return static_cast<std::size_t>(rows) * static_cast<std::size_t>(width); }
};
constexpr int kWidestState = 8 * 1024;  // dimension * expand, at their most

// Rounds a row of a state, at most kWidestState wide, to what the format can hold. Rounding twice changes nothing.
void round_row(const kernels::Table& kernels, StateFormat format, int width, float* x);

// A state of this format has a multiple of these bytes.
constexpr std::size_t number_bytes(StateFormat format) {
    return format == StateFormat::float32 ? 4 : format == StateFormat::float16 ? 2 : 1;
}

// Whether stored bytes are numbers all of them. Of int8, whose scales the bytes alone do not tell from the rest, it
// takes that on trust; such a state is refused at its next event.
bool is_finite(StateFormat format, const std::byte* state, std::size_t bytes);

// A state as bytes: its recurrent rows, then the vector the encoder gave last, then, where events are timed, the time of the last
// of them: 16-bit numbers below 1024, ten bits of its microseconds each, the lowest first, and at the end 1 where there is one. So
// no part of it reads as NaN.
//   float32  rows and vector as floats
//   float16  rows and vector as halves
//   int8     the scale of each row as a float, the vector as halves, then a byte for each number of the rows
class StateCodec {
  public:
    // Throws std::length_error for rows that are too wide.
    StateCodec(StateFormat format, StateShape shape, int dimension, bool timed = false);

    std::size_t bytes() const;
    const StateShape& shape() const { return shape_; }
    // Rows that have been rounded come back as they were, to the last bit.
    void write(const kernels::Table& kernels, const float* recurrent, const float* vector, double time,
               std::byte* state) const;
    void read(const kernels::Table& kernels, const std::byte* state, float* recurrent) const;
    void read_vector(const kernels::Table& kernels, const std::byte* state, float* vector) const;
    // kNoTime where there is none.
    double read_time(const std::byte* state) const;
    StateFormat format() const { return format_; }

  private:
    static constexpr std::size_t kTimeParts = 8;
    std::size_t vector_offset() const;
    std::size_t time_offset() const;
    void write_time(double time, std::byte* state) const;

    StateFormat format_;
    StateShape shape_;
    int dimension_;
    bool timed_;
};

}  // namespace holomamba::model
