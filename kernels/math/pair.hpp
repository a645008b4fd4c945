// A number held as the unevaluated sum of two, which doubles the precision (Dekker 1971, "A floating-point
// technique for extending the available precision"). A formula computed in pairs and rounded at its end is
// good to little more than half an ulp. Only the few operations that activations need.
//
// The low part may be many ulps of the high part: it is what is left over, not necessarily a rounding.
//
// Wide has precision to spare by itself. Its pairs are single numbers, so that activations are written once.
#pragma once

#include <type_traits>

#include "fused.hpp"

namespace rectifier {
namespace {

template <class T>
struct Pair {  // of float or double
    T high;
    T low;
};

template <>
struct Pair<Wide> {
    Wide high;
};

// A constant to twice the precision of double.
template <class T>
constexpr Pair<T> constant(double high, double low) {
    return {high, low};
}

template <>
constexpr Pair<float> constant(double high, double) {
    return {float(high), float(high - float(high))};
}

template <>
constexpr Pair<Wide> constant(double high, double) {
    return {high};
}

inline float select(bool condition, float a, float b) { return condition ? a : b; }
inline double select(bool condition, double a, double b) { return condition ? a : b; }
inline Wide select(bool condition, Wide a, Wide b) { return condition ? a.value : b.value; }

template <class T>
inline Pair<T> pair(T a) {
    return {a, T(0)};
}
inline Pair<Wide> pair(Wide a) { return {a}; }

template <class T>
inline T rounded(Pair<T> a) {
    return a.high + a.low;
}
inline Wide rounded(Pair<Wide> a) { return a.high; }

template <class T>
inline Pair<T> select(bool condition, Pair<T> a, Pair<T> b) {
    return {condition ? a.high : b.high, condition ? a.low : b.low};
}
inline Pair<Wide> select(bool condition, Pair<Wide> a, Pair<Wide> b) {
    return {condition ? a.high.value : b.high.value};
}

// a + b for |a| >= |b| or a = 0: the low part is then exactly what the sum rounded away.
template <class T>
inline Pair<T> fast_sum(T a, T b) {
    const T sum = a + b;
    return {sum, b - (sum - a)};
}
template <class T>
inline Pair<T> fast_sum(T a, Pair<T> b) {
    const Pair<T> sum = fast_sum(a, b.high);
    return {sum.high, sum.low + b.low};
}
template <class T>
inline Pair<T> fast_sum(Pair<T> a, Pair<T> b) {
    const Pair<T> sum = fast_sum(a.high, b.high);
    return {sum.high, sum.low + (a.low + b.low)};
}
inline Pair<Wide> fast_sum(Wide a, Wide b) { return {a + b}; }
inline Pair<Wide> fast_sum(Wide a, Pair<Wide> b) { return {a + b.high}; }
inline Pair<Wide> fast_sum(Pair<Wide> a, Pair<Wide> b) { return {a.high + b.high}; }

// a + b for any two finite numbers (Knuth's two-sum).
template <class T>
inline Pair<T> sum(T a, T b) {
    const T result = a + b;
    const T of_b = result - a;
    return {result, (a - (result - of_b)) + (b - of_b)};
}
template <class T>
inline Pair<T> sum(T a, Pair<T> b) {
    const Pair<T> s = sum(a, b.high);
    return {s.high, s.low + b.low};
}
template <class T>
inline Pair<T> sum(Pair<T> a, Pair<T> b) {
    const Pair<T> s = sum(a.high, b.high);
    return {s.high, s.low + (a.low + b.low)};
}
inline Pair<Wide> sum(Wide a, Wide b) { return {a + b}; }
inline Pair<Wide> sum(Wide a, Pair<Wide> b) { return {a + b.high}; }
inline Pair<Wide> sum(Pair<Wide> a, Pair<Wide> b) { return {a.high + b.high}; }

template <class T>
inline Pair<T> negative(Pair<T> a) {
    return {-a.high, -a.low};
}
inline Pair<Wide> negative(Pair<Wide> a) { return {-a.high}; }

// Times a power of two, which rounds nothing.
template <class T>
inline Pair<T> scaled(Pair<T> a, T power) {
    return {a.high * power, a.low * power};
}
inline Pair<Wide> scaled(Pair<Wide> a, Wide power) { return {a.high * power}; }

// a - q * b without any rounding of its own, where the result is small beside a: that is where q is a / b
// rounded, or a is q * b rounded. A fused multiply-add knows it; without one it takes split factors. Both
// give the same number.
#if RECTIFIER_FUSES
template <class T>
inline T remainder(T a, T q, T b) {
    return fused(-q, b, a);
}
#else
template <class T>
inline Pair<T> split(T a) {
    // Half of the bits and one (Veltkamp): the high part keeps the upper half of a's.
    const T shifted = a * (std::is_same<T, float>::value ? T(0x1.001p12) : T(0x1.0000002p27));
    const T high = shifted - (shifted - a);
    return {high, a - high};
}

template <class T>
inline T remainder(T a, T q, T b) {
    const T product = q * b;
    const Pair<T> s = split(q), t = split(b);
    const T error = ((s.high * t.high - product) + s.high * t.low + s.low * t.high) + s.low * t.low;
    return (a - product) - error;
}
#endif

template <class T>
inline Pair<T> product(T a, T b) {
    const T high = a * b;
    return {high, -remainder(high, a, b)};
}
template <class T>
inline Pair<T> product(T a, Pair<T> b) {
    const Pair<T> high = product(a, b.high);
    return {high.high, fused(a, b.low, high.low)};
}
template <class T>
inline Pair<T> product(Pair<T> a, Pair<T> b) {
    const Pair<T> high = product(a.high, b.high);
    return {high.high, fused(a.high, b.low, fused(a.low, b.high, high.low))};
}
inline Pair<Wide> product(Wide a, Wide b) { return {a * b}; }
inline Pair<Wide> product(Wide a, Pair<Wide> b) { return {a * b.high}; }
inline Pair<Wide> product(Pair<Wide> a, Pair<Wide> b) { return {a.high * b.high}; }

template <class T>
inline Pair<T> square(Pair<T> a) {
    const Pair<T> high = product(a.high, a.high);
    return {high.high, fused(2 * a.high, a.low, high.low)};
}
inline Pair<Wide> square(Pair<Wide> a) { return {a.high * a.high}; }

// a / b. One Newton step on a quotient of the high parts; the remainder is exact, so the step's own rounding
// is all that is left.
template <class T>
inline Pair<T> quotient(Pair<T> a, Pair<T> b) {
    const T inverse = 1 / b.high;
    const T estimate = a.high * inverse;
    const T rest = remainder(a.high, estimate, b.high) + fused(-estimate, b.low, a.low);
    return {estimate, rest * inverse};
}
// The inverse first: it is one for all elements where b is a parameter.
inline Pair<Wide> quotient(Pair<Wide> a, Pair<Wide> b) { return {a.high * (1 / b.high)}; }

// The square root of a positive pair, by the same step.
template <class T>
inline Pair<T> square_root(Pair<T> a) {
    const T root = square_root_of(a.high);
    return {root, (remainder(a.high, root, root) + a.low) / (2 * root)};
}
inline Pair<Wide> square_root(Pair<Wide> a) { return {square_root_of(a.high)}; }

// factor * a, rounded: the last step of a formula, cheaper than product where the processor fuses.
template <class T>
inline T rounded_product(T factor, Pair<T> a) {
#if RECTIFIER_FUSES
    return fused(factor, a.high, factor * a.low);
#else
    const T exact = rounded(product(factor, a));  // no number where a factor is too large to be split
    return select(exact == exact, exact, factor * a.high);
#endif
}
inline Wide rounded_product(Wide factor, Pair<Wide> a) { return factor * a.high; }

// a * a * (factor / a.high), rounded: (a + low)^2 is a (a + 2 low), but for what is too small to count.
template <class T>
inline T rounded_square(Pair<T> a, T factor) {
    return rounded_product(factor, Pair<T>{a.high, 2 * a.low});
}
inline Wide rounded_square(Pair<Wide> a, Wide factor) { return factor * a.high; }

// a / b, rounded, for a b that is the same for all elements: its inverse stays in a register (Markstein
// 1990).
template <class T>
inline T divided(Pair<T> a, T b) {
    const T inverse = 1 / b;
    const T estimate = a.high * inverse;
    return fused(remainder(a.high, estimate, b) + a.low, inverse, estimate);
}
template <class T>
inline T divided(T a, T b) {
    return divided(pair(a), b);
}
inline Wide divided(Wide a, Wide b) { return a / b; }
inline Wide divided(Pair<Wide> a, Wide b) { return a.high / b; }

}  // namespace
}  // namespace rectifier
