// A polynomial by Horner's rule, lowest coefficient first, unrolled by the compiler.
#pragma once

#include "fused.hpp"

namespace rectifier {
namespace {

template <class T>
inline T horner(T, T last) {
    return last;
}

template <class T, class... Rest>
inline T horner(T x, T first, Rest... rest) {
    return fused(x, horner(x, rest...), first);
}

}  // namespace
}  // namespace rectifier
