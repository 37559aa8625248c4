// Beside bench/index.sh: vectors like trained ones, and the bare scan that the index is measured against.
//
//   index_scan make VECTORS N OUT    for COPY BINARY, N vectors made of the trained ones in the file VECTORS (lines of
//                                    [x,...]); N = 0: those themselves
//   index_scan scan OUT QUERIES      median and 95th percentile of an exact top 10, milliseconds
//
// make: each vector is a trained one moved towards noise that has the covariance of all, x' = m + sqrt(1 - a^2) (x - m)
// + a z with a = 0.5, and brought back to the length of x: lengths and spectrum stay those of the trained vectors.
// scan: int8 copies with a scale for each vector, packed in one array, in one process; the 50 best by them are scored
// again with the float4 vectors. Compile with -march=native.
#include <Eigen/Dense>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>
#ifdef __AVX512VNNI__
#include <immintrin.h>
#endif

namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
constexpr double kNoise = 0.5;

Matrix read_vectors(const char* path) {
    std::ifstream file(path);
    std::vector<float> elements;
    long rows = 0;
    for (std::string line; std::getline(file, line); rows++) {
        for (char& c : line)
            if (c == '[' || c == ']' || c == '{' || c == '}' || c == ',') c = ' ';
        std::istringstream numbers(line);
        for (float x; numbers >> x;) elements.push_back(x);
    }
    return Eigen::Map<Matrix>(elements.data(), rows, static_cast<long>(elements.size()) / rows);
}

template <typename Integer>
void put(std::vector<char>& out, Integer value) {
    for (int shift = 8 * (sizeof value - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

int make(const char* from, long count, const char* to) {
    const Matrix trained = read_vectors(from);
    const long dims = trained.cols();
    const Eigen::RowVectorXf mean = trained.colwise().mean();
    const Matrix centred = trained.rowwise() - mean;
    const Eigen::MatrixXf covariance = centred.transpose() * centred / static_cast<float>(trained.rows()) +
                                       1e-9f * Eigen::MatrixXf::Identity(dims, dims);
    const Eigen::MatrixXf root = covariance.llt().matrixL();
    std::mt19937_64 random(1);
    std::normal_distribution<float> normal;
    std::ofstream file(to, std::ios::binary);
    std::vector<char> out;
    const char signature[] = "PGCOPY\n\377\r\n";
    out.insert(out.end(), signature, signature + sizeof signature);
    put(out, std::uint64_t{0});
    Eigen::VectorXf z(dims);
    const bool own = count == 0;
    if (own) count = trained.rows();
    for (long i = 0; i < count; i++) {
        const auto original = own ? i : static_cast<long>(random() % static_cast<std::uint64_t>(trained.rows()));
        for (long j = 0; j < dims; j++) z[j] = normal(random);
        Eigen::RowVectorXf x = mean + static_cast<float>(std::sqrt(1 - kNoise * kNoise)) * centred.row(original) +
                               static_cast<float>(kNoise) * (root * z).transpose();
        x *= trained.row(original).norm() / x.norm();
        if (own) x = trained.row(i);
        put(out, std::uint16_t{2});
        put(out, std::uint32_t{4});
        put(out, static_cast<std::uint32_t>(i + 1));
        put(out, static_cast<std::uint32_t>(4 + 4 * dims));
        put(out, static_cast<std::uint16_t>(dims));
        put(out, std::uint16_t{0});
        for (long j = 0; j < dims; j++) {
            std::uint32_t bits;
            std::memcpy(&bits, &x[j], sizeof bits);
            put(out, bits);
        }
        if (out.size() > 1 << 20 || i + 1 == count) {
            if (i + 1 == count) put(out, std::uint16_t{0xffff});
            file.write(out.data(), static_cast<std::streamsize>(out.size()));
            out.clear();
        }
    }
    return file ? 0 : 1;
}

Matrix read_copy(const char* path) {
    std::ifstream file(path, std::ios::binary);
    file.seekg(19);
    std::vector<float> elements;
    std::vector<unsigned char> row(18);
    long dims = 0;
    while (file.read(reinterpret_cast<char*>(row.data()), 18) || file.gcount() > 2) {
        dims = row[14] << 8 | row[15];
        std::vector<unsigned char> x(static_cast<std::size_t>(4 * dims));
        file.read(reinterpret_cast<char*>(x.data()), 4 * dims);
        for (long j = 0; j < dims; j++) {
            const std::uint32_t bits =
                static_cast<std::uint32_t>(x[4 * j]) << 24 | x[4 * j + 1] << 16 | x[4 * j + 2] << 8 | x[4 * j + 3];
            float element;
            std::memcpy(&element, &bits, sizeof element);
            elements.push_back(element);
        }
    }
    return Eigen::Map<Matrix>(elements.data(), static_cast<long>(elements.size()) / dims, dims);
}

// Of unsigned codes, 128 too high, and a signed query.
std::int32_t product(long dims, const std::uint8_t* codes, const std::int8_t* query) {
#ifdef __AVX512VNNI__
    __m512i sums = _mm512_setzero_si512();
    for (long j = 0; j < dims; j += 64) {
        const __mmask64 mask = dims - j >= 64 ? ~0ull : (1ull << (dims - j)) - 1;
        sums = _mm512_dpbusd_epi32(sums, _mm512_maskz_loadu_epi8(mask, codes + j),
                                   _mm512_maskz_loadu_epi8(mask, query + j));
    }
    return _mm512_reduce_add_epi32(sums);
#else
    std::int32_t sum = 0;
    for (long j = 0; j < dims; j++) sum += codes[j] * query[j];
    return sum;
#endif
}

int scan(const char* vectors_path, const char* queries_path) {
    const Matrix x = read_copy(vectors_path), queries = read_vectors(queries_path);
    const long n = x.rows(), dims = x.cols();
    std::vector<std::uint8_t> codes(static_cast<std::size_t>(n * dims));
    std::vector<float> scales(static_cast<std::size_t>(n));
    for (long i = 0; i < n; i++) {
        scales[i] = x.row(i).cwiseAbs().maxCoeff() / 127;
        for (long j = 0; j < dims; j++)
            codes[i * dims + j] = static_cast<std::uint8_t>(std::lround(x(i, j) / scales[i]) + 128);
    }
    std::vector<double> times;
    using Item = std::pair<float, std::int32_t>;
    long inexact = 0;
    const long rounds = std::min<long>(queries.rows(), 300);
    for (long q = 0; q < rounds; q++) {
        const Eigen::RowVectorXf query = queries.row(q);
        const auto start = std::chrono::steady_clock::now();
        std::vector<std::int8_t> code(static_cast<std::size_t>(dims));
        const float step = query.cwiseAbs().maxCoeff() / 127;
        std::int32_t offset = 0;
        for (long j = 0; j < dims; j++) {
            code[j] = static_cast<std::int8_t>(std::lround(query[j] / step));
            offset += 128 * code[j];
        }
        std::vector<Item> best;  // a heap, the lowest on top
        for (long i = 0; i < n; i++) {
            const float score = scales[i] * static_cast<float>(product(dims, &codes[i * dims], code.data()) - offset);
            if (best.size() == 50 && score <= best.front().first) continue;
            if (best.size() == 50) {
                std::pop_heap(best.begin(), best.end(), std::greater<>());
                best.pop_back();
            }
            best.emplace_back(score, static_cast<std::int32_t>(i));
            std::push_heap(best.begin(), best.end(), std::greater<>());
        }
        for (Item& item : best) item.first = x.row(item.second).dot(query);
        std::sort(best.begin(), best.end(), std::greater<>());
        times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
        if (q % 30 == 0) {
            const Eigen::VectorXf scores = x * query.transpose();
            const float tenth = best[std::min<std::size_t>(9, best.size() - 1)].first;
            inexact += (scores.array() > tenth * (1 + 1e-5f)).count() > 9;
        }
    }
    std::sort(times.begin(), times.end());
    std::printf("%.3f %.3f %ld\n", times[times.size() / 2], times[times.size() * 95 / 100], inexact);
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    if (count == 5 && std::string(arguments[1]) == "make")
        return make(arguments[2], std::atol(arguments[3]), arguments[4]);
    if (count == 4 && std::string(arguments[1]) == "scan") return scan(arguments[2], arguments[3]);
    std::fprintf(stderr, "usage: index_scan make VECTORS N OUT | index_scan scan OUT QUERIES\n");
    return 2;
}
