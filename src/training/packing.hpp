// Runs of events packed end to end, without padding, into pieces that fit a core's cache.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <span>
#include <vector>

#include "training/dataset.hpp"

namespace holomamba::training {

// Events first .. last-1 of a user's history. Evaluation reads them after the start token. Training predicts them: each from
// the start token and the events of the window before it, and where the window does not open the history also from the
// event before the window, so that the start token learns only what comes first.
struct Window {
    std::int32_t user, first, last;
    int length() const { return last - first; }
    int training_rows() const { return length() + (first > 0 ? 1 : 0); }
};

// Runs that go through the network together: [first, last) of a list.
struct Piece {
    std::size_t first, last;
    int tokens;
};

// About so many tokens go through the network together at most: their widest activations then stay within a few megabytes.
constexpr int kPieceTokens = 512;

// Cuts a list of windows, in order, into pieces of nearly the same number of tokens, as many for each thread. `tokens_of` a
// window says how many rows it takes.
template <typename TokensOf>
std::vector<Piece> cut_into_pieces(std::span<const Window> windows, int threads, TokensOf tokens_of) {
    std::int64_t total = 0, before = 0;
    for (const Window& window : windows) total += tokens_of(window);
    const std::int64_t round = std::int64_t{kPieceTokens} * threads, count = (total + round - 1) / round * threads;
    std::vector<Piece> pieces;
    for (std::int64_t i = 0, last = -1; i < std::ssize(windows); i++) {
        const int tokens = tokens_of(windows[i]);
        const std::int64_t number = (2 * before + tokens) * count / (2 * total);  // where the window's middle lies
        if (number != last) pieces.push_back({static_cast<std::size_t>(i), 0, 0});
        pieces.back().last = i + 1;
        pieces.back().tokens += tokens;
        before += tokens;
        last = number;
    }
    return pieces;
}

// Deals pieces to threads by weight, the same way every time.
inline std::vector<std::vector<std::size_t>> deal(std::span<const Piece> pieces, int threads) {
    std::vector<std::vector<std::size_t>> hands(threads);
    std::vector<std::int64_t> weights(threads, 0);
    for (std::size_t i = 0; i < pieces.size(); i++) {
        const auto lightest = std::min_element(weights.begin(), weights.end()) - weights.begin();
        hands[lightest].push_back(i);
        weights[lightest] += pieces[i].tokens;
    }
    return hands;
}

}  // namespace holomamba::training
