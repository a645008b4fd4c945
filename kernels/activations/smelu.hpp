// 0 below -beta, x above beta, and between them the parabola (x + beta)^2 / (4 beta) that joins both.
#pragma once

#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct smelu : Elementwise {
    template <class T>
    static T value(T x, T beta) {
        // ((x + beta) / beta)^2 beta / 4 does not overflow for a large beta.
        const T between = rounded_product(beta / 4, square(quotient(sum(x, beta), pair(beta))));
        const T floored = select(x <= -beta, T(0), between);
        return select(x >= beta, x, floored);
    }

    template <class T>
    static T slope(T x, T beta) {
        const T between = rounded(quotient(sum(x, beta), pair(beta))) / 2;
        const T floored = select(x <= -beta, T(0), between);
        return select(x >= beta, T(1), floored);
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
