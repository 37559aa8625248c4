#include "model/encoder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "base/error.hpp"

namespace holomamba::model {

Encoder::Encoder(const Options& options, const EventColumns& events, const kernels::Table& kernels,
                 Network::MakeBlock* make_block)
    : no_items_{0, {}, events},
      network_(options, no_items_, make_block),
      codec_(state_format(options.state_format), network_.state(), options.dimension, events.timed),
      kernels_(kernels),
      parameters_(network_.layout().size()),
      known_(network_.layout().parameters().size(), false) {}

void Encoder::set_parameter(std::string_view name, std::span<const float> values) {
    const auto& parameters = network_.layout().parameters();
    for (std::size_t i = 0; i < parameters.size(); i++) {
        if (parameters[i].name != name) continue;
        if (values.size() != parameters[i].size)
            throw base::Error(base::ErrorKind::corrupted, "parameter \"" + std::string(name) + "\" has the wrong size");
        std::copy(values.begin(), values.end(),
                  parameters_.begin() + static_cast<std::ptrdiff_t>(parameters[i].offset));
        known_[i] = true;
    }
}

void Encoder::set_parameters(const ParameterLayout& layout, std::span<const float> parameters) {
    for_each_parameter([&](const ParameterInfo& own) {
        for (const ParameterInfo& p : layout.parameters()) {
            if (p.name != own.name) continue;
            const auto values = parameters.subspan(p.offset, p.size);
            set_parameter(p.name, p.field == kOfItems ? values.last(own.size) : values);
        }
    });
}

void Encoder::finish() {
    const auto& parameters = network_.layout().parameters();
    for (std::size_t i = 0; i < parameters.size(); i++)
        if (!known_[i] && reads(parameters[i]))
            throw base::Error(base::ErrorKind::corrupted, "parameter \"" + parameters[i].name + "\" is missing");
    prepared_ = network_.prepare(parameters_);
    const HolographicEmbedding& embedding = network_.embedding();
    const std::vector<std::int32_t> rows{embedding.unknown_row(), embedding.start_row()};
    HolographicEmbedding::Composed composed;
    embedding.prepare(parameters_.data(), rows.size(), composed);
    embedding.compose(kernels_, parameters_.data(), rows, {}, 0, rows.size(), composed);
    unknown_.assign(composed.token.begin(), composed.token.begin() + dimension());

    const std::vector<float> nothing(codec_.shape().size() + dimension(), 0.0f);
    start_state_.resize(state_bytes());
    codec_.write(kernels_, nothing.data(), nothing.data(), kNoTime, start_state_.data());
    const TokenEvent start{composed.token.data() + dimension()};
    advance(start_state_.data(), {&start, 1});
}

void Encoder::vector(const std::byte* state, double at, float* vector) const {
    codec_.read_vector(kernels_, state, vector);
    if (!network_.timed()) return;
    Arena arena(std::size_t{1} << 12);
    const std::array starts{0, 1};
    Pass pass{.kernels = kernels_,
              .parameters = parameters_.data(),
              .gradients = nullptr,
              .starts = starts,
              .arena = arena,
              .prepared = prepared_.data()};
    float* recurrent = arena.take(codec_.shape().size());
    codec_.read(kernels_, state, recurrent);
    const double last = codec_.read_time(state), moment = std::isnan(at) ? last : at;
    Network::Kept kept;
    kept.times = &last;
    kept.memory.sums = recurrent + codec_.shape().size() - codec_.shape().width;
    std::copy_n(network_.answer(pass, vector, &moment, kept), dimension(), vector);
}

void Encoder::advance(std::span<const UserEvents> users, Workspace& workspace) const {
    // So many events at a time that the weights are read once for all of them and the activations stay in the cache.
    constexpr std::size_t kPiece = 64;
    const std::size_t d = dimension(), recurrent = codec_.shape().size();
    Arena& arena = workspace.arena;
    std::size_t user = 0, done = 0;  // events of users[user] that have been dealt with
    while (user < users.size()) {
        const Arena::Mark mark = arena.mark();
        std::vector<TokenEvent>& events = workspace.events;
        events.clear();
        workspace.starts.assign(1, 0);
        workspace.users.clear();
        while (user < users.size() && events.size() < kPiece) {
            const auto left = users[user].events.subspan(done);
            const std::size_t taken = std::min(kPiece - events.size(), left.size());
            for (const TokenEvent& event : left.first(taken))
                events.push_back(event.with(event.item ? event.item : unknown_.data()));
            if (taken > 0) {
                workspace.users.push_back(user);
                workspace.starts.push_back(static_cast<int>(events.size()));
            }
            done += taken;
            if (taken == left.size()) {
                user++;
                done = 0;
            }
        }
        if (!events.empty()) {
            const std::size_t sequences = workspace.users.size();
            float* states = arena.take(sequences * recurrent);
            workspace.times.resize(sequences);
            for (std::size_t s = 0; s < sequences; s++) {
                codec_.read(kernels_, users[workspace.users[s]].state, states + s * recurrent);
                workspace.times[s] = codec_.read_time(users[workspace.users[s]].state);
            }
            const float* encoded = encode(states, workspace);
            for (std::size_t s = 0; s < sequences; s++)
                codec_.write(kernels_, states + s * recurrent, encoded + (workspace.starts[s + 1] - 1) * d,
                             workspace.times[s], users[workspace.users[s]].state);
        }
        arena.release(mark);
    }
}

const float* Encoder::encode(float* states, Workspace& workspace) const {
    Pass pass{.kernels = kernels_,
              .parameters = parameters_.data(),
              .gradients = nullptr,
              .starts = workspace.starts,
              .arena = workspace.arena,
              .states = states,
              .state_stride = codec_.shape().size(),
              .last_times = workspace.times.data(),
              .prepared = prepared_.data(),
              .format = codec_.format(),
              .state_width = codec_.shape().width};
    const float* encoded = network_.encode(pass, workspace.events, workspace.kept);
    // After every event and not only the last, so that a batch is refused where one by one its events would be.
    const std::size_t size = static_cast<std::size_t>(pass.tokens()) * dimension();
    if (!std::isfinite(kernels_.inner_product(size, encoded, encoded)))
        for (std::size_t i = 0; i < size; i++)
            if (!std::isfinite(encoded[i]))
                throw base::Error(base::ErrorKind::out_of_range, "the state is no longer finite");
    return encoded;
}

}  // namespace holomamba::model
