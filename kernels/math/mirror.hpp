// Members with f(x) - f(-x) = x, hence f'(x) + f'(-x) = 1, from what they are at -t for t >= 0: there they
// are small, and both sides get their full relative precision.
//
// Such a member has a Tail with value(t) = -f(-t) and slope(t) = f'(-t), lifted, and `furthest`, from where
// on both are zero in what they count, beside x or 1 and by themselves.
#pragma once

#include "exp.hpp"
#include "pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {

// NaN stays NaN.
template <class Tail, class T>
inline T bounded_magnitude(T x) {
    const T t = magnitude(x);
    return select(t > Tail::template furthest<T>, Tail::template furthest<T>, t);
}

template <class Tail, class T>
inline T mirrored_value(T x) {
    const Pair<T> tail = Tail::value(bounded_magnitude<Tail>(x));
    const T left = -rounded(tail) * lower<T>;
    const T right = rounded(fast_sum(x, negative(scaled(tail, lower<T>))));
    // Zero keeps its sign; infinity has no low part.
    return select(x < 0, left, select((x > 0) & (x < Tail::template furthest<T>), right, x));
}

// Wide has its rounding still before it, and infinity is as good as any number. Near zero the tail is a
// little less than t / 2, which is halfway between two numbers of the smaller type for every other subnormal
// t: so it is made less, and rounded to the right one.
template <class Tail>
inline Wide mirrored_value(Wide x) {
    const Pair<Wide> tail = Tail::value(bounded_magnitude<Tail>(x));
    return fused(rounded(tail), -just_below_one, select(x < 0, Wide(-0.0), x));
}

template <class Tail, class T>
inline T mirrored_slope(T x) {
    const Pair<T> tail = Tail::slope(bounded_magnitude<Tail>(x));
    const T left = rounded(tail) * lower<T>;
    const T right = rounded(fast_sum(T(1), negative(scaled(tail, lower<T>))));
    return select(x < 0, left, right);
}

template <class Member>
struct Mirrored : Elementwise {
    template <class T>
    static T value(T x) {
        return mirrored_value<typename Member::Tail>(x);
    }

    template <class T>
    static T slope(T x) {
        return mirrored_slope<typename Member::Tail>(x);
    }
};

}  // namespace
}  // namespace rectifier
