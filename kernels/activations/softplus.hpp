// log(1 + e^(beta x)) / beta = max(x, 0) + log(1 + e^-|beta x|) / beta.
#pragma once

#include "math/exp.hpp"
#include "math/log1p.hpp"
#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct softplus : Elementwise {
    template <class T>
    static T value(T x, T beta) {
        const Pair<T> bend = quotient(log1p_of(exponential(argument(x, beta))), pair(beta));
        const T total = rounded(sum(select(x > 0, x, T(0)), scaled(bend, lower<T>)));
        return select(x > Format<T>::largest, x, total);
    }

    template <class T>
    static T slope(T x, T beta) {
        const Pair<T> e = exponential(argument(x, beta)).lifted();
        const Pair<T> divisor = fast_sum(T(1), scaled(e, lower<T>));
        return rounded(quotient(select(x < 0, e, pair(T(1))), divisor)) * select(x < 0, lower<T>, T(1));
    }

    // -|beta x|.
    template <class T>
    static Pair<T> argument(T x, T beta) {
        return bounded(product(beta, -magnitude(x)));
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
