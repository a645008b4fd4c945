// x / (1 + |x|).
#pragma once

#include "math/exp.hpp"
#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct softsign : Elementwise {
    template <class T>
    static T value(T x) {
        // Beyond 2^60 it is 1 to less than half an ulp. On the way to infinity the quotient would lose its
        // way.
        const T t = clamped(magnitude(x), T(0), T(0x1p60));
        return with_sign_of(rounded(quotient(pair(t), sum(T(1), t))), x);
    }

    template <class T>
    static T slope(T x) {
        const Pair<T> divisor = sum(T(1), clamped(magnitude(x), T(0), T(0x1p600)));  // where it is zero
        return rounded(square(quotient(pair(T(1)), divisor)));
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
