// a silu(b), a and b the two halves of the input.
#pragma once

#include "activations/silu.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct swiglu : Gated {
    template <class T>
    static T value(T a, T b) {
        return a * silu::value(b);
    }

    template <class T>
    static Two<T> slope(T a, T b) {
        return {silu::value(b), a * silu::slope(b)};
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
