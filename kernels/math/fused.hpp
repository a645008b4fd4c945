// The processor's own operations, by one name for every type. First a * b + c, fused into one rounding where
// the processor can do that, else in two.
//
// It is always asked for by name, and the compiler may not fuse anything by itself (-ffp-contract=off): left
// to it, the same number would come out differently in one loop and another, or in the middle of an array and
// at its end.
#pragma once

#include "wide.hpp"

namespace rectifier {
namespace {

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define RECTIFIER_FUSES 1
inline float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline double fused(double a, double b, double c) { return __builtin_fma(a, b, c); }
#else
#define RECTIFIER_FUSES 0
inline float fused(float a, float b, float c) { return a * b + c; }
inline double fused(double a, double b, double c) { return a * b + c; }
#endif
inline Wide fused(Wide a, Wide b, Wide c) { return fused(a.value, b.value, c.value); }

inline float square_root_of(float a) { return __builtin_sqrtf(a); }
inline double square_root_of(double a) { return __builtin_sqrt(a); }
inline Wide square_root_of(Wide a) { return square_root_of(a.value); }

inline float magnitude(float a) { return __builtin_fabsf(a); }
inline double magnitude(double a) { return __builtin_fabs(a); }
inline Wide magnitude(Wide a) { return magnitude(a.value); }

inline float with_sign_of(float a, float sign) { return __builtin_copysignf(a, sign); }
inline double with_sign_of(double a, double sign) { return __builtin_copysign(a, sign); }
inline Wide with_sign_of(Wide a, Wide sign) { return with_sign_of(a.value, sign.value); }

}  // namespace
}  // namespace rectifier
