// x / (1 + |x|).
#pragma once

#include "math/exp.hpp"
#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct softsign : Elementwise {
    static constexpr bool narrow = true;

    template <class T>
    static T value(T x) {
        // Far out it is 1. On the way to infinity the quotient would lose its way.
        const T t = clamped(magnitude(x), T(0), T(Format<T>::far));
        return with_sign_of(rounded(quotient(pair(t), sum(T(1), t))), x);
    }

    template <class T>
    static T slope(T x) {
        const T far = Format<T>::far * Format<T>::far;  // where it is zero
        const Pair<T> divisor = sum(T(1), clamped(magnitude(x), T(0), far));
        // Lifted until the end: beside a subnormal square its low part would be none.
        return rounded(square(quotient(pair(T(0x1p40)), divisor))) * T(0x1p-80);
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
