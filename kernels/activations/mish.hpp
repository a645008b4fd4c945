// x tanh(log(1 + w)) = x w (w + 2) / (w^2 + 2 w + 2), w = e^x.
#pragma once

#include "math/exp.hpp"
#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct mish : Elementwise {
    // Beyond this the member is x and its slope 1, to less than half an ulp of double.
    template <class T>
    static constexpr T far = 21;

    template <class T>
    static T value(T x) {
        const T kept = clamped(x, T(Format<T>::lowest), far<T>);
        const Pair<T> lifted = exponential(kept).lifted();
        const Pair<T> w = scaled(lifted, lower<T>);
        const Pair<T> w_and_2 = sum(T(2), w);
        const Pair<T> divisor = sum(T(2), product(w, w_and_2));
        const T bent = rounded(product(kept, quotient(product(lifted, w_and_2), divisor))) * lower<T>;
        return select((x < far<T>)&(x != 0), bent, x);  // zero keeps its sign, and NaN passes
    }

    // w B / (w^2 + 2 w + 2)^2 with B = w^3 + 4 w^2 + (4 x + 6) w + 4 (x + 1). B has a zero at x0. With d = x
    // - x0, m = expm1(d) and w0 = e^x0 it is m (q0 + q1 m + q2 m^2) + 4 d (1 + w), where q2 = w0^3, q1 = 3
    // w0^3 + 4 w0^2, q0 = 3 w0^3 + 8 w0^2 + (4 x0 + 6) w0: all positive, so both terms have d's sign, and
    // nothing cancels.
    template <class T>
    static T slope(T x) {
        const T kept = clamped(x, T(Format<T>::lowest), far<T>);
        const Pair<T> d = sum(kept, constant<T>(0x1.31432c0d12d84p+0, 0x1.bf319154da210p-55));
        const Exponential<T> power = exponential(d);
        const Pair<T> m = power.precise_minus_one();
        const Pair<T> w0 = constant<T>(0x1.36c4202fc3eccp-2, 0x1.6d73a02f8d922p-56);
        const Pair<T> lifted = product(w0, power.precise());
        const Pair<T> w = scaled(lifted, lower<T>);
        const Pair<T> q2 = constant<T>(0x1.c9f40193f744cp-6, -0x1.cd6edac167dafp-60);
        const Pair<T> q1 = constant<T>(0x1.cf1d5480ba0e5p-2, -0x1.092627b956871p-57);
        const Pair<T> q0 = constant<T>(0x1.31ac354e2a079p+0, -0x1.6e2f9b89c3bdbp-56);
        const Pair<T> curve = sum(q0, product(m, sum(q1, product(m, q2))));
        const Pair<T> straight = product(scaled(d, T(4)), sum(T(1), w));
        const Pair<T> b = sum(product(m, curve), straight);
        const Pair<T> divisor = sum(T(2), product(w, sum(T(2), w)));
        const T bent = rounded(product(lifted, quotient(b, square(divisor)))) * lower<T>;
        return select(x > far<T>, T(1), bent);
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
