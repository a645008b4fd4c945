// a sigmoid(b), a and b the two halves of the input.
#pragma once

#include "activations/sigmoid.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct glu : Gated {
    template <class T>
    static T value(T a, T b) {
        return a * sigmoid::value(b);
    }

    template <class T>
    static Two<T> slope(T a, T b) {
        return {sigmoid::value(b), a * sigmoid::slope(b)};
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
