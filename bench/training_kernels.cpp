// The kernels of training beside what limits them, on all threads at once: bench/training_kernels.sh builds and runs it.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <Eigen/Core>

#include "kernels/kernels.hpp"

namespace {

using namespace holomamba;
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

// All cases in turns, `rounds` times; the time of a round is that of the last thread to end.
void measure(std::vector<Case>& cases) {
    std::atomic<int> arrived{0};
    std::atomic<std::size_t> turn{0};
    const std::size_t turns = cases.size() * (rounds + 1);
    std::vector<double> last(threads);
    const auto run = [&](int thread) {
        for (std::size_t t = 0; t < turns; t++) {
            arrived++;
            while (arrived < static_cast<int>(threads * (2 * t + 1))) std::this_thread::yield();
            const auto start = std::chrono::steady_clock::now();
            cases[t % cases.size()].body(thread);
            last[thread] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            arrived++;
            while (arrived < static_cast<int>(threads * (2 * t + 2))) std::this_thread::yield();
            if (thread == 0 && t >= cases.size())
                cases[t % cases.size()].seconds.push_back(*std::max_element(last.begin(), last.end()));
            // Nobody writes `last` before thread 0 has read it: it arrives at the next turn after that.
        }
    };
    std::vector<std::thread> others;
    for (int i = 1; i < threads; i++) others.emplace_back(run, i);
    run(0);
    for (std::thread& other : others) other.join();
}

double best(const Case& c) { return *std::min_element(c.seconds.begin(), c.seconds.end()); }

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
    const KernelTable& k = kernels();
    const int t = tokens, o = outputs, n = inputs;
    cases.push_back({[=, &k](int i) {
                         if (product == kForward) k.multiply_bt(t, o, n, x[i], w[i], y[i], false);
                         if (product == kInputs) k.multiply(t, n, o, y[i], w[i], x[i], false);
                         if (product == kWeights) k.multiply_at(o, n, t, y[i], x[i], w[i], false);
                     },
                     {}});
    cases.push_back({[=](int i) {
                         if (product == kForward) Output(y[i], t, o).noalias() = Input(x[i], t, n) * Input(w[i], o, n).transpose();
                         if (product == kInputs) Output(x[i], t, n).noalias() = Input(y[i], t, o) * Input(w[i], o, n);
                         if (product == kWeights) Output(w[i], o, n).noalias() = Input(y[i], t, o).transpose() * Input(x[i], t, n);
                     },
                     {}});
}

void dense(const char* title, int tokens, const std::vector<std::pair<const char*, std::pair<int, int>>>& layers) {
    std::printf("\n%s, %d tokens a thread. GFLOP/s of all %d threads, ours / Eigen:\n\n", title, tokens, threads);
    std::printf("| layer | outputs x inputs | forward | to inputs | to weights | slowest ratio |\n| --- | --- | --- | --- | --- | --- |\n");
    for (const auto& [name, shape] : layers) {
        std::vector<Case> cases;
        std::vector<std::shared_ptr<std::vector<float>>> keep;
        for (const Product product : {kForward, kInputs, kWeights}) dense_case(tokens, shape.first, shape.second, product, cases, keep);
        measure(cases);
        const double work = 2e-9 * tokens * shape.first * shape.second * threads;
        std::printf("| %s | %d x %d |", name, shape.first, shape.second);
        double worst = 1e9;
        for (int p = 0; p < 3; p++) {
            std::printf(" %.1f / %.1f |", work / best(cases[2 * p]), work / best(cases[2 * p + 1]));
            worst = std::min(worst, best(cases[2 * p + 1]) / best(cases[2 * p]));
        }
        std::printf(" %.2f |\n", worst);
        std::fflush(stdout);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1) threads = std::atoi(argv[1]);
    if (argc > 2) rounds = std::atoi(argv[2]);
    dense("The default model (dimension 64, expand 2, feed_forward 4)", 512,
          {{"in_projection", {256, 64}}, {"x_projection", {6, 128}}, {"delta_projection", {128, 4}}, {"out_projection", {64, 128}},
           {"feed_forward up", {256, 64}}, {"feed_forward down", {64, 256}}});
    dense("The paper's variant (dimension 96, expand 2, state 16)", 512,
          {{"in_projection", {384, 96}}, {"x_projection", {38, 192}}, {"delta_projection", {192, 6}}, {"out_projection", {96, 192}}});
    return 0;
}
