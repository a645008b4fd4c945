// x where its size is above lambd, else 0.
#pragma once

#include "math/fused.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct hardshrink : Elementwise {
    static constexpr bool exact = true;

    template <class T>
    static T value(T x, T lambd) {
        return magnitude(x) <= lambd ? T(0) : x;
    }

    template <class T>
    static T slope(T x, T lambd) {
        const T of_number = magnitude(x) > lambd ? T(1) : T(0);
        return x == x ? of_number : x;
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
