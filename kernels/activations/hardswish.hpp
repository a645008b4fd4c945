// x (x + 3) / 6 between -3 and 3, else 0 or x.
#pragma once

#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct hardswish : Elementwise {
    static constexpr bool narrow = true;

    template <class T>
    static T value(T x) {
        const T between = divided(rounded_product(x, moved(x)), T(6));
        const T floored = select(x <= -3, T(0), between);
        return with_sign_of(select(x >= 3, x, floored), x);  // -0.0 too
    }

    template <class T>
    static T slope(T x) {
        const T floored = select(x <= -3, T(0), divided(fast_sum(T(3), 2 * x), T(6)));
        return select(x >= 3, T(1), floored);
    }

    template <class T>
    static Pair<T> moved(T x) {
        return fast_sum(T(3), x);
    }

    // Of an x too small to count, the sign must: half of a subnormal number is halfway between two.
    static Pair<Wide> moved(Wide x) {
        const Wide counts = 0x1p-40;
        return fast_sum(Wide(3), select(magnitude(x) < counts, with_sign_of(counts, x), x));
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
