// The kernels of training beside what limits them, on all threads at once: bench/training_kernels.sh builds and runs it.
#include <algorithm>
#include <barrier>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <Eigen/Core>

#include "kernels/kernels.hpp"
#include "kernels/lanes.hpp"
#include "training/cross_entropy.hpp"

namespace {

using namespace holomamba;
using namespace kernels;
using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Input = Eigen::Map<const RowMajor>;
using Output = Eigen::Map<RowMajor>;

int threads = 2, rounds = 60;

std::vector<float> random_floats(std::size_t n) {
    static std::mt19937 random(1);
    std::normal_distribution<float> normal(0, 0.3f);
    std::vector<float> x(n);
    for (float& v : x) v = normal(random);
    return x;
}

// What is timed: body(thread) on every thread at once.
struct Case {
    std::function<void(int)> body;
    std::vector<double> seconds;
};

// Processor time of this thread: what other programs take is not ours.
double thread_seconds() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// All cases in turns, `rounds` times after one that is not counted; the time of a round is that of the slowest thread.
void measure(std::vector<Case>& cases) {
    std::barrier barrier(threads);
    std::vector<double> taken(threads);
    const auto run = [&](int thread) {
        for (int round = 0; round <= rounds; round++)
            for (Case& c : cases) {
                barrier.arrive_and_wait();
                const double start = thread_seconds();
                c.body(thread);
                taken[thread] = thread_seconds() - start;
                barrier.arrive_and_wait();
                if (thread == 0 && round > 0) c.seconds.push_back(*std::max_element(taken.begin(), taken.end()));
            }
    };
    std::vector<std::thread> others;
    for (int i = 1; i < threads; i++) others.emplace_back(run, i);
    run(0);
    for (std::thread& other : others) other.join();
}

double median(Case& c) {
    std::nth_element(c.seconds.begin(), c.seconds.begin() + c.seconds.size() / 2, c.seconds.end());
    return c.seconds[c.seconds.size() / 2];
}

enum Product { kForward, kInputs, kWeights };

// One product of a dense layer [outputs x inputs] on `tokens` tokens of each thread: ours, then Eigen's.
void dense_case(int tokens, int outputs, int inputs, Product product, std::vector<Case>& cases,
                std::vector<std::shared_ptr<std::vector<float>>>& keep) {
    const auto make = [&](std::size_t n) {
        keep.push_back(std::make_shared<std::vector<float>>(random_floats(n)));
        return keep.back()->data();
    };
    std::vector<float*> x, y, w;
    for (int i = 0; i < threads; i++) {
        x.push_back(make(static_cast<std::size_t>(tokens) * inputs));
        y.push_back(make(static_cast<std::size_t>(tokens) * outputs));
        w.push_back(make(static_cast<std::size_t>(outputs) * inputs));
    }
    const kernels::Table& k = kernels::table();
    const int t = tokens, o = outputs, n = inputs;
    cases.push_back({[=, &k](int i) {
                         if (product == kForward) k.multiply_bt(t, o, n, x[i], w[i], y[i], false);
                         if (product == kInputs) k.multiply(t, n, o, y[i], w[i], x[i], false);
                         if (product == kWeights) k.multiply_at(o, n, t, y[i], x[i], w[i], false);
                     },
                     {}});
    cases.push_back({[=](int i) {
                         if (product == kForward)
                             Output(y[i], t, o).noalias() = Input(x[i], t, n) * Input(w[i], o, n).transpose();
                         if (product == kInputs) Output(x[i], t, n).noalias() = Input(y[i], t, o) * Input(w[i], o, n);
                         if (product == kWeights)
                             Output(w[i], o, n).noalias() = Input(y[i], t, o).transpose() * Input(x[i], t, n);
                     },
                     {}});
}

void dense(const char* title, int tokens, const std::vector<std::pair<const char*, std::pair<int, int>>>& layers) {
    std::printf("\n%s, %d tokens a thread. GFLOP/s of all %d threads, ours / Eigen:\n\n", title, tokens, threads);
    std::printf(
        "| layer | outputs x inputs | forward | to inputs | to weights | slowest ratio |\n| --- | --- | --- | --- | "
        "--- | --- |\n");
    for (const auto& [name, shape] : layers) {
        std::vector<Case> cases;
        std::vector<std::shared_ptr<std::vector<float>>> keep;
        for (const Product product : {kForward, kInputs, kWeights})
            dense_case(tokens, shape.first, shape.second, product, cases, keep);
        measure(cases);
        const double work = 2e-9 * tokens * shape.first * shape.second * threads;
        std::printf("| %s | %d x %d |", name, shape.first, shape.second);
        double worst = 1e9;
        for (int p = 0; p < 3; p++) {
            std::printf(" %.1f / %.1f |", work / median(cases[2 * p]), work / median(cases[2 * p + 1]));
            worst = std::min(worst, median(cases[2 * p + 1]) / median(cases[2 * p]));
        }
        std::printf(" %.2f |\n", worst);
        std::fflush(stdout);
    }
}

// The loss of 512 tokens and its gradients beside the three products that it cannot do without.
void head(const std::vector<std::pair<int, int>>& catalogues) {
    const int tokens = 512;
    std::printf(
        "\nThe softmax over the whole catalogue, %d tokens a thread. GFLOP/s of the three products, all %d "
        "threads:\n\n",
        tokens, threads);
    std::printf(
        "| items x dimension | loss and gradients | bare products, Eigen | share |\n| --- | --- | --- | --- |\n");
    for (const auto& [items, d] : catalogues) {
        struct Part {
            std::vector<float> x, table, bias, scores, dx, dtable, dbias;
            training::Targets targets;
            training::CrossEntropy cross_entropy;
        };
        std::vector<Part> parts(threads);
        for (Part& p : parts) {
            p.x = random_floats(static_cast<std::size_t>(tokens) * d);
            p.table = random_floats(static_cast<std::size_t>(items) * d);
            p.bias = random_floats(items);
            p.dx.resize(p.x.size());
            p.dtable.resize(p.table.size());
            p.dbias.resize(items);
            p.scores = random_floats(static_cast<std::size_t>(tokens) * items / 4);
            for (int t = 0; t < tokens; t++) {
                p.targets.targets.push_back({t * 7919 % items, 1, false});
                p.targets.end_token();
            }
        }
        std::vector<Case> cases;
        cases.push_back({[&, d = d, items = items](int i) {
                             Part& p = parts[i];
                             p.cross_entropy.add(kernels::table(), tokens, d, items, p.x.data(), p.targets, {},
                                                 {parts[0].table.data(), p.bias.data(), 0}, 1e-3f, p.dx.data(),
                                                 {p.dtable.data(), p.dbias.data(), nullptr});
                         },
                         {}});
        cases.push_back({[&, d = d, items = items](int i) {
                             Part& p = parts[i];
                             const int tile = tokens / 4;
                             for (int first = 0; first < tokens; first += tile) {
                                 const Input x(p.x.data() + first * d, tile, d), table(parts[0].table.data(), items, d);
                                 Output scores(p.scores.data(), tile, items);
                                 scores.noalias() = x * table.transpose();
                                 Output(p.dx.data() + first * d, tile, d).noalias() = scores * table;
                                 Output(p.dtable.data(), items, d).noalias() += scores.transpose() * x;
                             }
                         },
                         {}});
        measure(cases);
        const double work = 6e-9 * tokens * items * d * threads;
        std::printf("| %d x %d | %.1f | %.1f | %.0f %% |\n", items, d, work / median(cases[0]), work / median(cases[1]),
                    100 * median(cases[1]) / median(cases[0]));
        std::fflush(stdout);
    }
}

// The selective scan of one sequence beside what it cannot do without: an exponential for each token, channel and state,
// each element of its inputs read once and of its outputs written once; backward, the states of all tokens as well, written
// on the way forward and read on the way back. Nothing is computed with them: that would be free, were the rest perfect.
struct ScanShape {
    int channels, state, tokens;
};

void scan(const std::vector<ScanShape>& shapes) {
    std::printf("\nThe selective scan, ns a token, all %d threads:\n\n", threads);
    std::printf(
        "| channels x state, events | forward | bound | ratio | backward | bound | ratio |\n| --- | --- | --- | --- | "
        "--- | --- | --- |\n");
    for (const auto& [e, n, tokens] : shapes) {
        const std::size_t size = static_cast<std::size_t>(tokens) * e, states = static_cast<std::size_t>(n) * e;
        struct Part {
            std::vector<float> x, delta, a, bc, skip, h, y, dy, dx, ddelta, da, dbc, dskip, scratch, kept;
        };
        std::vector<Part> parts(threads);
        for (Part& p : parts) {
            p.x = random_floats(size), p.delta = random_floats(size), p.a = random_floats(states),
            p.bc = random_floats(2 * tokens * n);
            p.skip = random_floats(e), p.dy = random_floats(size);
            for (float& v : p.delta) v = std::abs(v);
            for (float& v : p.a) v = -std::abs(v) - 0.1f;
            for (auto* v : {&p.y, &p.dx, &p.ddelta}) v->resize(size);
            p.h.resize(states), p.da.resize(states), p.dbc.resize(p.bc.size()), p.dskip.resize(e);
            p.scratch.resize(scan_scratch(tokens, n)), p.kept.resize(static_cast<std::size_t>(tokens) * n * kLanes);
        }
        std::vector<Case> cases;
        cases.push_back({[&, e = e, n = n, tokens = tokens](int i) {
                             Part& p = parts[i];
                             std::fill(p.h.begin(), p.h.end(), 0.0f);
                             kernels::table().selective_scan(tokens, e, n, p.x.data(), p.delta.data(), p.a.data(),
                                                             p.bc.data(), p.bc.data() + n, 2 * n, p.skip.data(),
                                                             p.h.data(), p.y.data());
                         },
                         {}});
        cases.push_back({[&, e = e, n = n, tokens = tokens](int i) {
                             Part& p = parts[i];
                             for (int c = 0; c < e; c += kLanes)
                                 for (int t = 0; t < tokens; t++) {
                                     const std::size_t at = static_cast<std::size_t>(t) * e + c;
                                     const Lanes delta = load(p.delta.data() + at, Full{});
                                     Lanes total = load(p.x.data() + at, Full{});
                                     for (int s = 0; s < n; s++)
                                         total += exponential(delta * load(p.a.data() + s * e + c, Full{}));
                                     store(p.y.data() + at, total, Full{});
                                 }
                         },
                         {}});
        cases.push_back({[&, e = e, n = n, tokens = tokens](int i) {
                             Part& p = parts[i];
                             kernels::table().selective_scan_backward(
                                 tokens, e, n, p.x.data(), p.delta.data(), p.a.data(), p.bc.data(), p.bc.data() + n,
                                 2 * n, p.skip.data(), p.dy.data(), p.dx.data(), p.ddelta.data(), p.da.data(),
                                 p.dbc.data(), p.dbc.data() + n, p.dskip.data(), p.scratch.data());
                         },
                         {}});
        cases.push_back(
            {[&, e = e, n = n, tokens = tokens](int i) {
                 Part& p = parts[i];
                 for (int c = 0; c < e; c += kLanes) {
                     for (int t = 0; t < tokens; t++) {
                         const std::size_t at = static_cast<std::size_t>(t) * e + c;
                         const Lanes delta = load(p.delta.data() + at, Full{}), x = load(p.x.data() + at, Full{});
                         for (int s = 0; s < n; s++)
                             store(p.kept.data() + (static_cast<std::size_t>(t) * n + s) * kLanes,
                                   x + exponential(delta * load(p.a.data() + s * e + c, Full{})), Full{});
                     }
                     for (int t = tokens - 1; t >= 0; t--) {
                         const std::size_t at = static_cast<std::size_t>(t) * e + c;
                         Lanes total = load(p.dy.data() + at, Full{}) + load(p.x.data() + at, Full{}) +
                                       load(p.delta.data() + at, Full{});
                         for (int s = 0; s < n; s++)
                             total += load(p.kept.data() + (static_cast<std::size_t>(t) * n + s) * kLanes, Full{});
                         store(p.dx.data() + at, total, Full{});
                         store(p.ddelta.data() + at, total, Full{});
                     }
                 }
             },
             {}});
        measure(cases);
        double ns[4];
        for (int c = 0; c < 4; c++) ns[c] = 1e9 * median(cases[c]) / tokens;
        std::printf("| %d x %d, %d | %.0f | %.0f | %.2f | %.0f | %.0f | %.2f |\n", e, n, tokens, ns[0], ns[1],
                    ns[0] / ns[1], ns[2], ns[3], ns[2] / ns[3]);
        std::fflush(stdout);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1) threads = std::atoi(argv[1]);
    if (argc > 2) rounds = std::atoi(argv[2]);
    dense("The default model (dimension 64, expand 2, feed_forward 4)", 512,
          {{"in_projection", {256, 64}},
           {"x_projection", {6, 128}},
           {"delta_projection", {128, 4}},
           {"out_projection", {64, 128}},
           {"feed_forward up", {256, 64}},
           {"feed_forward down", {64, 256}}});
    dense("The paper's variant (dimension 96, expand 2, state 16)", 512,
          {{"in_projection", {384, 96}},
           {"x_projection", {38, 192}},
           {"delta_projection", {192, 6}},
           {"out_projection", {96, 192}}});
    head({{3416, 64}, {12101, 64}, {12101, 96}});
    scan({{128, 1, 200}, {128, 4, 200}, {192, 16, 50}, {192, 16, 9}});
    return 0;
}
