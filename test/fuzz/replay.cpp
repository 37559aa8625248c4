// Runs what fuzzing found worth keeping: all files of CORPUS/TARGET, for each target that has a folder there.
//
//   replay CORPUS
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "inputs.hpp"

int main(int argc, char** argv) {
    if (argc != 2) return std::fprintf(stderr, "usage: replay CORPUS\n"), 2;
    std::size_t files = 0;
    for (const auto& target : std::filesystem::directory_iterator(argv[1])) {
        if (!fuzz::choose(target.path().filename().c_str())) return 2;
        for (const auto& entry : std::filesystem::directory_iterator(target)) {
            std::ifstream file(entry.path(), std::ios::binary);
            const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
            LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
            files++;
        }
    }
    std::printf("%zu inputs replayed\n", files);
    return files == 0;
}
