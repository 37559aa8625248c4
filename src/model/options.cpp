#include "model/options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <variant>

#include "base/error.hpp"

namespace holomamba::model {
namespace {

using Field = std::variant<int Options::*, std::int64_t Options::*, double Options::*, std::string Options::*>;

struct Option {
    const char* name;
    Field field;
    double low, high;                  // of numbers
    std::vector<const char*> choices;  // of words; none: free text
    const char* description;
    bool automatic = false;       // numbers that may be left to the data: Options::kAuto
    const char* block = nullptr;  // whose it is, where it is not everybody's
};

constexpr double kSeeds = 9007199254740992.0;  // 2^53: jsonb numbers survive a trip through double precision

const std::vector<Option>& table() {
    // clang-format off
    static const std::vector<Option> options = {
        {"block", &Options::block, 0, 0, {"mamba", "gru", "attention"},
         "what an event goes through: a selective state space; a gated recurrent unit; or causal attention, whose state is the past events themselves"},
        // The target of an item has one element more, and the index holds vectors of at most 1000.
        {"dimension", &Options::dimension, 8, 999, {}, "elements of an item's vector"},
        {"layers", &Options::layers, 1, 16, {}, "blocks, one after another"},
        {"state_size", &Options::state_size, 1, 64, {}, "recurrent state of a channel of mamba", false, "mamba"},
        {"expand", &Options::expand, 1, 8, {}, "channels of a block, as a multiple of dimension"},
        {"conv_width", &Options::conv_width, 1, 16, {}, "events that the causal convolution of mamba sees", false, "mamba"},
        {"attention_heads", &Options::attention_heads, 1, 64, {}, "heads of an attention block", false, "attention"},
        {"attention_span", &Options::attention_span, 1, 1000, {},
         "events that an attention block looks back on, and keeps in each user's state", false, "attention"},
        {"feed_forward", &Options::feed_forward, 0, 16, {},
         "width of the feed-forward layer after each block, as a multiple of dimension; 0 leaves it out"},
        {"residual", &Options::residual, 0, 0, {"post", "pre"}, "where the layer norm of a residual connection sits"},
        {"head", &Options::head, 0, 0, {"tied", "untied"},
         "score against the item vectors with a bias, or against a table of its own"},
        {"attributes", &Options::attributes, 0, 0, {"both", "bound", "added"},
         "how attributes enter an item's vector: bound to the item, added to it, or both"},
        {"repeats", &Options::repeats, 0, 0, {"learned", "ignored"},
         "learn what it adds to an item's score that the user has had it before, or leave that to the encoder"},
        {"initialisation", &Options::initialisation, 0, 0, {"small", "paper"},
         "first values of the weights; paper: those of arXiv 2601.08360, bound without roles"},
        {"state_format", &Options::state_format, 0, 0, {"float32", "float16", "int8"},
         "numbers of a user's stored state: in fewer bits a row is smaller, and states are rounded at every event"},
        {"max_history", &Options::max_history, 2, 100000, {}, "events that are predicted in one go while training, and that they look back on at most"},
        {"windows", &Options::windows, 0, 0, {"all", "last"},
         "train on every event, in windows of max_history, or on each user's last window only"},
        {"dropout", &Options::dropout, 0, 0.9, {}, "share of activations dropped while training; auto: the more, the shorter histories are", true},
        {"item_dropout", &Options::item_dropout, 0, 0.9, {},
         "share of the items that a batch knows by their attributes alone, as it will know new ones"},
        {"learning_rate", &Options::learning_rate, 1e-6, 1, {}, "step of AdamW, at its highest; auto: the higher, the more events there are", true},
        {"schedule", &Options::schedule, 0, 0, {"linear", "constant"},
         "the learning rate rises over the first 25th of the steps and then falls to nothing, or stays"},
        {"weight_decay", &Options::weight_decay, 0, 1, {}, "decoupled weight decay of AdamW, on matrices"},
        {"gradient_clip", &Options::gradient_clip, 0, 1e6, {}, "longest gradient that a step follows; 0: any"},
        {"batch_size", &Options::batch_size, 1, 65536, {}, "windows in an optimiser step; auto: so many that an epoch has 150 steps or more", true},
        {"epochs", &Options::epochs, 1, 10000, {}, "passes over the events, at most; auto: the more, the more events an item has", true},
        {"patience", &Options::patience, 1, 10000, {}, "epochs without a better validation ndcg before training stops"},
        {"validation", &Options::validation, 0, 0, {"on", "off"},
         "whether a holdout also holds back a validation event, to stop by and to choose the best epoch"},
        {"loss", &Options::loss, 0, 0, {"cross_entropy"}, "cross-entropy over the catalogue at every event"},
        {"lookahead", &Options::lookahead, 0, 0.95, {},
         "what each event after the next one weighs as a target, as a share of the one before it; 0: only the next event is one; auto: the less, the more events there are", true},
        {"negatives", &Options::negatives, 0, 1000000, {}, "items sampled for a batch, to score its events against; 0: the whole catalogue; auto: 4096 of more than 50,000", true},
        {"cutoff", &Options::cutoff, 0, 0, {}, "with holdout => 'time': events from this value of the first order column on"},
        {"warm_start", &Options::warm_start, 0, 0, {},
         "start from the weights of a version: its number, true for the active one if there is one, or false"},
        {"seed", &Options::seed, 0, kSeeds, {}, "of every random choice"},
        {"threads", &Options::threads, 0, kMostThreads, {}, "processor threads while training; 0: all there are"},
    };
    // clang-format on
    return options;
}

// Levenshtein's distance, for the hint at a misspelt name.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); i++) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); j++) {
            const std::size_t above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
            diagonal = above;
        }
    }
    return row[b.size()];
}

const Option& find(std::string_view name) {
    const auto& options = table();
    for (const Option& option : options)
        if (name == option.name) return option;
    const auto nearest = std::min_element(options.begin(), options.end(), [&](const Option& a, const Option& b) {
        return edit_distance(name, a.name) < edit_distance(name, b.name);
    });
    throw base::Error(
        base::ErrorKind::invalid_parameter, "unrecognized option \"" + std::string(name) + "\"",
        "The nearest option is \"" + std::string(nearest->name) + "\"; holomamba.options() lists all of them.");
}

std::string number_text(double x) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.15g", x);
    return buffer;
}

std::string range_text(const Option& option) {
    if (std::holds_alternative<std::string Options::*>(option.field)) {
        std::string text;
        for (const char* choice : option.choices) text += (text.empty() ? "" : " | ") + std::string(choice);
        return text.empty() ? "text" : text;
    }
    const bool whole = !std::holds_alternative<double Options::*>(option.field);
    const auto bound = [&](double x) { return whole ? std::to_string(static_cast<std::int64_t>(x)) : number_text(x); };
    return (option.automatic ? "auto | " : "") + bound(option.low) + " .. " + bound(option.high);
}

std::string value_text(const Options& options, const Option& option) {
    return std::visit(
        [&](auto field) -> std::string {
            if constexpr (std::is_same_v<decltype(field), std::string Options::*>)
                return options.*field;
            else if (option.automatic && options.*field == Options::kAuto)
                return "auto";
            else if constexpr (std::is_same_v<decltype(field), double Options::*>)
                return number_text(options.*field);
            else
                return std::to_string(options.*field);
        },
        option.field);
}

}  // namespace

void Options::set(std::string_view name, std::string_view text) {
    const Option& option = find(name);
    const auto refuse = [&] {
        throw base::Error(base::ErrorKind::invalid_parameter,
                          "invalid value for option \"" + std::string(name) + "\": \"" + std::string(text) + "\"",
                          "Allowed: " + range_text(option) + ".");
    };
    if (const auto* word = std::get_if<std::string Options::*>(&option.field)) {
        const bool known = std::any_of(option.choices.begin(), option.choices.end(),
                                       [&](const char* choice) { return text == choice; });
        if (!option.choices.empty() && !known) refuse();
        this->** word = std::string(text);
        return;
    }
    // Seeds are compared as integers: neighbours that double precision cannot tell apart are different seeds.
    if (const auto* integer = std::get_if<std::int64_t Options::*>(&option.field)) {
        std::int64_t number = 0;
        const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (failure != std::errc{} || end != text.data() + text.size() ||
            number < static_cast<std::int64_t>(option.low) || number > static_cast<std::int64_t>(option.high))
            refuse();
        this->** integer = number;
        return;
    }
    double number = Options::kAuto;
    const bool automatic = option.automatic && text == "auto";
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (!automatic && (failure != std::errc{} || end != text.data() + text.size())) refuse();
    if (!automatic && !(number >= option.low && number <= option.high)) refuse();
    std::visit(
        [&](auto field) {
            if constexpr (!std::is_same_v<decltype(field), std::string Options::*>) {
                using Value = std::remove_reference_t<decltype(this->*field)>;
                if (std::is_integral_v<Value> && number != std::floor(number)) refuse();
                this->*field = static_cast<Value>(number);
            }
        },
        option.field);
}

std::string Options::get(std::string_view name) const {
    return value_text(*this, find(name));
}

void Options::check() const {
    for (const Option& option : table()) {
        if (!option.block || block == option.block) continue;
        const std::string usual = value_text(Options{}, option);
        if (value_text(*this, option) != usual)
            throw base::Error(base::ErrorKind::invalid_parameter,
                              "option \"" + std::string(option.name) + "\" is one of block \"" + option.block +
                                  "\", and the block is \"" + block + "\"",
                              "Leave it out, set it to " + usual + ", or choose that block.");
    }
}

std::vector<OptionInfo> describe_options() {
    std::vector<OptionInfo> described;
    for (const Option& option : table())
        described.push_back(
            {option.name, value_text(Options{}, option), range_text(option), option.description, option.automatic});
    return described;
}

}  // namespace holomamba::model
