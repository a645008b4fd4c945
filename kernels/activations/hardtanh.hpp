// x held between min_val and max_val.
#pragma once

#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct hardtanh : Elementwise {
    static constexpr bool exact = true;

    template <class T>
    static T value(T x, T min_val, T max_val) {
        const T floored = x <= min_val ? min_val : x;
        return floored >= max_val ? max_val : floored;
    }

    template <class T>
    static T slope(T x, T min_val, T max_val) {
        const T of_number = (x > min_val) & (x < max_val) ? T(1) : T(0);
        return x == x ? of_number : x;
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
