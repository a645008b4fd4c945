// (x + 3) / 6 between -3 and 3, else 0 or 1.
#pragma once

#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct hardsigmoid : Elementwise {
    static constexpr bool narrow = true;

    template <class T>
    static T value(T x) {
        const T floored = select(x <= -3, T(0), divided(x + 3, T(6)));
        return select(x >= 3, T(1), floored);
    }

    template <class T>
    static T slope(T x) {
        const T of_number = select((x > -3) & (x < 3), T(1) / T(6), T(0));
        return select(x == x, of_number, x);
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
