// x where it is above the threshold, else value.
#pragma once

#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct threshold : Elementwise {
    static constexpr bool exact = true;

    template <class T>
    static T value(T x, T threshold, T value) {
        return x <= threshold ? value : x;
    }

    template <class T>
    static T slope(T x, T threshold, T) {
        const T of_number = x > threshold ? T(1) : T(0);
        return x == x ? of_number : x;
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
