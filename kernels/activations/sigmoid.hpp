// 1 / (1 + e^-x). Only e^-|x| is ever computed: it does not overflow.
#pragma once

#include "math/exp.hpp"
#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct sigmoid : Elementwise {
    static constexpr bool narrow = RECTIFIER_FUSES;

    template <class T>
    static T value(T x) {
        const Pair<T> e = exponential(bounded(-magnitude(x))).lifted();
        const Pair<T> divisor = fast_sum(T(1), scaled(e, lower<T>));
        return rounded(quotient(select(x < 0, e, pair(T(1))), divisor)) * select(x < 0, lower<T>, T(1));
    }

    // e / (1 + e)^2, the same on both sides; value (1 - value) would cancel.
    template <class T>
    static T slope(T x) {
        const Pair<T> e = exponential(bounded(-magnitude(x))).lifted();
        return rounded(quotient(e, square(fast_sum(T(1), scaled(e, lower<T>))))) * lower<T>;
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
