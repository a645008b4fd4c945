// Operands as NumPy gives them (bytes and steps, perhaps of 16 bits) seen as arrays of what is computed in.
#pragma once

#include <cfenv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "math/wide.hpp"
#include "small_floats.hpp"

// Elements are independent: an output is either apart from the inputs or exactly one of them (NumPy copies
// otherwise).
#if defined(__clang__)
#define RECTIFIER_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define RECTIFIER_INDEPENDENT _Pragma("GCC ivdep")
#else
#define RECTIFIER_INDEPENDENT
#endif

namespace rectifier {
namespace {

template <class Stored>
constexpr bool is_small = std::is_same<Stored, half>::value || std::is_same<Stored, bfloat16>::value;

template <class T, class Stored>
inline T read_as(Stored x) {
    if constexpr (is_small<Stored>)
        return T(widen(x));
    else
        return T(x);
}

template <class Stored, class T>
inline Stored write_as(T x) {
    if constexpr (std::is_same<T, Wide>::value)
        return write_as<Stored>(x.value);
    else if constexpr (is_small<Stored>)
        return narrow<Stored>(x);
    else
        return Stored(x);
}

// Results of this many bytes or more, which no cache will hold, are written past the caches: a line that is
// overwritten need not be read first. Chosen by us: an L3 of 32 MiB is usual.
constexpr std::intptr_t beyond_caches = 32 << 20;

inline void write_past_caches(char* to, const char* from, std::intptr_t bytes) {
#ifdef __SSE2__
    const std::intptr_t apart = -reinterpret_cast<std::intptr_t>(to) & 15;
    std::intptr_t at = apart < bytes ? apart : bytes;
    std::memcpy(to, from, std::size_t(at));
    for (; at + 16 <= bytes; at += 16)
        _mm_stream_si128(reinterpret_cast<__m128i*>(to + at),
                         _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + at)));
    std::memcpy(to + at, from + at, std::size_t(bytes - at));
#else
    std::memcpy(to, from, std::size_t(bytes));
#endif
}

// Before another thread may read what was written so.
inline void fence() {
#ifdef __SSE2__
    _mm_sfence();
#endif
}

// Both sides of a select are computed, so flags are raised for results nobody sees, and NumPy would warn of
// them. Where vectors compute, only their flags are cleared: the C library's way also reloads the whole
// environment of the old floating-point unit, which costs as much as a hundred elements.
inline void clear_flags() {
#ifdef __SSE2__
    _mm_setcsr(_mm_getcsr() & ~unsigned(_MM_EXCEPT_MASK));
#else
    std::feclearexcept(FE_ALL_EXCEPT);
#endif
}

// One operand of an inner loop: where it is, how far apart its elements are; T is what is computed in.
template <class Stored, class T>
struct Operand {
    char* data;
    std::intptr_t step;
    bool streams = false;  // written past the caches

    // Whether one of so many elements of this one may lie where one of the other does.
    bool meets(const Operand& other, std::intptr_t count) const {
        const auto first = [count](const Operand& of) {
            return of.data + (of.step < 0 ? of.step * (count - 1) : 0);
        };
        const auto last = [count](const Operand& of) {
            return of.data + (of.step > 0 ? of.step * (count - 1) : 0);
        };
        return count > 0 && first(*this) <= last(other) && first(other) <= last(*this);
    }

    bool contiguous() const { return step == std::intptr_t(sizeof(Stored)); }
    bool direct() const { return std::is_same<Stored, T>::value && contiguous(); }

    // The elements from `start` on as an array: the operand's own memory if it is one, else copied to the
    // buffer.
    const T* load(std::intptr_t start, std::intptr_t count, T* buffer) const {
        const char* from = data + start * step;
        if (direct()) return reinterpret_cast<const T*>(from);
        if (contiguous()) {
            const Stored* elements = reinterpret_cast<const Stored*>(from);
            RECTIFIER_INDEPENDENT
            for (std::intptr_t i = 0; i < count; ++i) buffer[i] = read_as<T>(elements[i]);
        } else if (step == 0) {
            load_every<0>(from, count, buffer);
        } else if (step == 2 * std::intptr_t(sizeof(Stored))) {
            load_every<2>(from, count, buffer);
        } else if (step == -std::intptr_t(sizeof(Stored))) {
            load_every<-1>(from, count, buffer);
        } else {
            for (std::intptr_t i = 0; i < count; ++i)
                buffer[i] = read_as<T>(*reinterpret_cast<const Stored*>(from + i * step));
        }
        return buffer;
    }

    // The most frequent steps by themselves: known ones vectorise.
    template <std::intptr_t apart>
    static void load_every(const char* from, std::intptr_t count, T* buffer) {
        const Stored* elements = reinterpret_cast<const Stored*>(from);
        RECTIFIER_INDEPENDENT
        for (std::intptr_t i = 0; i < count; ++i) buffer[i] = read_as<T>(elements[apart * i]);
    }

    // Where the results from `start` on shall be written: in place if possible, else to the buffer, for
    // `store`.
    T* target(std::intptr_t start, T* buffer) const {
        return direct() && !streams ? reinterpret_cast<T*>(data + start * step) : buffer;
    }

    void store(std::intptr_t start, std::intptr_t count, const T* buffer) const {
        char* to = data + start * step;
        if (direct()) {
            if (streams) write_past_caches(to, reinterpret_cast<const char*>(buffer), count * step);
            return;
        }
        if (contiguous()) {
            Stored* elements = reinterpret_cast<Stored*>(to);
            RECTIFIER_INDEPENDENT
            for (std::intptr_t i = 0; i < count; ++i) elements[i] = write_as<Stored>(buffer[i]);
        } else {
            for (std::intptr_t i = 0; i < count; ++i)
                *reinterpret_cast<Stored*>(to + i * step) = write_as<Stored>(buffer[i]);
        }
    }
};

}  // namespace
}  // namespace rectifier
