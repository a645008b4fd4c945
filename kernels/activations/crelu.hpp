// max(0, x) and max(0, -x), side by side. Integers stay integers.
#pragma once

#include "activations/relu.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct crelu : Concatenated {
    static constexpr bool integers = true;
    static constexpr bool exact = true;

    template <class T>
    static Two<T> value(T x) {
        return {relu::value(x), x > T(0) ? T(0) : T(-x)};
    }

    template <class T>
    static Two<T> slope(T x) {
        return {relu::slope(x), x == x ? (x < T(0) ? T(-1) : T(0)) : x};
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
