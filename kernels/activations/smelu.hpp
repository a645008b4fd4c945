// 0 below -beta, x above beta, and between them the parabola (x + beta)^2 / (4 beta) that joins both.
#pragma once

#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct smelu : Elementwise {
    static constexpr bool narrow = true;

    // With s = (x + beta) / 2 it is s^2 / beta, and its slope s / beta: halved first and divided before it is
    // multiplied, so that no beta is too large or too small.
    template <class T>
    static T value(T x, T beta) {
        const Pair<T> s = fast_sum(beta / 2, x / 2);
        const T between = rounded_square(s, s.high / beta);
        const T floored = select(x <= -beta, T(0), between);
        return select(x >= beta, x, floored);
    }

    template <class T>
    static T slope(T x, T beta) {
        const T between = (x / 2 + beta / 2) / beta;
        const T floored = select(x <= -beta, T(0), between);
        return select(x >= beta, T(1), floored);
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
