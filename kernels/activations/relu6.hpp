// min(max(0, x), 6). Integers stay integers.
#pragma once

#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct relu6 : Elementwise {
    static constexpr bool integers = true;
    static constexpr bool exact = true;

    template <class T>
    static T value(T x) {
        const T floored = x < T(0) ? T(0) : x;
        return floored > T(6) ? T(6) : floored;
    }

    template <class T>
    static T slope(T x) {
        const T of_number = (x > T(0)) & (x < T(6)) ? T(1) : T(0);
        return x == x ? of_number : x;
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
