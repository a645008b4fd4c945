// exp and expm1 of numbers that are not positive, for float and double. Activations need no others: a formula
// with a growing exponential can be written with a shrinking one, and then does not overflow. (Positive
// arguments give nonsense up to the type's limits, which a select may discard.)
//
// x = n ln 2 + r with |r| <= ln 2 / 2, hence exp(x) = 2^n (1 + r + r^2 q(r)), q from exp_tail.hpp. The sum p
// = r + r^2 q is below 0.42, so its rounding, and that of r, count an eighth of an ulp each at most in 1 + p.
#pragma once

#include <cstdint>

#include "bits.hpp"
#include "exp_tail.hpp"
#include "fused.hpp"
#include "pair.hpp"

namespace rectifier {
namespace {

template <class T>
struct Format;

template <>
struct Format<float> {
    using Bits = std::uint32_t;
    static constexpr Bits bias = 127;
    static constexpr int mantissa = 23;
    // Adding this to a number below 2^22 rounds it to an integer, which then stands in the sum's lowest bits.
    static constexpr float rounder = 0x1.8p23f;
    static constexpr float log2_e = 0x1.715476p+0f;
    // ln 2 in two parts. The first has so many zero bits at its end that n times it is exact for |n| < 2^9.
    static constexpr float ln2_high = 0x1.62e4p-1f;
    static constexpr float ln2_low = 0x1.7f7d1cp-20f;
    // Four times exp of this still rounds to 0.
    static constexpr float lowest = -106;
    // Halfway down the exponents: 2^(n + 64) is a normal number where 2^n may be none.
    static constexpr Bits lift = 64;
    static constexpr float lower = 0x1p-64f;
};

template <>
struct Format<double> {
    using Bits = std::uint64_t;
    static constexpr Bits bias = 1023;
    static constexpr int mantissa = 52;
    static constexpr double rounder = 0x1.8p52;
    static constexpr double log2_e = 0x1.71547652b82fep+0;
    static constexpr double ln2_high = 0x1.62e42feep-1;  // exact times |n| < 2^21
    static constexpr double ln2_low = 0x1.a39ef35793c76p-33;
    static constexpr double lowest = -748;
    static constexpr Bits lift = 512;
    static constexpr double lower = 0x1p-512;
};

template <class T>
struct Reduced {
    T rounded;  // n + rounder
    T r;
};

template <class T>
inline Reduced<T> reduce(T x, T low = 0) {
    using F = Format<T>;
    const T rounded = fused(x, F::log2_e, F::rounder);
    const T n = rounded - F::rounder;
    return {rounded, fused(-n, F::ln2_low, fused(-n, F::ln2_high, x)) + low};
}

// 2^(n + extra) from n + rounder: n's place is the exponent. What the rounder put above it falls out of the
// shift.
template <class T>
inline T power_of_two(T rounded, typename Format<T>::Bits extra) {
    using F = Format<T>;
    return bits_as<T>((bits_as<typename F::Bits>(rounded) + (F::bias + extra)) << F::mantissa);
}

// 2^twos e^(x + low) before its last rounding, for x <= 0. The first of the two factors of 2^n keeps every
// bit, so a subnormal result is rounded once. (The limit is compared so that NaN passes.)
template <class T>
inline Pair<T> exp_pair(T x, T low = 0, int twos = 0) {
    using F = Format<T>;
    const Reduced<T> a = reduce(x < F::lowest ? F::lowest : x, low);
    const Pair<T> e = fast_sum(T(1), fused(a.r * a.r, exp_tail(a.r), a.r));
    const T power = power_of_two(a.rounded, F::lift + typename F::Bits(twos));
    return {e.high * power * F::lower, e.low * power * F::lower};
}

// expm1(x) before its last rounding, for x <= 0.
//
// 2^n (1 + r + r^2 q) - 1 = (2^n - 1) + 2^n r + 2^n r^2 q. In -1 + 2^n the first is never the smaller, and
// beside their sum 2^n r is the smaller for n < 0; for n = 0 the sum is 0. So fast_sum loses nothing.
template <class T>
inline Pair<T> expm1_pair(T x) {
    const Reduced<T> a = reduce(x < -60 ? T(-60) : x);  // expm1(-60) is -1 to within 2^-86
    const T power = power_of_two(a.rounded, 0);
    const Pair<T> shift = fast_sum(T(-1), power);
    const Pair<T> sum = fast_sum(shift.high, power * a.r);
    return fast_sum(sum.high, fused(power, a.r * a.r * exp_tail(a.r), sum.low + shift.low));
}

}  // namespace
}  // namespace rectifier
