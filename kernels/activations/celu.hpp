// x, or alpha (e^(x / alpha) - 1) where x is not positive.
#pragma once

#include "math/exp.hpp"
#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct celu : Elementwise {
    static constexpr bool narrow = RECTIFIER_FUSES;

    template <class T>
    static T value(T x, T alpha) {
        const T negative = rounded_product(alpha, exponential(exponent(x, alpha)).minus_one());
        return select(x >= 0, x, negative);
    }

    template <class T>
    static T slope(T x, T alpha) {
        const T negative = rounded(exponential(exponent(x, alpha)).lifted()) * lower<T>;
        return select(x > 0, T(1), negative);
    }

    // x / alpha in two parts: the exponential magnifies an error of its argument by the argument.
    template <class T>
    static Pair<T> exponent(T x, T alpha) {
        return bounded(quotient(pair(x), pair(alpha)));
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
