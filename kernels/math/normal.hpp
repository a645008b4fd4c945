// The lower tail of the standard normal distribution, P(-t) for t >= 0, and what GELU's slope needs of it.
//
// P(-t) = exp(-t^2/2) R(t), where R (half of erfcx(t / sqrt 2)) falls slowly from 1/2 as 1 / t. GELU's slope
// at -t is exp(-t^2/2) (R(t) - t / sqrt(2 pi)); the bracket has a zero at t0, and divided by (t0 - t) it is
// again a slow function. Taking out the zero keeps the slope's relative precision beside it.
//
// In double (t + a) R(t) and (R(t) - t / sqrt(2 pi)) / (t0 - t) are polynomials of v = (a - t) / (a + t), in
// which they are nearly constant; in Wide, which asks for half the digits, R and the latter are quotients of
// short polynomials of t.
#pragma once

#include "exp.hpp"
#include "normal_tail.hpp"
#include "pair.hpp"

namespace rectifier {
namespace {

template <class T>
struct NormalTail;

template <>
struct NormalTail<double> {
    Pair<double> power;    // exp(-t^2/2), lifted
    Pair<double> divisor;  // t + a
    double t;
    double v;

    // P(-t), lifted.
    Pair<double> probability() const {
        const Pair<double> s = sum(NormalFit::ratio_high, v * normal_ratio_tail(v));
        return quotient(product(power, Pair<double>{s.high, s.low + NormalFit::ratio_low}), divisor);
    }

    // P(-t) - t p(t), p the density: the slope of x P(x) at x = -t, lifted.
    Pair<double> slope() const {
        const Pair<double> s = sum(NormalFit::slope_high, v * normal_slope_tail(v));
        const Pair<double> before_zero = sum(NormalFit::zero_high, -t);
        return product(product(power, Pair<double>{s.high, s.low + NormalFit::slope_low}),
                       Pair<double>{before_zero.high, before_zero.low + NormalFit::zero_low});
    }
};

template <>
struct NormalTail<Wide> {
    Pair<Wide> power;
    Wide t;

    Pair<Wide> probability() const {
        return quotient({power.high * normal_ratio_above(t)}, {normal_ratio_below(t)});
    }

    Pair<Wide> slope() const {
        return quotient({power.high * (NormalFit::zero_high - t) * normal_slope_above(t)},
                        {normal_slope_below(t)});
    }
};

// Here both results are 0. Greater t are not allowed.
template <class T>
constexpr T normal_furthest = NormalFit::furthest;
template <>
constexpr Wide normal_furthest<Wide> = NormalFit::furthest_wide;

inline NormalTail<double> normal_tail(double t) {
    const Pair<double> square = product(t, t * -0.5);
    const Pair<double> divisor = sum(t, NormalFit::shift);
    return {exponential(square).precise(), divisor, t, fused(1 / divisor.high, 2 * NormalFit::shift, -1.0)};
}

inline NormalTail<Wide> normal_tail(Wide t) { return {exponential(t * t * -0.5).lifted(), t}; }

}  // namespace
}  // namespace rectifier
