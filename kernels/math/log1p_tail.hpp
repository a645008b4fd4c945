// Written by fit.py; do not edit.
//
// log(1 + e) / e for 0 <= e <= 1.
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
// clang-format on

}  // namespace
}  // namespace rectifier
