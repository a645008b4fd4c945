// Written by fit.py; do not edit.
//
// The tail of the exponential, q(z) = (e^z - 1 - z) / z^2 for |z| <= ln 2 / 2.
#pragma once

#include "horner.hpp"

namespace rectifier {
namespace {

// clang-format off
// Degree 10: the error, relative to expm1(z), is below 8.7e-19.
inline double exp_tail(double z) {
    return horner(z,
                  0x1.0000000000000p-1,
                  0x1.5555555555557p-3,
                  0x1.5555555555556p-5,
                  0x1.11111111100dfp-7,
                  0x1.6c16c16c162d6p-10,
                  0x1.a01a01abe62ddp-13,
                  0x1.a01a01a6d7808p-16,
                  0x1.71de02375656cp-19,
                  0x1.27e4db67b4303p-22,
                  0x1.af4ddd84882fep-26,
                  0x1.1f72fc730b4ffp-29);
}

// Degree 6: the error, relative to expm1(z), is below 8.9e-12.
inline Wide exp_tail(Wide z) {
    return horner(z.value,
                  0x1.0000000000000p-1,
                  0x1.5555556750672p-3,
                  0x1.5555555c85f99p-5,
                  0x1.1110c63a4eed0p-7,
                  0x1.6c1685919d367p-10,
                  0x1.a15169e096556p-13,
                  0x1.a1131351400c3p-16);
}

// Degree 5: the error, relative to expm1(z), is below 1.4e-09.
inline float exp_tail(float z) {
    return horner(z,
                  0x1.0000000000000p-1f,
                  0x1.5555560000000p-3f,
                  0x1.5554ea0000000p-5f,
                  0x1.1110e00000000p-7f,
                  0x1.6d43160000000p-10f,
                  0x1.a124e40000000p-13f);
}
// clang-format on

}  // namespace
}  // namespace rectifier
