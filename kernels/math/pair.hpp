// A number held as the unevaluated sum of two, which doubles the precision (Dekker 1971, "A floating-point
// technique for extending the available precision"). A formula computed in pairs and rounded at its end is
// good to little more than half an ulp. Only the few operations that activations need.
//
// The low part may be many ulps of the high part: it is what is left over, not necessarily a rounding.
//
// Wide has precision to spare by itself. Its pairs are single numbers, so that activations are written once.
#pragma once

#include "fused.hpp"

namespace rectifier {
namespace {

template <class T>
struct Pair {  // of double
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
constexpr Pair<Wide> constant(double high, double) {
    return {high};
}

inline double select(bool condition, double a, double b) { return condition ? a : b; }
inline Wide select(bool condition, Wide a, Wide b) { return condition ? a.value : b.value; }

inline Pair<double> pair(double a) { return {a, 0.0}; }
inline Pair<Wide> pair(Wide a) { return {a}; }

inline double rounded(Pair<double> a) { return a.high + a.low; }
inline Wide rounded(Pair<Wide> a) { return a.high; }

inline Pair<double> select(bool condition, Pair<double> a, Pair<double> b) {
    return {condition ? a.high : b.high, condition ? a.low : b.low};
}
inline Pair<Wide> select(bool condition, Pair<Wide> a, Pair<Wide> b) {
    return {condition ? a.high.value : b.high.value};
}

// a + b for |a| >= |b| or a = 0: the low part is then exactly what the sum rounded away.
inline Pair<double> fast_sum(double a, double b) {
    const double sum = a + b;
    return {sum, b - (sum - a)};
}
inline Pair<double> fast_sum(double a, Pair<double> b) {
    const Pair<double> sum = fast_sum(a, b.high);
    return {sum.high, sum.low + b.low};
}
inline Pair<double> fast_sum(Pair<double> a, Pair<double> b) {
    const Pair<double> sum = fast_sum(a.high, b.high);
    return {sum.high, sum.low + (a.low + b.low)};
}
inline Pair<Wide> fast_sum(Wide a, Wide b) { return {a + b}; }
inline Pair<Wide> fast_sum(Wide a, Pair<Wide> b) { return {a + b.high}; }
inline Pair<Wide> fast_sum(Pair<Wide> a, Pair<Wide> b) { return {a.high + b.high}; }

// a + b for any two finite numbers (Knuth's two-sum).
inline Pair<double> sum(double a, double b) {
    const double result = a + b;
    const double of_b = result - a;
    return {result, (a - (result - of_b)) + (b - of_b)};
}
inline Pair<double> sum(double a, Pair<double> b) {
    const Pair<double> s = sum(a, b.high);
    return {s.high, s.low + b.low};
}
inline Pair<double> sum(Pair<double> a, Pair<double> b) {
    const Pair<double> s = sum(a.high, b.high);
    return {s.high, s.low + (a.low + b.low)};
}
inline Pair<Wide> sum(Wide a, Wide b) { return {a + b}; }
inline Pair<Wide> sum(Wide a, Pair<Wide> b) { return {a + b.high}; }
inline Pair<Wide> sum(Pair<Wide> a, Pair<Wide> b) { return {a.high + b.high}; }

inline Pair<double> negative(Pair<double> a) { return {-a.high, -a.low}; }
inline Pair<Wide> negative(Pair<Wide> a) { return {-a.high}; }

// Times a power of two, which rounds nothing.
inline Pair<double> scaled(Pair<double> a, double power) { return {a.high * power, a.low * power}; }
inline Pair<Wide> scaled(Pair<Wide> a, Wide power) { return {a.high * power}; }

// a - q * b without any rounding of its own, where the result is small beside a: that is where q is a / b
// rounded, or a is q * b rounded. A fused multiply-add knows it; without one it takes split factors. Both
// give the same number.
#if RECTIFIER_FUSES
inline double remainder(double a, double q, double b) { return fused(-q, b, a); }
#else
inline Pair<double> split(double a) {
    const double shifted = a * 0x1.0000002p27;  // 2^27 + 1 (Veltkamp): the high part keeps the upper 26 bits
    const double high = shifted - (shifted - a);
    return {high, a - high};
}

inline double remainder(double a, double q, double b) {
    const double product = q * b;
    const Pair<double> s = split(q), t = split(b);
    const double error = ((s.high * t.high - product) + s.high * t.low + s.low * t.high) + s.low * t.low;
    return (a - product) - error;
}
#endif

inline Pair<double> product(double a, double b) {
    const double high = a * b;
    return {high, -remainder(high, a, b)};
}
inline Pair<double> product(double a, Pair<double> b) {
    const Pair<double> high = product(a, b.high);
    return {high.high, fused(a, b.low, high.low)};
}
inline Pair<double> product(Pair<double> a, Pair<double> b) {
    const Pair<double> high = product(a.high, b.high);
    return {high.high, fused(a.high, b.low, fused(a.low, b.high, high.low))};
}
inline Pair<Wide> product(Wide a, Wide b) { return {a * b}; }
inline Pair<Wide> product(Wide a, Pair<Wide> b) { return {a * b.high}; }
inline Pair<Wide> product(Pair<Wide> a, Pair<Wide> b) { return {a.high * b.high}; }

inline Pair<double> square(Pair<double> a) {
    const Pair<double> high = product(a.high, a.high);
    return {high.high, fused(2 * a.high, a.low, high.low)};
}
inline Pair<Wide> square(Pair<Wide> a) { return {a.high * a.high}; }

// a / b. One Newton step on a quotient of the high parts; the remainder is exact, so the step's own rounding
// is all that is left.
inline Pair<double> quotient(Pair<double> a, Pair<double> b) {
    const double inverse = 1 / b.high;
    const double estimate = a.high * inverse;
    const double rest = remainder(a.high, estimate, b.high) + fused(-estimate, b.low, a.low);
    return {estimate, rest * inverse};
}
// The inverse first: it is one for all elements where b is a parameter.
inline Pair<Wide> quotient(Pair<Wide> a, Pair<Wide> b) { return {a.high * (1 / b.high)}; }

// The square root of a positive pair, by the same step.
inline Pair<double> square_root(Pair<double> a) {
    const double root = square_root_of(a.high);
    return {root, (remainder(a.high, root, root) + a.low) / (2 * root)};
}
inline Pair<Wide> square_root(Pair<Wide> a) { return {square_root_of(a.high)}; }

// factor * a, rounded: the last step of a formula, cheaper than product where the processor fuses.
inline double rounded_product(double factor, Pair<double> a) {
#if RECTIFIER_FUSES
    return fused(factor, a.high, factor * a.low);
#else
    const double exact = rounded(product(factor, a));  // no number where a factor is too large to be split
    return select(exact == exact, exact, factor * a.high);
#endif
}
inline Wide rounded_product(Wide factor, Pair<Wide> a) { return factor * a.high; }

}  // namespace
}  // namespace rectifier
