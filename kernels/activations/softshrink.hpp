// x moved towards 0 by lambd, and 0 where that would pass it.
#pragma once

#include "math/fused.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct softshrink : Elementwise {
    static constexpr bool exact = true;

    template <class T>
    static T value(T x, T lambd) {
        const T moved = with_sign_of(magnitude(x) - lambd, x);
        return magnitude(x) <= lambd ? T(0) : moved;
    }

    template <class T>
    static T slope(T x, T lambd) {
        const T of_number = magnitude(x) > lambd ? T(1) : T(0);
        return x == x ? of_number : x;
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
