// x, or alpha (e^x - 1) where x is not positive.
#pragma once

#include "math/exp.hpp"
#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct elu : Elementwise {
    static constexpr bool narrow = RECTIFIER_FUSES;

    template <class T>
    static T value(T x, T alpha) {
        const T negative = rounded_product(alpha, power(x).minus_one());
        return select(x >= 0, x,
                      negative);  // zero belongs to either side; taken from this one it keeps its sign
    }

    template <class T>
    static T slope(T x, T alpha) {
        // A large alpha is made less before, so that the product is a number. With it e^x counts further out.
        const T before = select(alpha > 1, lower<T>, T(1)), after = select(alpha > 1, T(1), lower<T>);
        const InTwoSteps<T> steps = power(x).in_two_steps();
        const T negative = rounded_product(alpha * before, steps.e) * (after * steps.power);
        return select(x > 0, T(1), negative);
    }

    // The same for both, so that both together compute it once.
    template <class T>
    static Exponential<T> power(T x) {
        return exponential(select(x < Format<T>::furthest, T(Format<T>::furthest), x));
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
