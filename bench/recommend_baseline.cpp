// What a batch of recommendations costs at the least: a product of users and items by Eigen, tile by tile, and the top k of
// each user's scores by a heap. No events, no filters, no server.
//
//   recommend_baseline USERS ITEMS WIDTH K THREADS: seconds, best of three
#include <Eigen/Core>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <queue>
#include <random>
#include <thread>
#include <vector>

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Scored = std::pair<float, int>;
using Heap = std::priority_queue<Scored, std::vector<Scored>, std::greater<>>;

static void rank(const Matrix& users, const Matrix& items, long first, long last, std::size_t k, double* checksum) {
    constexpr long kUsers = 64, kTile = 1024;
    Matrix scores;
    for (long block = first; block < last; block += kUsers) {
        const long count = std::min(kUsers, last - block);
        std::vector<Heap> best(static_cast<std::size_t>(count));
        for (long tile = 0; tile < items.rows(); tile += kTile) {
            const long wide = std::min(kTile, items.rows() - tile);
            scores.noalias() = users.middleRows(block, count) * items.middleRows(tile, wide).transpose();
            for (long u = 0; u < count; u++)
                for (long i = 0; i < wide; i++) {
                    Heap& heap = best[static_cast<std::size_t>(u)];
                    if (heap.size() == k && scores(u, i) <= heap.top().first) continue;
                    heap.push({scores(u, i), static_cast<int>(tile + i)});
                    if (heap.size() > k) heap.pop();
                }
        }
        for (const Heap& heap : best) *checksum += heap.top().first;
    }
}

int main(int, char** arguments) {
    const long user_count = std::atol(arguments[1]), item_count = std::atol(arguments[2]),
               width = std::atol(arguments[3]);
    const auto k = static_cast<std::size_t>(std::atol(arguments[4]));
    const int threads = std::atoi(arguments[5]);
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    Matrix users(user_count, width), items(item_count, width);
    for (Matrix* matrix : {&users, &items})
        for (long i = 0; i < matrix->size(); i++) matrix->data()[i] = normal(random);
    double best = 1e9, checksum = 0;
    for (int run = 0; run < 3; run++) {
        std::vector<double> sums(static_cast<std::size_t>(threads));
        const auto start = std::chrono::steady_clock::now();
        std::vector<std::thread> others;
        for (int t = 0; t < threads; t++)
            others.emplace_back(rank, std::cref(users), std::cref(items), user_count * t / threads,
                                user_count * (t + 1) / threads, k, &sums[static_cast<std::size_t>(t)]);
        for (std::thread& other : others) other.join();
        best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        checksum += sums[0];
    }
    std::fprintf(stderr, "checksum %g\n", checksum);
    std::printf("%.3f\n", best);
}
