// a * b + c, fused into one rounding where the processor can do that, else in two.
//
// It is always asked for by name, and the compiler may not fuse anything by itself (-ffp-contract=off): left
// to it, the same number would come out differently in one loop and another, or in the middle of an array and
// at its end.
#pragma once

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

}  // namespace
}  // namespace rectifier
