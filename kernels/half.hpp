// IEEE binary16 and its conversion to and from float, without branches so that loops over it vectorise.
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

inline half narrow(float x) {
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

}  // namespace
}  // namespace rectifier
