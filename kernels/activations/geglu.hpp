// a gelu(b), a and b the two halves of the input.
#pragma once

#include "activations/gelu.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct geglu : Gated {
    template <class T>
    static T value(T a, T b) {
        return a * gelu::value(b);
    }

    template <class T>
    static Two<T> slope(T a, T b) {
        return {gelu::value(b), a * gelu::slope(b)};
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
