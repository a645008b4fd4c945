// x, or negative_slope times x where x is not positive.
#pragma once

#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct leaky_relu : Elementwise {
    static constexpr bool exact = true;

    template <class T>
    static T value(T x, T negative_slope) {
        const T negative = negative_slope * x;
        return x > 0 ? x : negative;
    }

    template <class T>
    static T slope(T x, T negative_slope) {
        const T of_number = x > 0 ? T(1) : negative_slope;
        return x == x ? of_number : x;
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
