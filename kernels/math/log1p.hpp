// log(1 + e) for 0 <= e <= 1, as a pair.
//
// log(1 + e) = 2 atanh(s) with s = e / (2 + e) <= 1/3, and atanh(s) = s + s^3 q(s^2), q from atanh_tail.hpp.
// The second term is at most a 26th of the first, so its rounding is a 50th of an ulp and s alone needs care.
#pragma once

#include "atanh_tail.hpp"
#include "exp.hpp"
#include "log1p_tail.hpp"
#include "pair.hpp"

namespace rectifier {
namespace {

// 2 atanh(s), times whatever s is lifted by; `plain` is s without that, to no more than its own precision.
inline Pair<double> twice_atanh(Pair<double> s, double plain) {
    const double square = plain * plain;
    return {2 * s.high, fused(2 * s.high, square * atanh_tail(square), 2 * s.low)};
}

// log(1 + e^x), lifted, for x <= 0.
inline Pair<double> log1p_of(Exponential<double> e) {
    const Pair<double> lifted = e.lifted();
    const Pair<double> s = quotient(lifted, fast_sum(2.0, scaled(lifted, lower<double>)));
    return twice_atanh(s, s.high * lower<double>);
}

// For Wide it is e p(e), p a polynomial: the quotient would cost more than the coefficients it saves.
inline Pair<Wide> log1p_of(Exponential<Wide> e) {
    const Wide number = rounded(e.lifted());
    return {number * log1p_ratio(number)};
}

// log(1 + e^x) for x <= -1 in float: 2^n (1 + p) (1 + e u(e)), where the product's 1 is added last. p and
// what is added to it are below 1/2, so that their roundings are a quarter of an ulp each.
inline float log1p_of_power(float x) {
    const Reduced part = reduced(x);
    const float p = fused(part.r * part.r, exp_tail(part.r), part.r), f = 1 + p,
                power = bits_as<float>(part.n);
    const float e = f * power * lower<float>;
    return (1 + fused(f, e * log1p_slope(e), p)) * power * lower<float>;
}

// log(1 + e^x) for |x| <= 1 in float: ln 2 + x / 2 + x^2 q(x^2). The first sum's rounding is kept, and what
// is added to that counts little: so it rises with x, though x near zero has more digits than the result.
inline float log_of_power_and_one(float x) {
    constexpr Pair<float> ln2 = constant<float>(0x1.62e42fefa39efp-1, 0);
    const float square = x * x;
    const Pair<float> first = fast_sum(ln2.high, 0.5f * x);
    return first.high + (first.low + fused(square, log_cosh_tail(square), ln2.low));
}

// log(a) for a >= 1, once per row: no need to be quick.
inline Pair<double> logarithm(Pair<double> a) {
    // a = 2^k f with f from 1 to 2, or the half of that with k one more if it is above 1.5: then |s| <= 1/5.
    const Pair<double> normal = fast_sum(a.high, a.low);
    double k = double(bits_as<std::int64_t>(normal.high) >> 52) - 1023;
    double down = 1;
    for (double left = k; left > 0; left -= 1) down *= 0.5;
    if (normal.high * down > 1.5) {
        down *= 0.5;
        k += 1;
    }
    const Pair<double> f = scaled(normal, down);
    const Pair<double> less_one = sum(f.high, -1.0);
    const Pair<double> s =
        quotient(fast_sum(less_one.high, less_one.low + f.low), fast_sum(1.0, Pair<double>{f.high, f.low}));
    const Pair<double> log_f = twice_atanh(s, s.high);
    // k ln 2: the first part of ln 2 makes it exact.
    return sum(Pair<double>{k * ln2_high, k * ln2_low}, log_f);
}

inline Pair<Wide> logarithm(Pair<Wide> a) { return {rounded(logarithm(Pair<double>{a.high.value, 0}))}; }

}  // namespace
}  // namespace rectifier
