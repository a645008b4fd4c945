// (x + s) / 2 with s = sqrt(x^2 + b).
#pragma once

#include "math/exp.hpp"
#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct squareplus : Elementwise {
    template <class T>
    static T value(T x, T b) {
        const Root<T> a = root(x, b);
        const T left = rounded(quotient(pair(b / 4 * a.factor), a.half_sum()));
        const T right = rounded(a.half_sum()) * select(a.factor < 1, T(0x1p700), T(1));
        const T of_number = select(x < 0, left, right);
        return select(magnitude(x) > Format<T>::largest, select(x < 0, T(0), x), of_number);
    }

    // (x + s) / (2 s). Where x is negative, x + s would cancel; it is b / (s - x).
    template <class T>
    static T slope(T x, T b) {
        const Root<T> a = root(x, b);
        const Pair<T> left = quotient(pair(b / 4 * a.factor), a.half_sum());
        return rounded(quotient(select(x < 0, left, a.half_sum()), a.s)) * select(x < 0, a.factor, T(1));
    }

    // With one division: Wide squares every number that it stands for.
    static Wide slope(Wide x, Wide b) {
        const Root<Wide> a = root(x, b);
        const Wide half_sum = rounded(a.half_sum());
        return select(x < 0, b / 4, half_sum * half_sum) / (half_sum * rounded(a.s));
    }

    // |x| and s, both times a factor: numbers whose squares would be infinite are made smaller.
    template <class T>
    struct Root {
        T factor;
        T t;
        Pair<T> s;

        // (|x| + s) / 2
        Pair<T> half_sum() const { return fast_sum(scaled(s, T(0.5)), pair(t / 2)); }
    };

    template <class T>
    static Root<T> root(T x, T b) {
        const T t = clamped(magnitude(x), T(0), T(Format<T>::largest));
        const T from = select(b > T(0x1p600), T(-1), T(0x1p300));  // of b alone: known before the loop
        const T factor = select(t > from, T(0x1p-700), T(1));
        const T small = t * factor;
        return {factor, small, square_root(sum(product(small, small), pair(b * factor * factor)))};
    }

    // Only infinity is made smaller.
    static Root<Wide> root(Wide x, Wide b) {
        const Wide t = select(magnitude(x) > 0x1p200, Wide(0x1p200), magnitude(x));
        return {1, t, square_root(sum(product(t, t), pair(b)))};
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
