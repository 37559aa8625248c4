#include "training/cross_entropy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace holomamba {
namespace {

// A tile's tokens are many enough that each read of the table pays; a block of items with its scores stays in the second cache.
constexpr int kTileTokens = 128, kBlockItems = 96;

constexpr int blocks_of(int items) { return (items + kBlockItems - 1) / kBlockItems; }

}  // namespace

// The items seen by the tokens of a tile, as (item, token), block by block of the catalogue.
void CrossEntropy::sort_seen(const SeenItems& seen, int first, int tokens, int items) {
    block_starts_.assign(blocks_of(items) + 2, 0);
    for (int t = 0; t < tokens; t++)
        for (const std::int32_t item : seen.of(first + t)) block_starts_[item / kBlockItems + 2]++;
    for (std::size_t b = 2; b < block_starts_.size(); b++) block_starts_[b] += block_starts_[b - 1];
    seen_.resize(block_starts_.back());
    for (int t = 0; t < tokens; t++)
        for (const std::int32_t item : seen.of(first + t)) seen_[block_starts_[item / kBlockItems + 1]++] = {item, t};
}

double CrossEntropy::add(const KernelTable& kernels, int tokens, int d, int items, const float* x, const std::int32_t* targets,
                         const SeenItems& seen, const Head& head, float scale, float* dx, const HeadGradient& gradient) {
    double loss = 0;
    const int tiles = (tokens + kTileTokens - 1) / kTileTokens;
    for (int tile = 0; tile < tiles; tile++) {
        const int first = tokens * tile / tiles, last = tokens * (tile + 1) / tiles;
        if (gradient.repeat) sort_seen(seen, first, last - first, items);
        loss += add_tile(kernels, last - first, d, items, x + static_cast<std::size_t>(first) * d, targets + first, head, scale,
                         dx + static_cast<std::size_t>(first) * d, gradient);
    }
    return loss;
}

double CrossEntropy::add_tile(const KernelTable& kernels, int tokens, int d, int items, const float* x,
                              const std::int32_t* targets, const Head& head, float scale, float* dx,
                              const HeadGradient& gradient) {
    const std::size_t width = d, count = tokens;
    transposed_.resize(count * width);
    for (std::size_t t = 0; t < count; t++)
        for (std::size_t j = 0; j < width; j++) transposed_[j * count + t] = x[t * width + j];
    scores_.resize(count * items);
    reference_.assign(count, -std::numeric_limits<float>::infinity());
    partition_.assign(count, 0.0f);
    correction_.resize(count);
    target_score_.assign(count, 0.0f);

    // Scores of a block of items, their exponentials, and what they send back to the tokens, while the block is in the cache.
    // The exponentials stay for the items' gradient, which must wait for the whole sum.
    for (int from = 0; from < items; from += kBlockItems) {
        const int block = std::min(kBlockItems, items - from);
        const float* table = head.table + from * width;
        const float* bias = head.bias ? head.bias + from : nullptr;
        float* scores = scores_.data() + from * count;
        kernels.multiply(block, tokens, d, table, transposed_.data(), scores, false);
        if (gradient.repeat)
            for (const SeenItem& s : seen_of_block(from / kBlockItems)) scores_[s.item * count + s.token] += head.repeat;
        for (int t = 0; t < tokens; t++)
            if (targets[t] >= from && targets[t] < from + block)
                target_score_[t] = scores[(targets[t] - from) * count + t] + (bias ? bias[targets[t] - from] : 0);
        const bool corrected = kernels.exponential_scores(block, tokens, bias, scores, reference_.data(), partition_.data(),
                                                          correction_.data());
        if (corrected && from > 0) correct(from, tokens, d, dx);
        kernels.multiply_at(tokens, d, block, scores, table, dx, from > 0);
    }

    double loss = 0;
    weight_.resize(count);
    weighted_.resize(count * width);
    for (std::size_t t = 0; t < count; t++) {
        const std::int32_t target = targets[t];
        weight_[t] = target == kNoTarget ? 0 : scale / partition_[t];
        for (std::size_t j = 0; j < width; j++) {
            weighted_[t * width + j] = weight_[t] * x[t * width + j];
            dx[t * width + j] *= weight_[t];
        }
        if (target == kNoTarget) continue;
        loss += static_cast<double>(std::log(partition_[t])) + reference_[t] - target_score_[t];
        for (std::size_t j = 0; j < width; j++) {
            dx[t * width + j] -= scale * head.table[target * width + j];
            gradient.table[target * width + j] -= scale * x[t * width + j];
        }
        if (head.bias) gradient.bias[target] -= scale;
    }
    if (gradient.repeat)
        for (std::size_t s = 0; s < seen_.size(); s++) {
            const auto [item, token] = seen_[s];
            *gradient.repeat += weight_[token] * scores_[item * count + token] - (targets[token] == item ? scale : 0);
        }
    if (head.bias) kernels.weighted_row_sums(items, tokens, scores_.data(), weight_.data(), gradient.bias);
    kernels.multiply(items, d, tokens, scores_.data(), weighted_.data(), gradient.table, true);
    return loss;
}

void CrossEntropy::correct(int items, int tokens, int d, float* dx) {
    for (int i = 0; i < items; i++)
        for (int t = 0; t < tokens; t++) scores_[static_cast<std::size_t>(i) * tokens + t] *= correction_[t];
    for (int t = 0; t < tokens; t++)
        for (int j = 0; j < d; j++) dx[t * d + j] *= correction_[t];
}

}  // namespace holomamba
