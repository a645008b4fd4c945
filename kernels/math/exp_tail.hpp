// Written by fit.py; do not edit.
//
// The tail of the exponential, q(r) = (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2.
#pragma once

#include "horner.hpp"

namespace rectifier {
namespace {

// clang-format off
// Degree 5: the error of r + r^2 q(r), relative to expm1(r), is below 1.4e-09.
inline float exp_tail(float r) {
    return horner(r,
                  0x1.0000000000000p-1f,
                  0x1.5555560000000p-3f,
                  0x1.5554ea0000000p-5f,
                  0x1.1110e00000000p-7f,
                  0x1.6d43160000000p-10f,
                  0x1.a124e40000000p-13f);
}

// Degree 10: the error of r + r^2 q(r), relative to expm1(r), is below 8.7e-19.
inline double exp_tail(double r) {
    return horner(r,
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
// clang-format on

}  // namespace
}  // namespace rectifier
