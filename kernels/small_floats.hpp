// IEEE binary16 and bfloat16, and their conversion to and from float and double, without branches so that
// loops over them vectorise.
//
// Neither direction lets a subnormal float appear: such numbers are slow on many processors and vanish where
// a program has asked for denormals to be flushed (torch.set_flush_denormal does).
#pragma once

#include <cstdint>

#include "bits.hpp"

namespace rectifier {
namespace {

struct half {
    std::uint16_t bits;
};

struct bfloat16 {  // the upper half of a float
    std::uint16_t bits;
};

inline float widen(half h) {
    const std::uint32_t magnitude = h.bits & 0x7fffu;
    const std::uint32_t sign = (h.bits & 0x8000u) << 16;
    // A normal half: the 10 mantissa bits move up by 13, and the exponent's bias grows from 15 to 127.
    const std::uint32_t normal = (magnitude << 13) + ((127u - 15u) << 23);
    // Infinity and NaN: exponent 31 must become 255, which is another 112 more than the bias asks for.
    const std::uint32_t special = normal + ((127u - 15u) << 23);
    // A subnormal half is its mantissa times 2^-24, which float holds as a normal number.
    const std::uint32_t subnormal =
        bits_as<std::uint32_t>(static_cast<float>(std::int32_t(magnitude)) * 0x1p-24f);
    const std::uint32_t finite = magnitude < 0x0400u ? subnormal : normal;
    return bits_as<float>(sign | (magnitude < 0x7c00u ? finite : special));
}

template <class To>
inline To narrow(float x);

template <>
inline half narrow<half>(float x) {
    const std::uint32_t bits = bits_as<std::uint32_t>(x);
    const std::uint32_t magnitude = bits & 0x7fffffffu;
    const std::uint32_t sign = (bits >> 16) & 0x8000u;
    // Round to nearest, ties to even: add just under half of the last place kept, and one more if that place
    // is odd. A carry out of the mantissa raises the exponent, as it should; past 65520 it arrives at
    // infinity by itself.
    const std::uint32_t odd = (magnitude >> 13) & 1u;
    const std::uint32_t normal = (magnitude - ((127u - 15u) << 23) + 0x0fffu + odd) >> 13;
    // Below 2^-14 the last place of a half is 2^-24, which is also the last place of a float in [0.5, 1):
    // adding 0.5 makes the processor round there, and what was added to the bits of 0.5 is the half's
    // mantissa.
    const std::uint32_t subnormal = bits_as<std::uint32_t>(bits_as<float>(magnitude) + 0.5f) - 0x3f000000u;
    const std::uint32_t not_a_number = 0x7e00u | ((magnitude >> 13) & 0x03ffu);
    const std::uint32_t small = magnitude < 0x38800000u ? subnormal : normal;
    const std::uint32_t number = magnitude < 0x47800000u ? small : 0x7c00u;
    return half{static_cast<std::uint16_t>(sign | (magnitude > 0x7f800000u ? not_a_number : number))};
}

inline float widen(bfloat16 x) { return bits_as<float>(std::uint32_t(x.bits) << 16); }

template <>
inline bfloat16 narrow<bfloat16>(float x) {
    const std::uint32_t bits = bits_as<std::uint32_t>(x);
    const std::uint32_t nearest = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;  // ties to even, as above
    const std::uint32_t not_a_number = (bits >> 16) | 0x40u;
    return bfloat16{static_cast<std::uint16_t>((bits & 0x7fffffffu) > 0x7f800000u ? not_a_number : nearest)};
}

// Rounding to float first and then to 16 bits would round twice. So the first rounding is to odd (Boldo and
// Melquiond 2008, "Emulation of FMA and correctly rounded sums"): what is cut off leaves its mark in the last
// place kept, where no tie can be mistaken.
inline float rounded_to_odd(double x) {
    const std::uint64_t bits = bits_as<std::uint64_t>(x);
    const std::uint64_t cut = bits & 0xffffffffu;
    const std::uint64_t odd = (bits & ~std::uint64_t(0xffffffffu)) | (cut != 0 ? std::uint64_t(1) << 32 : 0);
    return static_cast<float>(bits_as<double>(odd));
}

template <class To>
inline To narrow(double x);

template <>
inline half narrow<half>(double x) {
    return narrow<half>(rounded_to_odd(x));
}

template <>
inline bfloat16 narrow<bfloat16>(double x) {
    const std::uint64_t sign = (bits_as<std::uint64_t>(x) >> 48) & 0x8000u;
    const double magnitude = bits_as<double>(bits_as<std::uint64_t>(x) & 0x7fffffffffffffffu);
    // Subnormal: the last place is 2^-133, which is also the last place of a double in [2^-81, 2^-80).
    const std::uint64_t subnormal =
        bits_as<std::uint64_t>(magnitude + 0x1p-81) - bits_as<std::uint64_t>(0x1p-81);
    const bfloat16 normal = narrow<bfloat16>(rounded_to_odd(x));
    return bfloat16{magnitude < 0x1p-126 ? static_cast<std::uint16_t>(sign | subnormal) : normal.bits};
}

}  // namespace
}  // namespace rectifier
