#include "training/cross_entropy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace holomamba::training {
namespace {

// A tile's tokens are many enough that each read of the table pays; a block of items with its scores stays in the second cache.
constexpr int kTileTokens = 128, kBlockItems = 192;

constexpr int blocks_of(int items) {
    return (items + kBlockItems - 1) / kBlockItems;
}

}  // namespace

template <typename Entry>
template <typename Each>
void CrossEntropy::ByBlock<Entry>::sort(int items, Each&& each) {
    starts.assign(blocks_of(items) + 2, 0);
    each([&](const Entry& entry) { starts[entry.item / kBlockItems + 2]++; });
    for (std::size_t b = 2; b < starts.size(); b++) starts[b] += starts[b - 1];
    entries.resize(starts.back());
    each([&](const Entry& entry) { entries[starts[entry.item / kBlockItems + 1]++] = entry; });
}

double CrossEntropy::add(const kernels::Table& kernels, int tokens, int d, int items, const float* x,
                         const Targets& targets, const SeenItems& seen, const model::Head::View& head, float scale,
                         float* dx, const model::Head::Gradient& gradient) {
    double loss = 0;
    const int tiles = (tokens + kTileTokens - 1) / kTileTokens;
    for (int tile = 0; tile < tiles; tile++) {
        const int first = tokens * tile / tiles, last = tokens * (tile + 1) / tiles;
        targets_.sort(items, [&](auto&& use) {
            for (int t = first; t < last; t++)
                for (const Target& target : targets.of(t)) use({target.item, t - first, target.share, target.seen});
        });
        if (gradient.repeat)
            seen_.sort(items, [&](auto&& use) {
                for (int t = first; t < last; t++)
                    for (const std::int32_t item : seen.of(t)) use({item, t - first});
            });
        loss += add_tile(kernels, last - first, d, items, x + static_cast<std::size_t>(first) * d, head, scale,
                         dx + static_cast<std::size_t>(first) * d, gradient, gradient.fresh && tile == 0);
    }
    return loss;
}

double CrossEntropy::add_tile(const kernels::Table& kernels, int tokens, int d, int items, const float* x,
                              const model::Head::View& head, float scale, float* dx,
                              const model::Head::Gradient& gradient, bool fresh) {
    const std::size_t width = d, count = tokens;
    transposed_.resize(count * width);
    for (std::size_t t = 0; t < count; t++)
        for (std::size_t j = 0; j < width; j++) transposed_[j * count + t] = x[t * width + j];
    scores_.resize(count * items);
    reference_.assign(count, -std::numeric_limits<float>::infinity());
    partition_.assign(count, 0.0f);
    correction_.resize(count);
    mass_.assign(count, 0.0f);
    double found = 0;  // the targets' scores, by their shares

    // Scores of a block of items, their exponentials, and what they send back to the tokens, while the block is in the cache.
    // The exponentials stay for the items' gradient, which must wait for the whole sum.
    for (int from = 0; from < items; from += kBlockItems) {
        const int block = std::min(kBlockItems, items - from);
        const float* table = head.rows + from * width;
        const float* bias = head.bias ? head.bias + from : nullptr;
        float* scores = scores_.data() + from * count;
        kernels.multiply(block, tokens, d, table, transposed_.data(), scores, false);
        if (gradient.repeat)
            for (const SeenItem& s : seen_.of(from / kBlockItems)) scores_[s.item * count + s.token] += head.repeat;
        for (const TargetItem& target : targets_.of(from / kBlockItems)) {
            found +=
                target.share * (scores_[target.item * count + target.token] + (bias ? bias[target.item - from] : 0));
            mass_[target.token] += target.share;
        }
        const bool corrected = kernels.exponential_scores(block, tokens, bias, scores, reference_.data(),
                                                          partition_.data(), correction_.data());
        if (corrected && from > 0) correct(from, tokens, d, dx);
        kernels.multiply_at(tokens, d, block, scores, table, dx, from > 0);
    }

    double loss = -found;
    weight_.resize(count);
    weighted_.resize(count * width);
    for (std::size_t t = 0; t < count; t++) {
        loss += mass_[t] * (static_cast<double>(std::log(partition_[t])) + reference_[t]);
        weight_[t] = scale * mass_[t] / partition_[t];
        for (std::size_t j = 0; j < width; j++) {
            weighted_[t * width + j] = weight_[t] * x[t * width + j];
            dx[t * width + j] *= weight_[t];
        }
    }
    if (gradient.repeat)
        for (const SeenItem& s : seen_.entries)
            *gradient.repeat += weight_[s.token] * scores_[s.item * count + s.token];
    kernels.multiply(items, d, tokens, scores_.data(), weighted_.data(), gradient.rows, !fresh);
    for (const TargetItem& target : targets_.entries) {
        const float share = scale * target.share;
        const std::size_t token = target.token * width, item = target.item * width;
        for (std::size_t j = 0; j < width; j++) {
            dx[token + j] -= share * head.rows[item + j];
            gradient.rows[item + j] -= share * x[token + j];
        }
        if (head.bias) gradient.bias[target.item] -= share;
        if (gradient.repeat && target.seen) *gradient.repeat -= share;
    }
    if (head.bias) kernels.weighted_row_sums(items, tokens, scores_.data(), weight_.data(), gradient.bias);
    return loss;
}

void CrossEntropy::correct(int items, int tokens, int d, float* dx) {
    for (int i = 0; i < items; i++)
        for (int t = 0; t < tokens; t++) scores_[static_cast<std::size_t>(i) * tokens + t] *= correction_[t];
    for (int t = 0; t < tokens; t++)
        for (int j = 0; j < d; j++) dx[t * d + j] *= correction_[t];
}

}  // namespace holomamba::training
