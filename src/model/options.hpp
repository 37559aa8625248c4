// What a user can choose about a model and its training. One table (options.cpp) holds names, defaults, ranges and
// descriptions; the SQL function holomamba.options() and the reference page are made from it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holomamba::model {

constexpr int kMostThreads = 256;

struct Options {
    // Of numbers that training chooses by its data (training/settled_options.hpp); "auto" as text.
    static constexpr int kAuto = -1;

    // the network; symbols are those of arXiv 2601.08360
    std::string block = "mamba";
    int dimension = 64;  // d
    int layers = 2;      // blocks
    int state_size = 1;  // N
    int expand = 2;      // E / d
    int conv_width = 3;  // W
    int attention_heads = 2;
    int attention_span = 200;         // events that attention looks back on, and keeps
    int feed_forward = 4;             // width of the feed-forward / d; 0 leaves it out
    std::string residual = "post";    // post: LN(x + f(x)); pre: x + f(LN(x)), without a final norm
    std::string head = "tied";        // tied: scores against the item vectors, with bias; untied: a table of its own
    std::string attributes = "both";  // both: bound and added; bound: only bound; added: only added
    std::string repeats = "learned";  // learned: a score of its own for having had an item before; ignored: none
    std::string initialisation = "small";  // small: N(0, 0.02) items, unitary roles; paper: as arXiv 2601.08360

    std::string state_format = "float16";  // how a user's state is stored

    // training
    int max_history = 200;
    std::string windows = "all";
    double dropout = kAuto;
    double item_dropout = 0.1;
    double learning_rate = kAuto;
    std::string schedule = "linear";
    double weight_decay = 0.1;
    double gradient_clip = 5;
    int batch_size = kAuto;
    int epochs = kAuto;
    int patience = 10;
    std::string validation = "on";
    std::string loss = "cross_entropy";
    double lookahead = kAuto;
    int negatives = kAuto;
    std::string cutoff;
    std::string warm_start = "false";  // or the version to start from; true, the active one, is resolved before
    std::int64_t seed = 42;
    int threads = 0;

    int channels() const { return expand * dimension; }       // E
    int delta_rank() const { return (dimension + 15) / 16; }  // R
    bool paper_initialisation() const { return initialisation == "paper"; }

    // Sets one option from its text. Throws Error: unknown name (with the nearest known one), malformed or out of range.
    void set(std::string_view name, std::string_view text);
    std::string get(std::string_view name) const;
    // Throws Error where an option that only another block has is not at its default: it would be without effect.
    void check() const;
};

struct OptionInfo {
    std::string name, default_text, range, description;
    bool automatic;  // whether it may be left to the data
};

std::vector<OptionInfo> describe_options();

}  // namespace holomamba::model
