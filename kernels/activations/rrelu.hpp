// Leaky ReLU with the slope halfway between its bounds: what the random one is outside training.
#pragma once

#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct rrelu : Elementwise {
    static constexpr bool exact = true;  // two operations, and the first rounds no bounds that are alike

    template <class T>
    static T value(T x, T lower, T upper) {
        const T negative = (lower + upper) / 2 * x;
        return x > 0 ? x : negative;
    }

    template <class T>
    static T slope(T x, T lower, T upper) {
        const T of_number = x > 0 ? T(1) : (lower + upper) / 2;
        return x == x ? of_number : x;
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
