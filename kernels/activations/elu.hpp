// x, or alpha (e^x - 1) where x is not positive.
#pragma once

#include "math/exp.hpp"
#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct elu : Elementwise {
    template <class T>
    static T value(T x, T alpha) {
        const T negative = product(alpha, expm1_pair(x));
        return x >= 0 ? x : negative;  // zero belongs to either side; taken from this one it keeps its sign
    }

    template <class T>
    static T slope(T x, T alpha) {
        const T negative = product(alpha, exp_pair(x));
        return x > 0 ? T(1) : negative;
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
