// log(1 / (1 + e^-x)): softplus, turned about.
#pragma once

#include "activations/softplus.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct logsigmoid : Elementwise {
    static constexpr bool narrow = softplus_of_one::narrow;

    template <class T>
    static T value(T x) {
        return -softplus_of_one::value(-x);
    }

    template <class T>
    static T slope(T x) {
        return softplus_of_one::slope(-x);
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
