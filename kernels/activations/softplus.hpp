// log(1 + e^(beta x)) / beta = max(x, 0) + log(1 + e^-|beta x|) / beta.
#pragma once

#include "activations/sigmoid.hpp"
#include "math/exp.hpp"
#include "math/log1p.hpp"
#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct softplus_of_one;

struct softplus : Elementwise {
    using usual = softplus_of_one;

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

// For a beta of 1.
struct softplus_of_one : Elementwise {
    static constexpr bool narrow = RECTIFIER_FUSES;
    static constexpr int parameter = 1;

    template <class T>
    static T value(T x) {
        return softplus::value(x, T(1));
    }

    static float value(float x) {
        const float t = magnitude(x), far = select(x > 0, x, 0.0f) + log1p_of_power(bounded(-t));
        return select(t < 1, log_of_power_and_one(x), far);
    }

    template <class T>
    static T slope(T x) {
        return sigmoid::value(x);
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
