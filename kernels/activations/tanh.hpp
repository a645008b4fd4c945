// (e^x - e^-x) / (e^x + e^-x), written in exponentials of -|x|, which do not overflow.
#pragma once

#include "math/exp.hpp"
#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct tanh : Elementwise {
    // With e = expm1(-2 |x|): -e / (2 + e), and the sign of x. Nothing cancels.
    template <class T>
    static T value(T x) {
        const T magnitude = __builtin_fabs(x);
        const Pair<T> e = expm1_pair(-2 * magnitude);
        return __builtin_copysign(quotient({-e.high, -e.low}, fast_sum(T(2), e)), x);
    }

    // 1 / cosh^2 = 4 e / (1 + e)^2 with e = exp(-2 |x|). The 4 is put into the exponent: where e is subnormal
    // it has lost bits that 4 e still has.
    template <class T>
    static T slope(T x) {
        const Pair<T> four = exp_pair(T(-2 * __builtin_fabs(x)), T(0), 2);
        const Pair<T> e = {four.high / 4, four.low / 4};
        return quotient(four, square(fast_sum(T(1), e)));
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
