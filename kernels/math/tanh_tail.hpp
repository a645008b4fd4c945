// Written by fit.py; do not edit.
//
// (x - tanh(x)) / x^3 = 1/3 - 2/15 z + z^2 q(z) with z = x^2, for |x| <= tanh_edge.
#pragma once

#include "horner.hpp"

namespace rectifier {
namespace {

// clang-format off
template <class T>
constexpr T tanh_edge = 1.2;

template <>
constexpr Wide tanh_edge<Wide> = 0.25;

// Degree 18: the error, relative to x - tanh(x), is below 2.3e-17.
inline double tanh_tail(double z) {
    return horner(z,
                  0x1.ba1ba1ba1ba1cp-5,
                  -0x1.664f4882c10e6p-6,
                  0x1.226e355e6b50ap-7,
                  -0x1.d6d3d0e0e9fd3p-9,
                  0x1.7da364438ffd0p-10,
                  -0x1.355823389e424p-11,
                  0x1.f57d524bd8cadp-13,
                  -0x1.967ca12d90d98p-14,
                  0x1.49729e9b661e7p-15,
                  -0x1.0ad5bced0f638p-16,
                  0x1.aee5294daf46fp-18,
                  -0x1.57fe5e94265bbp-19,
                  0x1.0a15b31f1435fp-20,
                  -0x1.8014984df84a0p-22,
                  0x1.e93ae1213148bp-24,
                  -0x1.fff6136f63148p-26,
                  0x1.91aff8a4af901p-28,
                  -0x1.9bbcc314c72bdp-31,
                  0x1.97fa93de13d9ap-35);
}

// Degree 3: the error, relative to x - tanh(x), is below 1.9e-12.
inline Wide tanh_tail(Wide z) {
    return horner(z.value,
                  0x1.ba1ba1a36c4dcp-5,
                  -0x1.664eedb30de31p-6,
                  0x1.2235357097085p-7,
                  -0x1.bfc8155a8425cp-9);
}
// clang-format on

}  // namespace
}  // namespace rectifier
