// x (1 + tanh(u)) / 2 = x sigmoid(y), y = 2 u = c0 (x + k x^3): the approximation of GELU from before erf was
// cheap. c0 = 2 sqrt(2 / pi), k = 0.044715. What it is at -t, for t >= 0, gives both sides, as for GELU
// itself.
#pragma once

#include <type_traits>

#include "math/exp.hpp"
#include "math/mirror.hpp"
#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct gelu_tanh : Mirrored<gelu_tanh> {
    struct Tail {
        template <class T>
        static constexpr T furthest = std::is_same<T, Wide>::value ? 12 : 21.9;

        // t e / (1 + e) with e = e^-y.
        template <class T>
        static Pair<T> value(T t) {
            const Pair<T> cubic = product(product(t, t), c1<T>());
            const Pair<T> e = exponential(product(-t, sum(c0<T>(), cubic))).lifted();
            return quotient(product(t, e), fast_sum(T(1), scaled(e, lower<T>)));
        }

        // e (1 + e - t y') / (1 + e)^2. The bracket has a zero at t0. With d = t0 - t and g = t^2 + t t0 +
        // t0^2, y and t y' differ from what they are there by d c0 (1 + k g) and d c0 (1 + 3 k g): the
        // bracket is a sum of two terms of d's sign, e^-y0 expm1(d c0 (1 + k g)) + d c0 (1 + 3 k g). So the
        // slope keeps its relative precision.
        template <class T>
        static Pair<T> slope(T t) {
            const Pair<T> t0 = constant<T>(0x1.81429f9e97e4dp-1, -0x1.4f523ed77dbdcp-55);
            const Pair<T> d = sum(-t, t0);
            const Pair<T> g = sum(product(t, t), product(t0, sum(t, t0)));
            const Pair<T> cubic = product(g, c1<T>());
            const Pair<T> rise = product(d, sum(c0<T>(), cubic));
            const Pair<T> steep = product(d, sum(c0<T>(), product(T(3), cubic)));
            const Pair<T> e0 = constant<T>(0x1.2af64e9c485eep-2, -0x1.3ca470b477afcp-57);  // e^-y at t0
            const Exponential<T> power = exponential(rise);
            const Pair<T> e = product(e0, power.precise());
            const Pair<T> bracket = sum(steep, product(e0, power.precise_minus_one()));
            return quotient(product(e, bracket), square(fast_sum(T(1), scaled(e, lower<T>))));
        }

        template <class T>
        static constexpr Pair<T> c0() {
            return constant<T>(0x1.9884533d43651p+0, -0x1.cbc0d30ebfd15p-54);
        }

        template <class T>
        static constexpr Pair<T> c1() {  // c0 k
            return constant<T>(0x1.2444f2a4d8b4bp-4, -0x1.6c843a29d1c70p-61);
        }
    };
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
