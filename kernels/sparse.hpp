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

// Bits are looked at in words of so many.
constexpr std::intptr_t word_bits = 64;

inline std::uint64_t bits_at(const std::uint8_t* bits, std::intptr_t bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bits, bytes < 8 ? std::size_t(bytes) : 8);
    return word;
}

inline std::intptr_t ones(const std::uint8_t* bits, std::intptr_t bytes) {
    std::intptr_t total = 0;
    for (std::intptr_t at = 0; at < bytes; at += 8)
        total += __builtin_popcountll(bits_at(bits + at, bytes - at));
    return total;
}

// Where the processor can look at a register of elements at once, and move those of a mask: how many that
// are. `room`: how many elements there are from `packed` on. Where they are a register's worth, all of it is
// read or written, which is quicker than a part; and to move nothing where there may be no memory takes
// hundreds of cycles.
template <class Element>
struct Lanes {
    static constexpr std::intptr_t count = 0;
};
#if defined(__AVX512F__)
template <>
struct Lanes<std::uint32_t> {
    static constexpr std::intptr_t count = 16;
    static std::uint64_t nonzero(const std::uint32_t* x) {
        const __m512i lanes = _mm512_loadu_si512(x);
        return _mm512_test_epi32_mask(lanes, lanes);
    }
    // Into a register, then stored: straight into memory is slow on some.
    static void compress(const std::uint32_t* x, std::uint64_t mask, std::uint32_t* packed,
                         std::intptr_t room) {
        const __m512i lanes = _mm512_maskz_compress_epi32(__mmask16(mask), _mm512_loadu_si512(x));
        if (room >= count)
            _mm512_storeu_si512(packed, lanes);
        else if (mask != 0)
            _mm512_mask_storeu_epi32(packed, __mmask16((1u << __builtin_popcountll(mask)) - 1), lanes);
    }
    static void expand(const std::uint32_t* packed, std::uint64_t mask, std::uint32_t* out,
                       std::intptr_t room) {
        __m512i lanes = _mm512_setzero_si512();
        if (room >= count)
            lanes = _mm512_loadu_si512(packed);
        else if (mask != 0)
            lanes = _mm512_maskz_loadu_epi32(__mmask16((1u << __builtin_popcountll(mask)) - 1), packed);
        _mm512_storeu_si512(out, _mm512_maskz_expand_epi32(__mmask16(mask), lanes));
    }
};
template <>
struct Lanes<std::uint64_t> {
    static constexpr std::intptr_t count = 8;
    static std::uint64_t nonzero(const std::uint64_t* x) {
        const __m512i lanes = _mm512_loadu_si512(x);
        return _mm512_test_epi64_mask(lanes, lanes);
    }
    static void compress(const std::uint64_t* x, std::uint64_t mask, std::uint64_t* packed,
                         std::intptr_t room) {
        const __m512i lanes = _mm512_maskz_compress_epi64(__mmask8(mask), _mm512_loadu_si512(x));
        if (room >= count)
            _mm512_storeu_si512(packed, lanes);
        else if (mask != 0)
            _mm512_mask_storeu_epi64(packed, __mmask8((1u << __builtin_popcountll(mask)) - 1), lanes);
    }
    static void expand(const std::uint64_t* packed, std::uint64_t mask, std::uint64_t* out,
                       std::intptr_t room) {
        __m512i lanes = _mm512_setzero_si512();
        if (room >= count)
            lanes = _mm512_loadu_si512(packed);
        else if (mask != 0)
            lanes = _mm512_maskz_loadu_epi64(__mmask8((1u << __builtin_popcountll(mask)) - 1), packed);
        _mm512_storeu_si512(out, _mm512_maskz_expand_epi64(__mmask8(mask), lanes));
    }
};
#endif

// Which of 64 elements are not zero.
template <class Element>
std::uint64_t nonzero(const Element* x) {
    if constexpr (Lanes<Element>::count > 0) {
        std::uint64_t found = 0;
        for (std::intptr_t j = 0; j < word_bits; j += Lanes<Element>::count)
            found |= Lanes<Element>::nonzero(x + j) << j;
        return found;
    } else {
        std::uint8_t flags[word_bits], bits[word_bits / 8];
        RECTIFIER_INDEPENDENT
        for (std::intptr_t j = 0; j < word_bits; ++j) flags[j] = x[j] != 0;
        pack(flags, bits, word_bits);
        return bits_at(bits, word_bits / 8);
    }
}

// Those of 64 elements from `dense` to `packed`, or back; where the next ones are.
template <bool back, class Element>
Element* move(std::uint64_t bits, Element* dense, Element* packed, const Element* end) {
    if constexpr (constexpr std::intptr_t lanes = Lanes<Element>::count; lanes > 0) {
        for (std::intptr_t j = 0; j < word_bits; j += lanes) {
            const std::uint64_t mask = (bits >> j) & ((std::uint64_t(1) << lanes) - 1);
            if constexpr (back)
                Lanes<Element>::expand(packed, mask, dense + j, end - packed);
            else
                Lanes<Element>::compress(dense + j, mask, packed, end - packed);
            packed += __builtin_popcountll(mask);
        }
    } else {
        if constexpr (back) std::memset(dense, 0, word_bits * sizeof(Element));
        for (; bits != 0; bits &= bits - 1) {
            Element& element = dense[__builtin_ctzll(bits)];
            if constexpr (back)
                element = *packed++;
            else
                *packed++ = element;
        }
    }
    return packed;
}

template <class Element>
struct Sparse {
    std::uint8_t* bits;
    Element* dense;
    Element* packed;
    std::intptr_t count;
    std::intptr_t* starts;  // of each stretch among the values kept, and their end; or how many it keeps
    std::atomic<bool>* wrong = nullptr;

    static std::intptr_t stretches(std::intptr_t count) { return (count + stretch - 1) / stretch; }

    // each(bits, how many bytes of them, 64 elements) for a stretch. The last elements of all are in a copy,
    // with zeros behind them.
    template <bool writes, class Each>
    void words(std::intptr_t k, Each each) const {
        std::intptr_t at = k * stretch;
        const std::intptr_t end = at + stretch < count ? at + stretch : count;
        for (; at + word_bits <= end; at += word_bits) each(bits + at / 8, word_bits / 8, dense + at);
        if (at == end) return;
        const std::size_t left = std::size_t(end - at) * sizeof(Element);
        Element last[word_bits] = {};
        if (!writes) std::memcpy(last, dense + at, left);
        each(bits + at / 8, (end - at + 7) / 8, last);
        if (writes) std::memcpy(dense + at, last, left);
    }

    void mark(std::intptr_t k) const {
        std::intptr_t total = 0;
        words<false>(k, [&total](std::uint8_t* to, std::intptr_t bytes, const Element* x) {
            const std::uint64_t found = nonzero(x);
            std::memcpy(to, &found, std::size_t(bytes));
            total += __builtin_popcountll(found);
        });
        starts[k] = total;
    }

    void compress(std::intptr_t k) const {
        Element* next = packed + starts[k];
        const Element* const end = packed + starts[k + 1];
        words<false>(k, [&next, end](const std::uint8_t* from, std::intptr_t bytes, Element* x) {
            next = move<false>(bits_at(from, bytes), x, next, end);
        });
    }

    // As far as the bits are what `mark` makes of the elements.
    void check_and_compress(std::intptr_t k) const {
        Element* next = packed + starts[k];
        const Element* const end = packed + starts[k + 1];
        std::uint64_t differing = 0;
        words<false>(k, [&](const std::uint8_t* from, std::intptr_t bytes, Element* x) {
            const std::uint64_t known = bits_at(from, bytes);
            differing |= nonzero(x) ^ known;
            next = move<false>(known, x, next, end);
        });
        if (differing != 0) wrong->store(true, std::memory_order_relaxed);
    }

    void expand(std::intptr_t k) const {
        Element* next = packed + starts[k];
        const Element* const end = packed + starts[stretches(count)];
        words<true>(k, [&next, end](const std::uint8_t* from, std::intptr_t bytes, Element* out) {
            next = move<true>(bits_at(from, bytes), out, next, end);
        });
    }

    template <void (Sparse::*each)(std::intptr_t) const>
    void all() const {
        const auto part = [](const void* context, std::intptr_t start, std::intptr_t stop) {
            for (std::intptr_t k = start; k < stop; ++k) (static_cast<const Sparse*>(context)->*each)(k);
        };
        share(stretches(count), 4, 1, part, this);
    }
};

template <class Element>
std::intptr_t mark_nonzero(const void* x, std::uint8_t* bits, std::intptr_t count) {
    using Task = Sparse<Element>;
    std::vector<std::intptr_t> counts(std::size_t(Task::stretches(count)));
    // x is only read: marking writes to nothing but bits and counts.
    const Task task{bits, static_cast<Element*>(const_cast<void*>(x)), nullptr, count, counts.data()};
    task.template all<&Task::mark>();
    std::intptr_t total = 0;
    for (const std::intptr_t each : counts) total += each;
    return total;
}

// A task between `dense` and `packed`, of which it writes to one: by these bits, which are only read.
template <class Element, void (Sparse<Element>::*each)(std::intptr_t) const>
void move_all(const std::uint8_t* bits, const void* dense, const void* packed, std::intptr_t count,
              std::atomic<bool>* wrong = nullptr) {
    using Task = Sparse<Element>;
    std::vector<std::intptr_t> starts(std::size_t(Task::stretches(count)) + 1);
    for (std::size_t k = 0; k + 1 < starts.size(); ++k) {
        const std::intptr_t at = std::intptr_t(k) * stretch, left = count - at;
        starts[k + 1] = starts[k] + ones(bits + at / 8, ((left < stretch ? left : stretch) + 7) / 8);
    }
    const Task task{const_cast<std::uint8_t*>(bits),
                    static_cast<Element*>(const_cast<void*>(dense)),
                    static_cast<Element*>(const_cast<void*>(packed)),
                    count,
                    starts.data(),
                    wrong};
    task.template all<each>();
}

template <class Element>
void compress(const void* x, const std::uint8_t* bits, void* values, std::intptr_t count) {
    move_all<Element, &Sparse<Element>::compress>(bits, x, values, count);
}

template <class Element>
bool check_and_compress(const void* x, const std::uint8_t* bits, void* values, std::intptr_t count) {
    std::atomic<bool> wrong{false};
    move_all<Element, &Sparse<Element>::check_and_compress>(bits, x, values, count, &wrong);
    return !wrong;
}

template <class Element>
void expand(const std::uint8_t* bits, const void* values, void* out, std::intptr_t count) {
    move_all<Element, &Sparse<Element>::expand>(bits, out, values, count);
}

}  // namespace
}  // namespace rectifier
