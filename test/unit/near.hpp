// Comparison of arrays with a tolerance relative to their largest element.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

template <typename Actual, typename Expected>
void expect_near(const Actual& actual, const Expected& expected, double tolerance, const std::string& what) {
    ASSERT_EQ(actual.size(), expected.size()) << what;
    double largest = 1e-6;
    for (const auto x : expected) largest = std::max(largest, std::abs(static_cast<double>(x)));
    for (std::size_t i = 0; i < expected.size(); i++)
        ASSERT_NEAR(actual[i], expected[i], tolerance * largest) << what << " [" << i << "]";
}
