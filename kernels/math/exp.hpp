// exp and expm1 of arguments from Format<T>::lowest to 40: activations are written with exponentials that
// shrink, or are bounded where they grow, and so do not overflow. (Others give nonsense, which a select may
// discard.)
//
// x + low = n ln 2 + r with |r| <= ln 2 / 2, hence exp(x) = 2^n (1 + r + r^2 q(r)), q from exp_tail.hpp.
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
    static constexpr float lowest = -130;
    // exp of this rounds to 0 even when it is multiplied by `largest`.
    static constexpr float furthest = -194;
    static constexpr int lift = 64;
    static constexpr float lower = 0x1p-64f;
    static constexpr float largest = 0x1.fffffep127f;
    // 1 is nothing beside this, and the inverse of its square is zero beside any result; both are numbers.
    static constexpr float far = 0x1p50f;
};

template <>
struct Format<double> {
    // exp of this still rounds to 0 when it is multiplied by -lowest.
    static constexpr double lowest = -790;
    static constexpr double furthest = -1460;
    // 2^n is multiplied by 2^512, and so is a normal number where 2^n may be none.
    static constexpr int lift = 512;
    static constexpr double lower = 0x1p-512;
    static constexpr double largest = 0x1.fffffffffffffp1023;
    static constexpr double far = 0x1p400;
};

// Its exponentials are never subnormal, and need no lift.
template <>
struct Format<Wide> {
    static constexpr double lowest = -700;
    static constexpr double furthest = lowest;
    static constexpr double lower = 1;
    static constexpr double largest = Format<double>::largest;
    static constexpr double far = 0x1p200;
};

// Brings a lifted result (see below) down. This rounds once if the result is subnormal and not at all
// otherwise.
template <class T>
constexpr T lower = T(Format<T>::lower);

// x from `least` to `most`; NaN stays NaN.
template <class T>
inline T clamped(T x, T least, T most) {
    const T above = select(x < least, least, x);
    return select(above > most, most, above);
}

// An argument for the exponential: at least `lowest`, whose exponential is zero beside anything.
template <class T>
inline T bounded(T x) {
    return select(x < Format<T>::lowest, T(Format<T>::lowest), x);  // compared so that NaN passes
}

// Far out the low part is none: it would be infinity less infinity.
template <class T>
inline Pair<T> bounded(Pair<T> x) {
    const T high = bounded(x.high);
    return {high, select(high == x.high, x.low, T(0))};
}
inline Pair<Wide> bounded(Pair<Wide> x) { return {bounded(x.high)}; }

constexpr int mantissa_bits = 52;
constexpr int exponent_bias = 1023;

// e^x, taken apart: 2^n (1 + r + rest).
template <class T>
struct Exponential;

// e^x times 2^lift is e times power, for arguments down to Format<T>::furthest: there 2^n takes two numbers.
template <class T>
struct InTwoSteps {
    Pair<T> e;
    T power;
};

// The sum of r and rest is below 0.42, so its rounding, and that of r, count a quarter of an ulp each at most
// in 1 + r + rest.
template <>
struct Exponential<double> {
    double power;  // 2^n, lifted
    double r;
    double r_low;
    double rest;

    // e^x times 2^lift. Where e^x is a factor of the result, multiply with this and by `lower` last, so that
    // no bit is lost where e^x is subnormal.
    Pair<double> lifted() const { return scaled(fast_sum(1.0, r + rest), power); }

    InTwoSteps<double> in_two_steps() const {
        constexpr std::uint64_t one = std::uint64_t(exponent_bias) << mantissa_bits;
        const double first = normal_power();
        return {scaled(fast_sum(1.0, r + rest), first),
                bits_as<double>(bits_as<std::uint64_t>(power) - bits_as<std::uint64_t>(first) + one)};
    }

    // The same without the roundings of r and of r + rest: for results that have other errors beside this
    // one's.
    Pair<double> precise() const {
        const Pair<double> first = fast_sum(1.0, r);
        return scaled(fast_sum(first.high, first.low + (rest + r_low)), power);
    }

    // e^x - 1 = (2^n - 1) + 2^n r + 2^n rest. In -1 + 2^n the first is the greater, or the sum is exact;
    // beside that sum 2^n r is the smaller for n != 0; for n = 0 the sum is 0. So fast_sum loses nothing.
    Pair<double> minus_one() const { return minus_one_with(rest); }

    // The same without the rounding of r.
    Pair<double> precise_minus_one() const { return minus_one_with(rest + r_low); }

    Pair<double> minus_one_with(double remaining) const {
        const double two_n = normal_power() * lower<double>;
        const Pair<double> shift = fast_sum(-1.0, two_n);
        const Pair<double> first = fast_sum(shift.high, two_n * r);
        return fast_sum(first.high, fused(two_n, remaining, first.low + shift.low));
    }

    // Beyond `lowest` the bits of 2^n are those of a negative number, or of NaN.
    double normal_power() const { return power > 0x1p-1022 ? power : 0x1p-1022; }
};

constexpr double log2_e = 0x1.71547652b82fep+0;
// ln 2 in two parts. The first has so many zero bits at its end that n times it is exact for |n| < 2^21.
constexpr double ln2_high = 0x1.62e42feep-1;
constexpr double ln2_low = 0x1.a39ef35793c76p-33;

// Adding this rounds to an integer and leaves it, and `more`, in the sum's lowest bits. A shift takes them
// from there to the place of the exponent. What else is in the sum falls out.
constexpr double rounder(int more) { return 0x1.8p52 + more; }

inline std::uint64_t exponent_bits(double shifted) {
    return bits_as<std::uint64_t>(shifted) << mantissa_bits;
}

// e^(x + low), for |low| at most an ulp of x.
inline Exponential<double> exponential(double x, double low = 0) {
    constexpr double round = rounder(exponent_bias + Format<double>::lift);
    const double shifted = fused(x, log2_e, round);
    const double n = shifted - round;
    const double first = fused(-n, ln2_high, x);  // exact
    const double second = fused(-n, ln2_low, first);
    const double r = second + low;
    const double r_low = fused(-n, ln2_low, first - second) + (low - (r - second));
    return {bits_as<double>(exponent_bits(shifted)), r, r_low, r * r * exp_tail(r)};
}

inline Exponential<double> exponential(Pair<double> x) { return exponential(x.high, x.low); }

// The same for Wide, where r + rest is one number.
template <>
struct Exponential<Wide> {
    std::uint64_t n;  // in the exponent's place
    Wide p;

    // 1 + p is multiplied by 2^n by adding to its exponent, which no other arithmetic has to wait for. (A NaN
    // stays one: it came from a smaller type, so its lowest bits are zero, and n is.)
    Pair<Wide> lifted() const { return {bits_as<double>(bits_as<std::uint64_t>((1 + p).value) + n)}; }
    InTwoSteps<Wide> in_two_steps() const { return {lifted(), 1}; }
    Pair<Wide> precise() const { return lifted(); }

    Pair<Wide> minus_one() const {
        const Wide power = bits_as<double>(n + (std::uint64_t(exponent_bias) << mantissa_bits));
        return {(power - 1) + power * p};
    }
    Pair<Wide> precise_minus_one() const { return minus_one(); }
};

inline Exponential<Wide> exponential(Wide x) {
    constexpr double round = rounder(0);
    const double shifted = fused(x.value, log2_e, round);
    const Wide r = fused(round - shifted, ln2_high + ln2_low, x.value);
    return {exponent_bits(shifted), fused(r * r, exp_tail(r), r)};
}

inline Exponential<Wide> exponential(Pair<Wide> x) { return exponential(x.high); }

// The same for float, for members that are computed in it. The roundings of r and of r^2 q(r) are at most
// 0.45 ulp of 1 + p together, and members round once more at their end.
template <>
struct Exponential<float> {
    std::uint32_t n;  // in the exponent's place, lifted
    float p;
    float p_low;

    Pair<float> lifted() const { return scaled(fast_sum(1.0f, Pair<float>{p, p_low}), bits_as<float>(n)); }

    InTwoSteps<float> in_two_steps() const {
        constexpr std::uint32_t least = 1 << 23;
        const std::uint32_t first = std::int32_t(n) < std::int32_t(least) ? least : n;
        return {scaled(fast_sum(1.0f, Pair<float>{p, p_low}), bits_as<float>(first)),
                bits_as<float>(n - first + 127 * least)};
    }

    // (2^n - 1) + 2^n p, where the difference is exact down to n = -24 and -1 beyond; the rest as for double.
    Pair<float> minus_one() const {
        const float power = two_n(), shift = power - 1;
        const float high = fused(power, p, shift);
        return {high, fused(power, p_low, fused(power, p, shift - high))};
    }

    // The same with what that difference rounds.
    Pair<float> precise_minus_one() const {
        const float power = two_n();
        const Pair<float> shift = fast_sum(-1.0f, power);
        const float high = fused(power, p, shift.high);
        return {high, fused(power, p_low, fused(power, p, shift.high - high) + shift.low)};
    }

    // Not lifted; as far down as there are normal numbers.
    float two_n() const {
        constexpr std::uint32_t least = 1 << 23, lift = Format<float>::lift << 23;
        const std::uint32_t plain = n - lift;
        return bits_as<float>(std::int32_t(plain) < std::int32_t(least) ? least : plain);
    }
};

// What is left of x - n ln 2, and n in the exponent's place.
struct Reduced {
    std::uint32_t n;
    float r;
};

inline Reduced reduced(float x) {
    constexpr float round = 0x1.8p23f + 127 + Format<float>::lift;
    constexpr float first = 0x1.62e4p-1f, second = 0x1.7f7d1cp-20f;  // of ln 2; n times the first is exact
    const float shifted = fused(x, float(log2_e), round);
    const float n = shifted - round;
    return {bits_as<std::uint32_t>(shifted) << 23, fused(-n, second, fused(-n, first, x))};
}

inline Exponential<float> exponential(Pair<float> x) {
    const Reduced high = reduced(x.high);
    const float r = high.r + x.low;
    const Pair<float> p = fast_sum(r, fused(r * r, exp_tail(r), x.low - (r - high.r)));
    return {high.n, p.high, p.low};
}

inline Exponential<float> exponential(float x) {
    const Reduced all = reduced(x);
    const Pair<float> p = fast_sum(all.r, all.r * all.r * exp_tail(all.r));
    return {all.n, p.high, p.low};
}

}  // namespace
}  // namespace rectifier
