// x - tanh(x). Near zero x^3 (1/3 - 2/15 x^2 + x^4 q(x^2)), q from tanh_tail.hpp; further out the difference,
// of which little cancels.
#pragma once

#include "activations/tanh.hpp"
#include "math/exp.hpp"
#include "math/pair.hpp"
#include "math/tanh_tail.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct tanhshrink : Elementwise {
    template <class T>
    static T value(T x) {
        const T t = magnitude(x);
        const T inner = clamped(t, T(0), tanh_edge<T>);
        const Pair<T> z = product(inner, inner);
        const Pair<T> straight = sum(constant<T>(0x1.5555555555555p-2, 0x1.5555555555555p-56),
                                     product(z, constant<T>(-0x1.1111111111111p-3, -0x1.1111111111111p-59)));
        const Pair<T> bracket = sum(z.high * z.high * tanh_tail(z.high), straight);
        const T near = rounded(product(product(inner, z), bracket));
        const T outer = clamped(t, T(0), T(100));
        const T middle = rounded(fast_sum(outer, negative(tanh::of_magnitude(outer))));
        const T beyond = select(t < 100, middle, t - 1);
        return with_sign_of(select(t < tanh_edge<T>, near, beyond), x);
    }

    // Wide has the bits to spare that the difference costs.
    static Wide value(Wide x) {
        const Wide t = magnitude(x);
        const Wide z = t * t;
        const Wide near = t * z * fused(z, fused(z, tanh_tail(z), Wide(-2.0 / 15)), Wide(1.0 / 3));
        return with_sign_of(select(t < tanh_edge<Wide>, near, t - rounded(tanh::of_magnitude(t))), x);
    }

    template <class T>
    static T slope(T x) {
        return rounded(square(tanh::of_magnitude(magnitude(x))));
    }

    static Wide slope(Wide x) {
        return rounded(square(tanh::of_magnitude(magnitude(x)))) * just_below_one;  // near zero x^2
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
