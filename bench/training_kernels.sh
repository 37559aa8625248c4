#!/usr/bin/env bash
# The kernels of training beside what limits them: dense layers and the softmax beside Eigen's matrix products, the selective
# scan beside the time that its memory traffic and its exponentials take.
#
#   bench/training_kernels.sh [THREADS [ROUNDS]]
#
# All threads work at once, ours and the other in turns; of ROUNDS rounds (default 60) the fastest counts.
set -euo pipefail
cd "$(dirname "$0")/.."
make -s build/libholomamba.a PG_CONFIG="${PG_CONFIG:-pg_config}" >build/bench.log 2>&1
# Eigen compiled for this processor, as the fastest of our variants is.
g++ -std=c++20 -O3 -march=native -mprefer-vector-width=512 -DNDEBUG -Wno-psabi -Isrc -isystem /usr/include/eigen3 \
    -o build/training_kernels bench/training_kernels.cpp build/libholomamba.a -lfftw3f -lpthread
build/training_kernels "${1:-$(nproc)}" "${2:-60}"
