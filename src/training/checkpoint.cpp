#include "training/checkpoint.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/error.hpp"

namespace holomamba::training {
namespace {

// First of all bytes; to be raised when what follows changes.
constexpr std::int32_t kFormat = 3;

class Writer {
  public:
    template <typename T>
    void operator()(const T& value) {
        append(&value, sizeof value);
    }
    template <typename T>
    void operator()(const std::vector<T>& values) {
        (*this)(static_cast<std::uint64_t>(values.size()));
        append(values.data(), values.size() * sizeof(T));
    }
    void operator()(const std::string& text) { (*this)(std::vector<char>(text.begin(), text.end())); }
    std::vector<std::byte> take() { return std::move(bytes_); }

  private:
    void append(const void* from, std::size_t count) {
        const auto* first = static_cast<const std::byte*>(from);
        bytes_.insert(bytes_.end(), first, first + count);
    }
    std::vector<std::byte> bytes_;
};

class Reader {
  public:
    explicit Reader(std::span<const std::byte> bytes) : rest_(bytes) {}
    template <typename T>
    void operator()(T& value) {
        take(&value, 1, sizeof value);
    }
    void operator()(bool& value) {
        std::uint8_t byte = 0;
        (*this)(byte);
        value = byte != 0;
    }
    template <typename T>
    void operator()(std::vector<T>& values) {
        std::uint64_t count = 0;
        (*this)(count);
        if (count > rest_.size() / sizeof(T)) refuse();
        values.resize(count);
        take(values.data(), count, sizeof(T));
    }
    void operator()(std::string& text) {
        std::vector<char> characters;
        (*this)(characters);
        text.assign(characters.begin(), characters.end());
    }
    void finish() const {
        if (!rest_.empty()) refuse();
    }
    [[noreturn]] static void refuse() {
        throw base::Error(base::ErrorKind::corrupted,
                          "Its data cannot be read. Was it begun by another version of holomamba?");
    }

  private:
    void take(void* to, std::size_t count, std::size_t size) {
        if (rest_.size() < count * size) refuse();
        if (count > 0) std::memcpy(to, rest_.data(), count * size);
        rest_ = rest_.subspan(count * size);
    }
    std::span<const std::byte> rest_;
};

// An attribute's members in the order in which they are stored; for both directions.
template <typename Archive, typename SomeAttribute>
void go_through(Archive& archive, SomeAttribute& attribute) {
    archive(attribute.name);
    archive(attribute.kind);
    archive(attribute.values);
    archive(attribute.offsets);
    archive(attribute.indices);
    archive(attribute.numbers);
    archive(attribute.vectors);
}

template <typename Archive, typename SomeAttribute>
requires std::is_same_v<std::remove_const_t<SomeAttribute>, model::EventAttribute>
void go_through(Archive& archive, SomeAttribute& attribute) {
    archive(attribute.name);
    archive(attribute.numeric);
    archive(attribute.values);
}

bool within(std::int32_t value, std::int32_t first, std::size_t end) {
    return value >= first && (value < 0 || static_cast<std::size_t>(value) < end);
}

bool is_possible(const model::Attribute& attribute, std::size_t items) {
    if (attribute.kind > model::AttributeKind::vector) return false;
    if (attribute.kind == model::AttributeKind::vector) {
        if (!within(attribute.values, 0, std::size_t{model::kMostElements} + 1)) return false;
        const std::size_t width = attribute.values, places = width > 0 ? attribute.vectors.size() / width : 0;
        return attribute.vectors.size() == places * width && attribute.indices.size() == items &&
               std::ranges::all_of(attribute.indices, [&](std::int32_t i) { return within(i, -1, places); }) &&
               std::ranges::all_of(attribute.vectors, [](float x) { return std::isfinite(x); });
    }
    if (attribute.kind == model::AttributeKind::number)
        return attribute.numbers.size() == items &&
               std::none_of(attribute.numbers.begin(), attribute.numbers.end(), [](float x) { return std::isinf(x); });
    const auto& offsets = attribute.offsets;
    return within(attribute.values, 0, std::size_t{model::kMostItems} + 1) && offsets.size() == items + 1 &&
           offsets.front() == 0 && std::is_sorted(offsets.begin(), offsets.end()) &&
           static_cast<std::size_t>(offsets.back()) == attribute.indices.size() &&
           std::all_of(attribute.indices.begin(), attribute.indices.end(), [&](std::int32_t value) {
               return within(value, 0, static_cast<std::size_t>(attribute.values));
           });
}

bool is_possible(const model::EventAttribute& attribute, float value) {
    if (std::isnan(value)) return true;
    if (attribute.numeric) return std::isfinite(value);
    return value >= 0 && value < static_cast<float>(attribute.values) && value == std::floor(value);
}

}  // namespace

std::vector<std::byte> pack(const Dataset& data) {
    Writer write;
    write(kFormat);
    write(data.catalogue.items);
    write(static_cast<std::uint64_t>(data.catalogue.attributes.size()));
    for (const model::Attribute& attribute : data.catalogue.attributes) go_through(write, attribute);
    write(data.catalogue.events.timed);
    write(static_cast<std::uint64_t>(data.catalogue.events.attributes.size()));
    for (const model::EventAttribute& attribute : data.catalogue.events.attributes) go_through(write, attribute);
    write(data.starts);
    write(data.items);
    write(data.times);
    write(data.values);
    write(data.weights);
    write(data.training);
    write(data.validation);
    write(data.test);
    return write.take();
}

Dataset unpack(std::span<const std::byte> bytes) {
    Reader read(bytes);
    Dataset data;
    std::int32_t format = 0;
    read(format);
    if (format != kFormat) Reader::refuse();
    std::uint64_t attributes = 0;
    read(data.catalogue.items);
    read(attributes);
    // Nothing is made room for that the bytes cannot hold.
    if (attributes > bytes.size() / sizeof(std::uint64_t)) Reader::refuse();
    data.catalogue.attributes.resize(attributes);
    for (model::Attribute& attribute : data.catalogue.attributes) go_through(read, attribute);
    read(data.catalogue.events.timed);
    read(attributes);
    if (attributes > bytes.size() / sizeof(std::uint64_t)) Reader::refuse();
    data.catalogue.events.attributes.resize(attributes);
    for (model::EventAttribute& attribute : data.catalogue.events.attributes) go_through(read, attribute);
    std::vector<std::int64_t> starts;
    std::vector<std::int32_t> items, training, validation, test;
    std::vector<double> times;
    std::vector<float> values, weights;
    read(starts);
    read(items);
    read(times);
    read(values);
    read(weights);
    read(training);
    read(validation);
    read(test);
    read.finish();
    // Rows can be written by hand: nothing in them may lead out of the data.
    const std::size_t users = training.size();
    const auto check = [](bool possible) {
        if (!possible) Reader::refuse();
    };
    check(within(data.catalogue.items, 0, std::size_t{model::kMostItems} + 1));
    const auto catalogue_size = static_cast<std::size_t>(data.catalogue.items);
    for (const model::Attribute& attribute : data.catalogue.attributes) check(is_possible(attribute, catalogue_size));
    const std::size_t events = items.size();
    check(std::ranges::all_of(items, [&](std::int32_t item) { return within(item, 0, catalogue_size); }));
    check(times.size() == (data.catalogue.events.timed ? events : 0));
    check(std::ranges::none_of(times, [](double time) { return std::isinf(time); }));
    check(weights.empty() || weights.size() == events);
    check(std::ranges::all_of(weights, [](float weight) { return std::isfinite(weight); }));
    check(values.size() == events * attributes);
    for (std::size_t i = 0; i < values.size(); i++)
        check(is_possible(data.catalogue.events.attributes[i % attributes], values[i]));
    check(starts.size() == users + 1 && validation.size() == users && test.size() == users && starts.front() == 0 &&
          std::is_sorted(starts.begin(), starts.end()) && static_cast<std::size_t>(starts.back()) == events);
    for (std::size_t user = 0; user < users; user++) {
        const auto first = static_cast<std::size_t>(starts[user]),
                   count = static_cast<std::size_t>(starts[user + 1]) - first;
        check(within(training[user], 0, count + 1) && within(validation[user], -1, count) &&
              within(test[user], -1, count));
        const auto part = [&](const auto& all, std::size_t width) {
            return all.empty() ? std::span(all) : std::span(all).subspan(first * width, count * width);
        };
        data.add_user(part(items, 1), part(times, 1), part(values, attributes), part(weights, 1));
        data.training.back() = training[user];
        data.validation.back() = validation[user];
        data.test.back() = test[user];
    }
    return data;
}

}  // namespace holomamba::training
