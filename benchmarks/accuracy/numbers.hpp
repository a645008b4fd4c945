// The types the truth is computed in, and their mathematical functions, from the C library alone.
//
// Near<Float> has room for the results of Float and some bits to spare; Wide has at least 113 bits and
// decides where Near is too near to a tie between two results.
#pragma once

#include <cfloat>
#include <cmath>

#if defined(__SIZEOF_FLOAT128__) && __has_include(<quadmath.h>)
#include <quadmath.h>
#define REFERENCE_CONSTANT(digits) digits##Q
#define REFERENCE_WIDE(name) \
    inline Wide name(Wide x) { return name##q(x); }
namespace reference {
using Wide = __float128;
}
#elif LDBL_MANT_DIG >= 113
#define REFERENCE_CONSTANT(digits) digits##L
#define REFERENCE_WIDE(name)
namespace reference {
using Wide = long double;
}
#else
#error "the reference needs a compiler with a floating point type of 113 bits"
#endif

namespace reference {

#define REFERENCE_FUNCTION(name)                                    \
    inline double name(double x) { return std::name(x); }           \
    inline long double name(long double x) { return std::name(x); } \
    REFERENCE_WIDE(name)
REFERENCE_FUNCTION(exp)
REFERENCE_FUNCTION(expm1)
REFERENCE_FUNCTION(log1p)
REFERENCE_FUNCTION(tanh)
REFERENCE_FUNCTION(erfc)
REFERENCE_FUNCTION(sqrt)
REFERENCE_FUNCTION(rint)

template <class T>
inline T abs(T x) {
    return x < 0 ? -x : x;
}

// `trust`: a result of Near differs from the truth by less than this share of itself, but where a member says
// that it is `hard`. Both are far wider than the C library's errors; tests hold them against Wide.
template <class Float>
struct Format;

template <>
struct Format<float> {
    using Near = double;
    static constexpr Near trust = 0x1p-40;
    static constexpr bool narrow = true;
    static constexpr int precision = 24, lowest = -149;
};

template <>
struct Format<double> {
    using Near = long double;
    static constexpr Near trust = 0x1p-58;
    static constexpr bool narrow = false;
    static constexpr int precision = 53, lowest = -1074;
};

}  // namespace reference
