// log(1 / (1 + e^-x)): softplus, turned about.
#pragma once

#include "activations/softplus.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct logsigmoid : Elementwise {
    template <class T>
    static T value(T x) {
        return -softplus::value(-x, T(1));
    }

    template <class T>
    static T slope(T x) {
        return softplus::slope(-x, T(1));
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
