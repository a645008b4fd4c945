// scale x, or scale alpha (e^x - 1) where x is not positive. Both constants in two parts, since a rounded
// one would cost half an ulp.
#pragma once

#include "math/exp.hpp"
#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct selu : Elementwise {
    static constexpr bool narrow = RECTIFIER_FUSES;

    template <class T>
    static T value(T x) {
        const T positive = rounded_product(x, scale<T>());
        const T negative = rounded(product(exponential(bounded(x)).minus_one(), scale_alpha<T>()));
        // Infinity times the low part would leave no number.
        const T right = select(x > Format<T>::largest, x, positive);
        return select(x > 0, right, select(x < 0, negative, x));
    }

    template <class T>
    static T slope(T x) {
        const T negative = rounded(product(exponential(bounded(x)).lifted(), scale_alpha<T>())) * lower<T>;
        return select(x > 0, rounded(scale<T>()), negative);
    }

    // scale = 1.0507009873554804934193349852946, alpha = 1.6732632423543772848170429916717.
    template <class T>
    static constexpr Pair<T> scale() {
        return constant<T>(0x1.0cfabd6a91132p+0, 0x1.6fc7d272f2695p-55);
    }

    template <class T>
    static constexpr Pair<T> scale_alpha() {
        return constant<T>(0x1.c212cc640f031p+0, 0x1.05161b045a1fep-56);
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
