// x (x + 3) / 6 between -3 and 3, else 0 or x. What it is at -t, for t >= 0, gives both sides: hardswish(x) -
// hardswish(-x) = x.
#pragma once

#include "math/exp.hpp"
#include "math/mirror.hpp"
#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct hardswish : Elementwise {
    template <class T>
    static T value(T x) {
        return mirrored_value<Tail>(x);
    }

    template <class T>
    static T slope(T x) {
        const T between = rounded(quotient(sum(2 * x, T(3)), pair(T(6))));
        const T floored = select(x <= -3, T(0), between);
        return select(x >= 3, T(1), floored);
    }

    struct Tail {
        template <class T>
        static constexpr T furthest = 3;

        template <class T>
        static Pair<T> value(T t) {
            return scaled(quotient(product(t, sum(-t, T(3))), pair(T(6))), 1 / lower<T>);
        }
    };
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
