// Written by fit.py; do not edit.
//
// The tail of the inverse hyperbolic tangent, q(z) = (atanh(s) / s - 1) / s^2 with z = s^2, for s <= 1/3.
#pragma once

#include "horner.hpp"

namespace rectifier {
namespace {

// clang-format off
// Degree 10: the error, relative to atanh(s), is below 2.2e-18.
inline double atanh_tail(double z) {
    return horner(z,
                  0x1.5555555555555p-2,
                  0x1.9999999999944p-3,
                  0x1.2492492499d46p-3,
                  0x1.c71c71bedea97p-4,
                  0x1.745d19937b1fcp-4,
                  0x1.3b13515f6f9efp-4,
                  0x1.111abdc8abe16p-4,
                  0x1.e0a2d581ab68fp-5,
                  0x1.bc37f0140c19ep-5,
                  0x1.32e0d25c9c761p-5,
                  0x1.401d3e65cdc48p-4);
}
// clang-format on

}  // namespace
}  // namespace rectifier
