// x P(x), P the standard normal distribution. What it is at -t, for t >= 0, gives both sides: gelu(x) -
// gelu(-x) = x.
#pragma once

#include "math/mirror.hpp"
#include "math/normal.hpp"
#include "math/pair.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct gelu : Mirrored<gelu> {
    struct Tail {
        template <class T>
        static constexpr T furthest = normal_furthest<T>;

        template <class T>
        static Pair<T> value(T t) {
            return product(t, normal_tail(t).probability());
        }

        template <class T>
        static Pair<T> slope(T t) {
            return normal_tail(t).slope();
        }
    };
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
