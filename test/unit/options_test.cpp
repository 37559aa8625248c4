#include "model/options.hpp"

#include <gtest/gtest.h>

#include <map>

#include "base/error.hpp"

namespace holomamba::model {
namespace {

std::string hint_of(const char* name, const char* value) {
    try {
        Options().set(name, value);
    } catch (const base::Error& error) {
        EXPECT_EQ(error.kind(), base::ErrorKind::invalid_parameter);
        return error.hint();
    }
    return "no error";
}

TEST(Options, SetAndGet) {
    Options options;
    options.set("dimension", "96");
    options.set("dropout", "0.25");
    options.set("head", "untied");
    options.set("seed", "9007199254740992");
    EXPECT_EQ(options.dimension, 96);
    EXPECT_EQ(options.get("dropout"), "0.25");
    EXPECT_EQ(options.get("head"), "untied");
    EXPECT_EQ(options.get("seed"), "9007199254740992");
    EXPECT_EQ(options.seed, 9007199254740992);
}

TEST(Options, RefuseWithAHint) {
    EXPECT_NE(hint_of("dimensions", "64").find("\"dimension\""), std::string::npos);
    EXPECT_NE(hint_of("lerning_rate", "1").find("\"learning_rate\""), std::string::npos);
    EXPECT_EQ(hint_of("dimension", "4"), "Allowed: 8 .. 999.");
    EXPECT_EQ(hint_of("dimension", "64.5"), "Allowed: 8 .. 999.");
    EXPECT_EQ(hint_of("dimension", "64x"), "Allowed: 8 .. 999.");
    EXPECT_EQ(hint_of("dimension", ""), "Allowed: 8 .. 999.");
    EXPECT_EQ(hint_of("item_dropout", "nan"), "Allowed: 0 .. 0.9.");
    EXPECT_EQ(hint_of("dropout", "-1"), "Allowed: auto | 0 .. 0.9.");
    EXPECT_EQ(hint_of("item_dropout", "auto"), "Allowed: 0 .. 0.9.");
    EXPECT_EQ(hint_of("head", "both"), "Allowed: tied | untied.");
}

// An option that the block does not have may be left at its default, so that all options of a version can be given again.
TEST(Options, OfAnotherBlockAreRefused) {
    const auto message = [](const char* block, const char* name, const char* value) -> std::string {
        Options options;
        options.set(name, value);
        options.set("block", block);
        try {
            options.check();
        } catch (const base::Error& error) {
            EXPECT_EQ(error.kind(), base::ErrorKind::invalid_parameter);
            return std::string(error.what()) + ". " + error.hint();
        }
        return "";
    };
    EXPECT_EQ(message("mamba", "attention_span", "50"),
              "option \"attention_span\" is one of block \"attention\", and the block is \"mamba\". "
              "Leave it out, set it to 200, or choose that block.");
    for (const auto& [name, owner] : std::map<const char*, std::string>{{"state_size", "mamba"},
                                                                        {"conv_width", "mamba"},
                                                                        {"attention_heads", "attention"},
                                                                        {"attention_span", "attention"}})
        for (const char* block : {"mamba", "gru", "attention"}) {
            EXPECT_EQ(message(block, name, "9").empty(), block == owner) << name << " of " << block;
            EXPECT_EQ(message(block, name, Options().get(name).c_str()), "") << name << " of " << block;
        }
    EXPECT_EQ(message("gru", "dimension", "32"), "");
}

TEST(Options, EveryDefaultIsAllowed) {
    for (const OptionInfo& option : describe_options()) {
        Options options;
        EXPECT_NO_THROW(options.set(option.name, option.default_text)) << option.name;
        EXPECT_EQ(options.get(option.name), option.default_text);
        EXPECT_FALSE(option.description.empty());
    }
}

}  // namespace
}  // namespace holomamba::model
