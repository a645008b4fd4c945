// Written by fit.py; do not edit.
//
// log(1 + e) / e for 0 <= e <= 1; its slope from 1, (log(1 + e) / e - 1) / e, for e <= e^-1; and
// log(cosh(x / 2)) / x^2 as a function of z = x^2 for |x| <= 1.
#pragma once

#include "horner.hpp"

namespace rectifier {
namespace {

// clang-format off
// Degree 10: the error, relative to log(1 + e), is below 8.5e-10.
inline Wide log1p_ratio(Wide z) {
    return horner(z.value,
                  0x1.fffffff8bf536p-1,
                  -0x1.fffff23ca5d8fp-2,
                  0x1.55532471bce50p-2,
                  -0x1.ffb933dac867dp-3,
                  0x1.9742f82e42739p-3,
                  -0x1.49797a179fca6p-3,
                  0x1.fb00b1a6ce14cp-4,
                  -0x1.4f61d4fd9d9cap-4,
                  0x1.4fed049df857ap-5,
                  -0x1.b02381e6f92c7p-7,
                  0x1.046679cb2b7ebp-9);
}

// Degree 6: the error, relative to log(1 + e), is below 3.9e-09.
inline float log1p_slope(float z) {
    return horner(z,
                  -0x1.0000000000000p-1f,
                  0x1.5555060000000p-2f,
                  -0x1.ffe4a80000000p-3f,
                  0x1.97cc400000000p-3f,
                  -0x1.4678460000000p-3f,
                  0x1.c4eb820000000p-4f,
                  -0x1.71e0700000000p-5f);
}

// Degree 4: the error, relative to log(1 + e^x), is below 1.7e-09.
inline float log_cosh_tail(float z) {
    return horner(z,
                  0x1.0000000000000p-3f,
                  -0x1.5555180000000p-8f,
                  0x1.6bf7c40000000p-12f,
                  -0x1.b493300000000p-16f,
                  0x1.d386460000000p-20f);
}
// clang-format on

}  // namespace
}  // namespace rectifier
