// The headers of the standard library that most files of the core need, compiled once (Makefile). Every file still includes what it
// uses: builds under sanitizers go without this.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>
