// x sigmoid(x).
#pragma once

#include "math/exp.hpp"
#include "math/mirror.hpp"
#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct silu : Mirrored<silu> {
    struct Tail {
        template <class T>
        static constexpr T furthest = -Format<T>::lowest;

        // t e / (1 + e) with e = e^-t, lifted.
        template <class T>
        static Pair<T> value(T t) {
            const Pair<T> e = exponential(-t).lifted();
            return quotient(product(t, e), fast_sum(T(1), scaled(e, lower<T>)));
        }

        // e (1 + e - t) / (1 + e)^2. The numerator has a zero at t0, and with d = t0 - t it is d + e0
        // expm1(d), e0 = e^-t0 = t0 - 1: two terms of one sign. So the slope keeps its relative precision
        // beside its zero.
        template <class T>
        static Pair<T> slope(T t) {
            const Pair<T> e0 = constant<T>(0x1.1d25cf210482ep-2, -0x1.ca2d0d94faaecp-60);
            const Pair<T> d = sum(-t, constant<T>(0x1.474973c84120bp+0, 0x1.f8d74bc9ac154p-54));
            const Exponential<T> power = exponential(d);
            const Pair<T> e = product(e0, power.precise());
            const Pair<T> numerator = sum(d, product(e0, power.precise_minus_one()));
            return quotient(product(e, numerator), square(fast_sum(T(1), scaled(e, lower<T>))));
        }
    };
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
