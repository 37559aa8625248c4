#include "model/gru.hpp"

#include <algorithm>
#include <numeric>

namespace holomamba::model {
namespace {

// Slots of Saved.
enum { kSorted, kInput, kRecurrent, kGates, kBefore, kHidden, kSlots };

// The tokens step by step: the first events of all sequences, then the second ones, and so on. Sequences are in order of
// length, longest first, so that those that go on at a step are the first of those of the step before, and their
// hidden states a matrix.
class Steps {
  public:
    explicit Steps(const Pass& pass) : sequences_(pass.sequences()), row_(pass.tokens()) {
        const auto length = [&](int s) { return pass.starts[s + 1] - pass.starts[s]; };
        std::iota(sequences_.begin(), sequences_.end(), 0);
        std::stable_sort(sequences_.begin(), sequences_.end(), [&](int a, int b) { return length(a) > length(b); });
        int place = 0;
        for (int step = 0; place < pass.tokens(); step++) {
            starts_.push_back(place);
            for (const int s : sequences_) {
                if (length(s) <= step) break;
                row_[place++] = pass.starts[s] + step;
            }
        }
        starts_.push_back(place);
    }
    int count() const { return static_cast<int>(starts_.size()) - 1; }
    int start(int step) const { return starts_[step]; }
    // Sequences that go on at a step: the first so many of sequences().
    int active(int step) const { return step < count() ? starts_[step + 1] - starts_[step] : 0; }
    const std::vector<int>& sequences() const { return sequences_; }
    // x[tokens x width] sequence by sequence to sorted[tokens x width] step by step, and back.
    void sort(int width, const float* x, float* sorted) const {
        for (std::size_t place = 0; place < row_.size(); place++)
            std::copy_n(x + static_cast<std::size_t>(row_[place]) * width, width, sorted + place * width);
    }
    void unsort(int width, const float* sorted, float* x) const {
        for (std::size_t place = 0; place < row_.size(); place++)
            std::copy_n(sorted + place * width, width, x + static_cast<std::size_t>(row_[place]) * width);
    }

  private:
    std::vector<int> sequences_, starts_, row_;
};

}  // namespace

Gru::Gru(const Options& options, const std::string& prefix, ParameterLayout& layout)
    : d_(options.dimension),
      channels_(options.channels()),
      in_(prefix + ".in_projection", 3 * channels_, d_, true, layout),
      recurrent_(prefix + ".recurrent_projection", 3 * channels_, channels_, true, layout),
      out_(prefix + ".out_projection", d_, channels_, false, layout) {}

std::size_t Gru::saved_slots() const {
    return kSlots;
}

void Gru::initialise(base::Random& random, float* parameters) const {
    for (const Linear* linear : {&in_, &recurrent_, &out_}) linear->initialise(random, parameters);
}

void Gru::prepare(const float* parameters, float* prepared) const {
    for (const Linear* linear : {&in_, &recurrent_, &out_}) linear->prepare(parameters, prepared);
}

void Gru::forward(Pass& pass, const float* x, float* state, float* y, Saved& saved) const {
    const std::size_t rows = pass.tokens(), e = channels_;
    const Steps steps(pass);
    saved[kSorted] = pass.arena.take(rows * d_);
    saved[kInput] = pass.arena.take(rows * 3 * e);
    saved[kRecurrent] = pass.arena.take(rows * 3 * e);
    saved[kGates] = pass.arena.take(rows * 3 * e);
    saved[kBefore] = pass.arena.take(rows * e);
    saved[kHidden] = pass.arena.take(rows * e);
    const Arena::Mark mark = pass.arena.mark();
    float* out = pass.arena.take(rows * d_);

    steps.sort(d_, x, saved[kSorted]);
    in_.forward(pass, saved[kSorted], saved[kInput]);
    for (int step = 0; step < steps.count(); step++) {
        const std::size_t first = steps.start(step), active = steps.active(step);
        float* before = saved[kBefore] + first * e;
        if (step > 0)
            std::copy_n(saved[kHidden] + steps.start(step - 1) * e, active * e, before);
        else if (!state)
            std::fill_n(before, active * e, 0.0f);
        else
            for (std::size_t i = 0; i < active; i++)
                std::copy_n(state + steps.sequences()[i] * pass.state_stride, e, before + i * e);
        recurrent_.forward(pass, static_cast<int>(active), before, saved[kRecurrent] + first * 3 * e);
        float* hidden = saved[kHidden] + first * e;
        pass.kernels.gru_cell(static_cast<int>(active), channels_, saved[kInput] + first * 3 * e,
                              saved[kRecurrent] + first * 3 * e, before, saved[kGates] + first * 3 * e, hidden);
        if (!pass.exact()) pass.round(static_cast<int>(active), channels_, hidden);
        // Of the sequences that end with this step.
        for (std::size_t i = steps.active(step + 1); state && i < active; i++)
            std::copy_n(hidden + i * e, e, state + steps.sequences()[i] * pass.state_stride);
    }
    out_.forward(pass, saved[kHidden], out);
    steps.unsort(d_, out, y);
    pass.arena.release(mark);
}

void Gru::backward(Pass& pass, const float*, const float* dy, float* dx, const Saved& saved) const {
    const std::size_t rows = pass.tokens(), e = channels_;
    const Steps steps(pass);
    const Arena::Mark mark = pass.arena.mark();
    float* sorted = pass.arena.take(rows * d_);
    float* dhidden = pass.arena.take(rows * e);
    float* dinput = pass.arena.take(rows * 3 * e);
    float* drecurrent = pass.arena.take(rows * 3 * e);
    float* dbefore = pass.arena.take(static_cast<std::size_t>(pass.sequences()) * e);

    steps.sort(d_, dy, sorted);
    out_.backward(pass, saved[kHidden], sorted, dhidden);
    for (int step = steps.count() - 1; step >= 0; step--) {
        const std::size_t first = steps.start(step), active = steps.active(step);
        // What the next step sent back, for the sequences that went on.
        pass.kernels.add(steps.active(step + 1) * e, dbefore, dhidden + first * e);
        pass.kernels.gru_cell_backward(static_cast<int>(active), channels_, saved[kGates] + first * 3 * e,
                                       saved[kRecurrent] + first * 3 * e, saved[kBefore] + first * e,
                                       dhidden + first * e, dinput + first * 3 * e, drecurrent + first * 3 * e,
                                       dbefore);
        recurrent_.backward_input(pass, static_cast<int>(active), drecurrent + first * 3 * e, dbefore, true);
    }
    recurrent_.backward_weight(pass, pass.tokens(), saved[kBefore], drecurrent);
    in_.backward(pass, saved[kSorted], dinput, sorted);
    steps.unsort(d_, sorted, dx);
    pass.arena.release(mark);
}

}  // namespace holomamba::model
