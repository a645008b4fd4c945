// A number held as the unevaluated sum of two, which doubles the precision (Dekker 1971, "A floating-point
// technique for extending the available precision"). A formula computed in pairs and rounded at its end is
// good to little more than half an ulp. Only the few operations that activations need.
#pragma once

#include "fused.hpp"

namespace rectifier {
namespace {

template <class T>
struct Pair {
    T high;
    T low;  // what rounding took from high: at most about half an ulp of it
};

// a + b for |a| >= |b| or a = 0: the low part is then exactly what the sum rounded away.
template <class T>
inline Pair<T> fast_sum(T a, T b) {
    const T sum = a + b;
    return {sum, b - (sum - a)};
}

// a + b for any two numbers (Knuth's two-sum). What an infinity leaves over is not a number, and is left out.
template <class T>
inline Pair<T> sum(T a, T b) {
    const T result = a + b;
    const T of_b = result - a;
    const T low = (a - (result - of_b)) + (b - of_b);
    return {result, low == low ? low : T(0)};
}

// a + b for |a| >= |b|.
template <class T>
inline Pair<T> fast_sum(T a, Pair<T> b) {
    const Pair<T> sum = fast_sum(a, b.high);
    return {sum.high, sum.low + b.low};
}

// a - q * b without any rounding of its own, where the result is small beside a: that is where q is a / b
// rounded, or a is q * b rounded. A fused multiply-add knows it; without one it takes wider or split factors.
// All give the same number.
#if RECTIFIER_FUSES
template <class T>
inline T remainder(T a, T q, T b) {
    return fused(-q, b, a);
}
#else
inline float remainder(float a, float q, float b) { return float(double(a) - double(q) * double(b)); }

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

template <class T>
inline Pair<T> square(Pair<T> a) {
    const T product = a.high * a.high;
    return {product, fused(2 * a.high, a.low, -remainder(product, a.high, a.high))};
}

// a / b, rounded. One Newton step on a quotient of the high parts; the remainder is exact, so the step's own
// rounding is all that is left.
template <class T>
inline T quotient(Pair<T> a, Pair<T> b) {
    const T inverse = 1 / b.high;
    const T estimate = a.high * inverse;
    const T rest = remainder(a.high, estimate, b.high) + fused(-estimate, b.low, a.low);
    return fused(rest, inverse, estimate);
}

// factor * a, rounded.
template <class T>
inline T product(T factor, Pair<T> a) {
    return fused(factor, a.high, factor * a.low);
}

}  // namespace
}  // namespace rectifier
