// max(0, x), spelled so that NaN stays NaN and -0.0 stays -0.0. Integers stay integers.
#pragma once

#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct relu : Elementwise {
    static constexpr bool integers = true;
    static constexpr bool exact = true;

    template <class T>
    static T value(T x) {
        return x < T(0) ? T(0) : x;
    }

    template <class T>
    static T slope(T x) {
        const T of_number = x > T(0) ? T(1) : T(0);
        return x == x ? of_number : x;
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
