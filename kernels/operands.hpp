// Operands as NumPy gives them (bytes and steps, perhaps half precision) seen as arrays of what is computed
// in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "half.hpp"

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
struct Computed {
    using type = Stored;
    static type read(Stored x) { return x; }
    static Stored write(type x) { return x; }
};

template <>
struct Computed<half> {
    using type = float;
    static type read(half x) { return widen(x); }
    static half write(type x) { return narrow(x); }
};

template <class Stored>
using computed_t = typename Computed<Stored>::type;

template <class Stored>
constexpr bool stored_as_computed = std::is_same<Stored, computed_t<Stored>>::value;

// One operand of an inner loop: where it is, how far apart its elements are, and a buffer if it needs one.
template <class Stored>
struct Operand {
    using T = computed_t<Stored>;
    char* data;
    std::intptr_t step;

    bool direct() const { return stored_as_computed<Stored> && step == std::intptr_t(sizeof(Stored)); }

    // The elements from `start` on as an array: the operand's own memory if it is one, else copied to the
    // buffer.
    const T* load(std::intptr_t start, std::intptr_t count, T* buffer) const {
        const char* from = data + start * step;
        if (direct()) return reinterpret_cast<const T*>(from);
        if (step == std::intptr_t(sizeof(Stored))) {
            const Stored* elements = reinterpret_cast<const Stored*>(from);
            RECTIFIER_INDEPENDENT
            for (std::intptr_t i = 0; i < count; ++i) buffer[i] = Computed<Stored>::read(elements[i]);
        } else {
            for (std::intptr_t i = 0; i < count; ++i)
                buffer[i] = Computed<Stored>::read(*reinterpret_cast<const Stored*>(from + i * step));
        }
        return buffer;
    }

    // Where the results from `start` on shall be written: in place if possible, else to the buffer, for
    // `store`.
    T* target(std::intptr_t start, T* buffer) const {
        return direct() ? reinterpret_cast<T*>(data + start * step) : buffer;
    }

    void store(std::intptr_t start, std::intptr_t count, const T* buffer) const {
        char* to = data + start * step;
        if (direct()) return;
        if (step == std::intptr_t(sizeof(Stored))) {
            Stored* elements = reinterpret_cast<Stored*>(to);
            RECTIFIER_INDEPENDENT
            for (std::intptr_t i = 0; i < count; ++i) elements[i] = Computed<Stored>::write(buffer[i]);
        } else {
            for (std::intptr_t i = 0; i < count; ++i)
                *reinterpret_cast<Stored*>(to + i * step) = Computed<Stored>::write(buffer[i]);
        }
    }
};

}  // namespace
}  // namespace rectifier
