// (e^x - e^-x) / (e^x + e^-x), written in exponentials of -|x|, which do not overflow.
#pragma once

#include "math/exp.hpp"
#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct tanh : Elementwise {
    static constexpr bool narrow = RECTIFIER_FUSES;

    template <class T>
    static T value(T x) {
        return with_sign_of(rounded(of_magnitude(magnitude(x))), x);
    }

    // 1 / cosh^2 = 4 e / (1 + e)^2 with e = exp(-2 |x|).
    template <class T>
    static T slope(T x) {
        const Pair<T> e = exponential(bounded(-2 * magnitude(x))).lifted();
        return rounded(quotient(scaled(e, T(4)), square(fast_sum(T(1), scaled(e, lower<T>))))) * lower<T>;
    }

    // With e = expm1(-2 t): -e / (2 + e). Nothing cancels.
    template <class T>
    static Pair<T> of_magnitude(T t) {
        const Pair<T> e = exponential(bounded(-2 * t)).precise_minus_one();
        return quotient(negative(e), fast_sum(T(2), e));
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
