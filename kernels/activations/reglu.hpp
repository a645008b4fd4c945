// a relu(b), a and b the two halves of the input.
#pragma once

#include "activations/relu.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct reglu : Gated {
    static constexpr bool exact = true;

    template <class T>
    static T value(T a, T b) {
        return a * relu::value(b);
    }

    template <class T>
    static Two<T> slope(T a, T b) {
        return {relu::value(b), a * relu::slope(b)};
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
