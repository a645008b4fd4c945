// Arrays with many zeros as one bit for each element and the values of the others.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#include "operands.hpp"
#include "packing.hpp"
#include "threads.hpp"

namespace rectifier {
namespace {

// Elements that one thread takes at a time; where the values of each such stretch start is counted first.
constexpr std::intptr_t stretch = 8192;

inline std::uint64_t sixty_four(const std::uint8_t* bits, std::intptr_t bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bits, bytes < 8 ? std::size_t(bytes) : 8);
    return word;
}

inline std::intptr_t ones(const std::uint8_t* bits, std::intptr_t bytes) {
    std::intptr_t total = 0;
    for (std::intptr_t at = 0; at < bytes; at += 8)
        total += __builtin_popcountll(sixty_four(bits + at, bytes - at));
    return total;
}

#if defined(__AVX512F__)
// The processor does it itself, a register at a time. (Into a register, then stored: straight into memory is
// slow on some.)
template <class Word>
constexpr std::intptr_t at_once = 0;
template <>
constexpr std::intptr_t at_once<std::uint32_t> = 16;
template <>
constexpr std::intptr_t at_once<std::uint64_t> = 8;

inline void compress_lanes(const std::uint32_t* x, std::uint64_t mask, std::uint32_t* to,
                           std::intptr_t kept) {
    const __m512i packed = _mm512_maskz_compress_epi32(__mmask16(mask), _mm512_loadu_si512(x));
    _mm512_mask_storeu_epi32(to, __mmask16((1u << kept) - 1), packed);
}
inline void compress_lanes(const std::uint64_t* x, std::uint64_t mask, std::uint64_t* to,
                           std::intptr_t kept) {
    const __m512i packed = _mm512_maskz_compress_epi64(__mmask8(mask), _mm512_loadu_si512(x));
    _mm512_mask_storeu_epi64(to, __mmask8((1u << kept) - 1), packed);
}
inline void expand_lanes(const std::uint32_t* from, std::uint64_t mask, std::uint32_t* out,
                         std::intptr_t kept) {
    const __m512i packed = _mm512_maskz_loadu_epi32(__mmask16((1u << kept) - 1), from);
    _mm512_storeu_si512(out, _mm512_maskz_expand_epi32(__mmask16(mask), packed));
}
inline void expand_lanes(const std::uint64_t* from, std::uint64_t mask, std::uint64_t* out,
                         std::intptr_t kept) {
    const __m512i packed = _mm512_maskz_loadu_epi64(__mmask8((1u << kept) - 1), from);
    _mm512_storeu_si512(out, _mm512_maskz_expand_epi64(__mmask8(mask), packed));
}
#else
template <class Word>
constexpr std::intptr_t at_once = 0;
#endif

// From x[0 .. count) to `to`, or back; how many there were.
template <bool back, class Word>
std::intptr_t move(const std::uint8_t* bits, Word* dense, Word* packed, std::intptr_t count) {
    // Then there may be no memory at `packed`: to move none of a register's lanes there takes hundreds of
    // cycles.
    if (ones(bits, (count + 7) / 8) == 0) {
        if constexpr (back) std::memset(dense, 0, std::size_t(count) * sizeof(Word));
        return 0;
    }
    Word* next = packed;
    std::intptr_t at = 0;
    if constexpr (at_once<Word> > 0) {
        for (; at + at_once<Word> <= count; at += at_once<Word>) {
            const std::uint64_t mask = sixty_four(bits + at / 8, at_once<Word> / 8);
            const std::intptr_t kept = __builtin_popcountll(mask);
            if constexpr (back)
                expand_lanes(next, mask, dense + at, kept);
            else
                compress_lanes(dense + at, mask, next, kept);
            next += kept;
        }
    }
    if constexpr (back)
        if (at < count) std::memset(dense + at, 0, std::size_t(count - at) * sizeof(Word));
    for (; at < count; at += 64) {
        std::uint64_t mask = sixty_four(bits + at / 8, (count - at + 7) / 8);
        for (; mask != 0; mask &= mask - 1) {
            Word& element = dense[at + __builtin_ctzll(mask)];
            if constexpr (back)
                element = *next++;
            else
                *next++ = element;
        }
    }
    return next - packed;
}

template <class Word>
struct Sparse {
    std::uint8_t* bits;
    Word* dense;
    Word* packed;
    std::intptr_t count;
    std::intptr_t* starts;  // of each stretch among the values kept, or how many it keeps
    std::atomic<bool>* wrong = nullptr;

    std::intptr_t stretches() const { return (count + stretch - 1) / stretch; }
    std::intptr_t size(std::intptr_t k) const {
        return count - k * stretch < stretch ? count - k * stretch : stretch;
    }

    std::intptr_t bytes(std::intptr_t k) const { return (size(k) + 7) / 8; }

    void mark(std::intptr_t k, std::uint8_t* to) const {
        std::uint8_t flags[stretch];
        const Word* x = dense + k * stretch;
        const std::intptr_t length = size(k);
        RECTIFIER_INDEPENDENT
        for (std::intptr_t i = 0; i < length; ++i) flags[i] = x[i] != 0;
        pack(flags, to, length);
    }

    void mark(std::intptr_t k) const {
        mark(k, bits + k * stretch / 8);
        starts[k] = ones(bits + k * stretch / 8, bytes(k));
    }

    template <bool back>
    void move(std::intptr_t k) const {
        rectifier::move<back>(bits + k * stretch / 8, dense + k * stretch, packed + starts[k], size(k));
    }

    // As far as the bits are what `mark` makes of the elements.
    void check_and_compress(std::intptr_t k) const {
        std::uint8_t marked[stretch / 8];
        mark(k, marked);
        if (std::memcmp(marked, bits + k * stretch / 8, std::size_t(bytes(k))) == 0)
            move<false>(k);
        else
            wrong->store(true, std::memory_order_relaxed);
    }

    static void mark_part(const void* context, std::intptr_t start, std::intptr_t stop) {
        for (std::intptr_t k = start; k < stop; ++k) static_cast<const Sparse*>(context)->mark(k);
    }
    static void check_part(const void* context, std::intptr_t start, std::intptr_t stop) {
        for (std::intptr_t k = start; k < stop; ++k)
            static_cast<const Sparse*>(context)->check_and_compress(k);
    }
    template <bool back>
    static void move_part(const void* context, std::intptr_t start, std::intptr_t stop) {
        for (std::intptr_t k = start; k < stop; ++k)
            static_cast<const Sparse*>(context)->template move<back>(k);
    }

    void all(void (*part)(const void*, std::intptr_t, std::intptr_t)) const {
        share(stretches(), 4, 1, part, this);
    }
};

template <class Word>
std::intptr_t mark_nonzero(const void* x, std::uint8_t* bits, std::intptr_t count) {
    std::vector<std::intptr_t> counts(std::size_t((count + stretch - 1) / stretch));
    // x is only read: marking writes to nothing but bits and counts.
    const Sparse<Word> task{bits, const_cast<Word*>(static_cast<const Word*>(x)), nullptr, count,
                            counts.data()};
    task.all(task.mark_part);
    std::intptr_t total = 0;
    for (const std::intptr_t each : counts) total += each;
    return total;
}

// Where each stretch starts among the values kept.
inline std::vector<std::intptr_t> starts_of(const std::uint8_t* bits, std::intptr_t count) {
    std::vector<std::intptr_t> starts(std::size_t((count + stretch - 1) / stretch));
    std::intptr_t total = 0;
    for (std::size_t k = 0; k < starts.size(); ++k) {
        const std::intptr_t at = std::intptr_t(k) * stretch, left = count - at;
        starts[k] = total;
        total += ones(bits + at / 8, ((left < stretch ? left : stretch) + 7) / 8);
    }
    return starts;
}

template <class Word, bool back>
void move_all(const std::uint8_t* bits, const Word* dense, const Word* packed, std::intptr_t count) {
    std::vector<std::intptr_t> starts = starts_of(bits, count);
    const Sparse<Word> task{const_cast<std::uint8_t*>(bits), const_cast<Word*>(dense),
                            const_cast<Word*>(packed), count, starts.data()};
    task.all(task.template move_part<back>);
}

template <class Word>
void compress(const void* x, const std::uint8_t* bits, void* values, std::intptr_t count) {
    move_all<Word, false>(bits, static_cast<const Word*>(x), static_cast<const Word*>(values), count);
}

template <class Word>
bool check_and_compress(const void* x, const std::uint8_t* bits, void* values, std::intptr_t count) {
    std::vector<std::intptr_t> starts = starts_of(bits, count);
    std::atomic<bool> wrong{false};
    const Sparse<Word> task{const_cast<std::uint8_t*>(bits),
                            const_cast<Word*>(static_cast<const Word*>(x)),
                            static_cast<Word*>(values),
                            count,
                            starts.data(),
                            &wrong};
    task.all(task.check_part);
    return !wrong;
}

template <class Word>
void expand(const std::uint8_t* bits, const void* values, void* out, std::intptr_t count) {
    move_all<Word, true>(bits, static_cast<const Word*>(out), static_cast<const Word*>(values), count);
}

}  // namespace
}  // namespace rectifier
