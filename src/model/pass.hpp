// What layers share while a batch of sequences goes through them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/large.hpp"
#include "base/random.hpp"
#include "kernels/kernels.hpp"
#include "model/state_format.hpp"

namespace holomamba::model {

// Memory that is taken piece by piece and given back all at once, or back to a mark; blocks are kept for the next use.
class Arena {
  public:
    // block: floats taken from the system at a time, at least.
    explicit Arena(std::size_t block = std::size_t{1} << 18) : smallest_(block) {}

    // n floats, 64-byte aligned, uninitialised.
    float* take(std::size_t n) {
        n = (n + 15) / 16 * 16;
        while (block_ < blocks_.size() && used_ + n > blocks_[block_].size) {
            block_++;
            used_ = 0;
        }
        if (block_ == blocks_.size()) {
            const std::size_t size = n > smallest_ ? n : smallest_;
            blocks_.push_back({{base::LargePages<float>().allocate(size), Release{size}}, size});
            used_ = 0;
        }
        used_ += n;
        return blocks_[block_].data.get() + used_ - n;
    }
    struct Mark {
        std::size_t block, used;
    };
    Mark mark() const { return {block_, used_}; }
    void release(Mark mark) {
        block_ = mark.block;
        used_ = mark.used;
    }

  private:
    struct Release {
        std::size_t size;
        void operator()(float* p) const { base::LargePages<float>().deallocate(p, size); }
    };
    struct Block {
        std::unique_ptr<float, Release> data;
        std::size_t size;
    };
    std::size_t smallest_;
    std::vector<Block> blocks_;
    std::size_t block_ = 0, used_ = 0;
};

// One pass of packed sequences: sequence s is rows starts[s] .. starts[s+1]-1 of every matrix [tokens x width].
struct Pass {
    const kernels::Table& kernels;
    const float* parameters;
    float* gradients;             // same layout; added to by backward
    std::span<const int> starts;  // sequences + 1
    Arena& arena;
    // Recurrent states, one row a sequence: read at the start and replaced by those at the end. nullptr: start from zeros
    // and keep nothing, as in training.
    float* states = nullptr;
    std::size_t state_stride = 0;
    double* last_times = nullptr;  // of the last event before each sequence, kNoTime: none; replaced like states
    // Weights as serving reads them (Layer::prepare), or nullptr while training. With them a sequence's numbers are the same
    // to the last bit whatever it is cut into and whatever goes through the network beside it.
    const float* prepared = nullptr;
    StateFormat format = StateFormat::float32;  // of the states
    int state_width = 0;                        // and how wide their rows are
    float dropout = 0;
    std::uint64_t key = 0;        // of the dropout masks
    std::size_t first_token = 0;  // where the tokens stand among those with the same key

    int sequences() const { return static_cast<int>(starts.size()) - 1; }
    int tokens() const { return starts.back(); }
    bool exact() const { return format == StateFormat::float32; }
    // Rounds rows of a state, `stride` apart, to what the format can hold.
    void round(int rows, int stride, float* x) const {
        for (int r = 0; r < rows; r++, x += stride) round_row(kernels, format, state_width, x);
    }
    // The same elements of x [tokens x width] are dropped in forward and backward, and however a batch is cut into passes: a
    // mask depends on the key, the token and the place in the network.
    void drop(std::size_t width, std::uint64_t place, float* x) const {
        if (dropout > 0)
            kernels.dropout(first_token * width, tokens() * width, dropout, base::mix64(key ^ base::mix64(place)), x);
    }
};

}  // namespace holomamba::model
