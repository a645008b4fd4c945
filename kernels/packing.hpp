// Flags, one byte each, into bits and back: a register at a time where the processor does it itself, else
// eight, which a multiplication moves to their places. (Processors whose numbers start with their highest
// byte would need the constants turned around.)
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace rectifier {
namespace {

// `flags` are 0 or 1, with room for a multiple of 8; what is beyond `count` is set to 0.
inline void pack(std::uint8_t* flags, std::uint8_t* bits, std::intptr_t count) {
    const std::intptr_t bytes = (count + 7) / 8;
    for (std::intptr_t i = count; i < 8 * bytes; ++i) flags[i] = 0;
    std::intptr_t i = 0;
#if defined(__AVX512BW__)
    for (; i + 8 <= bytes; i += 8) {
        const __m512i some = _mm512_loadu_si512(flags + 8 * i);
        const std::uint64_t word = _mm512_test_epi8_mask(some, some);
        std::memcpy(bits + i, &word, sizeof word);
    }
#elif defined(__AVX2__)
    for (; i + 4 <= bytes; i += 4) {
        const __m256i some = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(flags + 8 * i));
        const int word = _mm256_movemask_epi8(_mm256_slli_epi16(some, 7));  // each byte's highest bit
        std::memcpy(bits + i, &word, sizeof word);
    }
#endif
    for (; i < bytes; ++i) {
        std::uint64_t eight;
        std::memcpy(&eight, flags + 8 * i, 8);
        bits[i] = std::uint8_t((eight * 0x0102040810204080u) >> 56);
    }
}

// A flag that is set is any number but 0.
inline void unpack(const std::uint8_t* bits, std::uint8_t* flags, std::intptr_t count) {
    const std::intptr_t bytes = (count + 7) / 8;
    std::intptr_t i = 0;
#if defined(__AVX512BW__)
    for (; i + 8 <= bytes; i += 8) {
        std::uint64_t word;
        std::memcpy(&word, bits + i, sizeof word);
        _mm512_storeu_si512(flags + 8 * i, _mm512_maskz_set1_epi8(word, 1));
    }
#endif
    for (; i < bytes; ++i) {
        const std::uint64_t eight = (bits[i] * 0x0101010101010101u) & 0x8040201008040201u;
        std::memcpy(flags + 8 * i, &eight, 8);
    }
}

}  // namespace
}  // namespace rectifier
