#include "training/evaluation.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "ranking/top_k.hpp"
#include "training/packing.hpp"

namespace holomamba {
namespace {

int held_place(const Dataset& data, int user, Held held) {
    return held == Held::validation ? data.validation[user] : data.test[user];
}

// One thread's share of the result.
struct Tally {
    Metrics metrics;
    std::vector<char> recommended;

    // `scores` of all items for a user whose events before `place` are seen; scores of seen items are overwritten, or raised by
    // `repeat`.
    void add(const Dataset& data, int user, int place, std::span<float> scores, float repeat, const EvaluationOptions& how) {
        const auto history = data.history(user);
        const std::int32_t target = history[place];
        constexpr float kOut = -std::numeric_limits<float>::infinity();
        data.for_each_seen(user, place, [&](std::int32_t item) { scores[item] = how.exclude_seen ? kOut : scores[item] + repeat; });
        const float score = scores[target];
        // Ties count against the model; a target that is itself excluded cannot be found.
        const auto rank = score == kOut ? std::numeric_limits<std::int64_t>::max()
                                        : std::count_if(scores.begin(), scores.end(), [&](float s) { return s >= score; });
        metrics.add(rank, how.k);
        for (const std::int32_t item : top_k(scores, how.k))
            if (scores[item] != kOut) recommended[item] = 1;
    }
};

Evaluation merge(const std::vector<Tally>& tallies) {
    Evaluation result;
    std::vector<char> recommended(tallies[0].recommended.size(), 0);
    for (const Tally& tally : tallies) {
        result.metrics.add(tally.metrics);
        for (std::size_t i = 0; i < recommended.size(); i++) recommended[i] |= tally.recommended[i];
    }
    const auto count = std::accumulate(recommended.begin(), recommended.end(), 0.0);
    result.coverage = recommended.empty() ? 0 : count / static_cast<double>(recommended.size());
    return result;
}

}  // namespace

Evaluation evaluate_model(const Network& network, std::span<const float> parameters, const Options& options,
                          const Dataset& data, Held held, const EvaluationOptions& how, const StopCheck& check) {
    const KernelTable& k = kernels();
    const int d = network.dimension(), items = network.items();
    const HolographicEmbedding& embedding = network.embedding();
    std::vector<std::int32_t> rows(embedding.rows());
    std::iota(rows.begin(), rows.end(), 0);
    HolographicEmbedding::Composed composed;
    embedding.prepare(parameters.data(), rows.size(), composed);
    embedding.compose(k, parameters.data(), rows, {}, 0, rows.size(), composed);
    const float* table = network.tied() ? composed.raw.data() : parameters.data() + network.head_table();
    const float* bias = network.tied() ? parameters.data() + network.head_bias() : nullptr;

    const float repeat = network.learns_repeats() ? parameters[network.head_repeat()] : 0;

    std::vector<Window> windows;
    for (int user = 0; user < data.users(); user++) {
        const int place = held_place(data, user, held);
        if (place < 0) continue;
        const int first = options.windows == "last" ? std::max(0, place - options.max_history) : 0;
        windows.push_back({user, first, place});
    }
    const auto pieces = cut_into_pieces(windows, kPieceTokens, [](const Window& window) { return window.length() + 1; });
    const auto hands = deal(pieces, how.threads);
    std::vector<Tally> tallies(how.threads, {{}, std::vector<char>(items, 0)});
    Stop stop(check);
    run_threads(how.threads, [&](int thread) {
        Arena arena;
        Network::Kept kept;
        // Users wait until there are enough of them for a proper matrix product with the catalogue.
        constexpr std::size_t kUsers = 64;
        std::vector<Window> waiting;
        std::vector<float> vectors, scores(kUsers * items);
        const auto score = [&] {
            const int users = static_cast<int>(waiting.size());
            k.multiply_bt(users, items, d, vectors.data(), table, scores.data(), false);
            if (bias) k.add_bias(users, items, bias, scores.data());
            for (int u = 0; u < users; u++)
                tallies[thread].add(data, waiting[u].user, waiting[u].last,
                                    std::span(scores).subspan(static_cast<std::size_t>(u) * items, items), repeat, how);
            waiting.clear();
            vectors.clear();
        };
        for (const std::size_t index : hands[thread]) {
            stop.poll(thread);
            const Piece& piece = pieces[index];
            const Arena::Mark mark = arena.mark();
            std::vector<int> starts{0};
            float* tokens = arena.take(static_cast<std::size_t>(piece.tokens) * d);
            float* next = tokens;
            const auto append = [&](int row) {
                next = std::copy_n(composed.token.data() + static_cast<std::size_t>(row) * d, d, next);
            };
            for (std::size_t r = piece.first; r < piece.last; r++) {
                const auto history = data.history(windows[r].user);
                append(embedding.start_row());
                for (int i = windows[r].first; i < windows[r].last; i++) append(history[i]);
                starts.push_back(starts.back() + windows[r].length() + 1);
            }
            Pass pass{k, parameters.data(), nullptr, starts, arena};
            const float* encoded = network.encode(pass, tokens, kept);
            for (int s = 0; s < pass.sequences(); s++) {
                const float* last = encoded + static_cast<std::size_t>(starts[s + 1] - 1) * d;
                vectors.insert(vectors.end(), last, last + d);
                waiting.push_back(windows[piece.first + s]);
                if (waiting.size() == kUsers) score();
            }
            arena.release(mark);
        }
        if (!waiting.empty()) score();
    });
    return merge(tallies);
}

Evaluation evaluate_popularity(const Dataset& data, Held held, const EvaluationOptions& how, const StopCheck& check) {
    std::vector<float> counts(data.catalogue.items, 0.0f);
    for (int user = 0; user < data.users(); user++)
        for (int i = 0; i < data.training[user]; i++) counts[data.history(user)[i]] += 1;
    std::vector<Tally> tallies(1, {{}, std::vector<char>(counts.size(), 0)});
    Stop stop(check);
    std::vector<float> scores;
    for (int user = 0; user < data.users(); user++) {
        if (user % 64 == 0) stop.poll(0);
        const int place = held_place(data, user, held);
        if (place < 0) continue;
        scores = counts;
        tallies[0].add(data, user, place, scores, 0, how);
    }
    return merge(tallies);
}

}  // namespace holomamba
