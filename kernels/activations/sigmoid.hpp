// 1 / (1 + e^-x). Only e^-|x| is ever computed: it does not overflow.
#pragma once

#include "math/exp.hpp"
#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct sigmoid : Elementwise {
    template <class T>
    static T value(T x) {
        const Pair<T> e = exp_pair(T(-__builtin_fabs(x)));
        const Pair<T> numerator = {x < 0 ? e.high : T(1), x < 0 ? e.low : T(0)};
        return quotient(numerator, fast_sum(T(1), e));
    }

    // e / (1 + e)^2, the same on both sides; value (1 - value) would cancel.
    template <class T>
    static T slope(T x) {
        const Pair<T> e = exp_pair(T(-__builtin_fabs(x)));
        return quotient(e, square(fast_sum(T(1), e)));
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
