// Flags, one byte each, into bits and back, eight at a time: a multiplication moves each to its place.
// (Processors whose numbers start with their highest byte would need the constants turned around.)
#pragma once

#include <cstdint>
#include <cstring>

namespace rectifier {
namespace {

// `flags` are 0 or 1, with room for a multiple of 8; what is beyond `count` is set to 0.
inline void pack(std::uint8_t* flags, std::uint8_t* bits, std::intptr_t count) {
    const std::intptr_t bytes = (count + 7) / 8;
    for (std::intptr_t i = count; i < 8 * bytes; ++i) flags[i] = 0;
    for (std::intptr_t i = 0; i < bytes; ++i) {
        std::uint64_t eight;
        std::memcpy(&eight, flags + 8 * i, 8);
        bits[i] = std::uint8_t((eight * 0x0102040810204080u) >> 56);
    }
}

// A flag that is set is any number but 0.
inline void unpack(const std::uint8_t* bits, std::uint8_t* flags, std::intptr_t count) {
    const std::intptr_t bytes = (count + 7) / 8;
    for (std::intptr_t i = 0; i < bytes; ++i) {
        const std::uint64_t eight = (bits[i] * 0x0101010101010101u) & 0x8040201008040201u;
        std::memcpy(flags + 8 * i, &eight, 8);
    }
}

}  // namespace
}  // namespace rectifier
