// max(0, x)^2.
#pragma once

#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct relu_squared : Elementwise {
    static constexpr bool exact = true;

    template <class T>
    static T value(T x) {
        const T rectified = x < T(0) ? T(0) : x;
        return rectified * rectified;
    }

    template <class T>
    static T slope(T x) {
        const T of_number = x > T(0) ? x + x : T(0);
        return x == x ? of_number : x;
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
