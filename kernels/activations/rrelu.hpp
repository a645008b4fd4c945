// Leaky ReLU with the slope halfway between its bounds: what the random one is outside training.
#pragma once

#include "math/exp.hpp"
#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct rrelu : Elementwise {
    template <class T>
    static T value(T x, T lower, T upper) {
        const Pair<T> slope = middle(lower, upper);
        const T negative =
            select(magnitude(x) <= Format<T>::largest, rounded_product(x, slope), x * slope.high);
        return select(x > 0, x, negative);
    }

    template <class T>
    static T slope(T x, T lower, T upper) {
        const T of_number = select(x > 0, T(1), rounded(middle(lower, upper)));
        return select(x == x, of_number, x);
    }

    template <class T>
    static Pair<T> middle(T lower, T upper) {
        return scaled(sum(lower, upper), T(0.5));
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
