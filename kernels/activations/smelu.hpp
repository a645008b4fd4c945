// 0 below -beta, x above beta, and between them the parabola (x + beta)^2 / (4 beta) that joins both.
#pragma once

#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct smelu : Elementwise {
    static constexpr bool narrow = true;

    template <class T>
    static T value(T x, T beta) {
        // Divided before it is multiplied, so that a large beta does not overflow.
        const Pair<T> s = fast_sum(beta, x);
        const T between = rounded_square(s, divided(s.high, beta) / 4);
        const T floored = select(x <= -beta, T(0), between);
        return select(x >= beta, x, floored);
    }

    template <class T>
    static T slope(T x, T beta) {
        const T between = divided(x + beta, beta) / 2;
        const T floored = select(x <= -beta, T(0), between);
        return select(x >= beta, T(1), floored);
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
