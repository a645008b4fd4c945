// leaky_relu whose slope on the negative side is learned and called weight.
#pragma once

#include "activations/leaky_relu.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct prelu : Elementwise {
    static constexpr bool exact = true;

    template <class T>
    static T value(T x, T weight) {
        return leaky_relu::value(x, weight);
    }

    template <class T>
    static T slope(T x, T weight) {
        return leaky_relu::slope(x, weight);
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
