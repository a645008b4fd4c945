// The inner loops NumPy calls. Everything is computed on contiguous arrays of one type, block by block:
// operands that are strided, broadcast or half precision are copied into a block first (which stays in the
// nearest cache). So there is one loop per member, type and wish for the compiler to vectorise, and no
// special case to forget.
#pragma once

#include <cfenv>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "operands.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {

enum class Want { value, slope, both };

// Elements per block. Chosen by us: five buffers of doubles are 20 KiB, which fits beside the rest in a 32
// KiB cache.
constexpr std::intptr_t block = 512;

template <class Member, Want want, class T, std::size_t... index>
inline void compute(const T* x, const T* const* parameter, T* first, T* second, std::intptr_t count,
                    std::index_sequence<index...>) {
    (void)parameter;
    (void)second;
    RECTIFIER_INDEPENDENT
    for (std::intptr_t i = 0; i < count; ++i) {
        const T element = x[i];
        if constexpr (want == Want::value) {
            first[i] = Member::value(element, parameter[index][i]...);
        } else if constexpr (want == Want::slope) {
            first[i] = Member::slope(element, parameter[index][i]...);
        } else {
            const T value = Member::value(element, parameter[index][i]...);
            second[i] = Member::slope(element, parameter[index][i]...);
            first[i] = value;
        }
    }
}

template <class Member, Want want, class Stored>
void elementwise(char** operands, const std::intptr_t* counts, const std::intptr_t* steps, void*) {
    using T = computed_t<Stored>;
    constexpr std::size_t inputs = 1 + parameters<Member>;
    constexpr std::size_t outputs = want == Want::both ? 2 : 1;
    T buffers[inputs + outputs][block];
    const T* in[inputs];
    T* out[2] = {};
    Operand<Stored> operand[inputs + outputs];
    for (std::size_t k = 0; k < inputs + outputs; ++k) operand[k] = {operands[k], steps[k]};

    for (std::intptr_t start = 0; start < counts[0]; start += block) {
        const std::intptr_t count = counts[0] - start < block ? counts[0] - start : block;
        for (std::size_t k = 0; k < inputs; ++k) {
            const bool constant = operand[k].step == 0;  // a scalar parameter: fill its buffer once
            if (constant && start > 0)
                in[k] = buffers[k];
            else
                in[k] = operand[k].load(start, count, buffers[k]);
        }
        for (std::size_t k = 0; k < outputs; ++k)
            out[k] = operand[inputs + k].target(start, buffers[inputs + k]);
        compute<Member, want>(in[0], in + 1, out[0], out[1], count,
                              std::make_index_sequence<parameters<Member>>());
        for (std::size_t k = 0; k < outputs; ++k) operand[inputs + k].store(start, count, out[k]);
    }
    // Both sides of a select are computed, so flags are raised for results nobody sees. NumPy would warn of
    // them.
    std::feclearexcept(FE_ALL_EXCEPT);
}

// One row of a rowwise member, as a thing to index.
template <class Stored>
struct Row {
    char* data;
    std::intptr_t step;
    std::intptr_t size;

    computed_t<Stored> operator[](std::intptr_t i) const {
        return Computed<Stored>::read(*reinterpret_cast<const Stored*>(data + i * step));
    }
    void set(std::intptr_t i, computed_t<Stored> value) const {
        *reinterpret_cast<Stored*>(data + i * step) = Computed<Stored>::write(value);
    }
};

// The same with the elements side by side, which is what the compiler needs to know to vectorise.
template <class Stored>
struct ContiguousRow {
    Stored* data;
    std::intptr_t size;

    computed_t<Stored> operator[](std::intptr_t i) const { return Computed<Stored>::read(data[i]); }
    void set(std::intptr_t i, computed_t<Stored> value) const { data[i] = Computed<Stored>::write(value); }
};

template <class Member, class Stored>
void rowwise(char** operands, const std::intptr_t* counts, const std::intptr_t* steps, void*) {
    using T = computed_t<Stored>;
    constexpr std::intptr_t size = sizeof(Stored);
    const std::intptr_t columns = counts[1];
    char* x = operands[0];
    char* y = operands[1];
    for (std::intptr_t row = 0; row < counts[0]; ++row, x += steps[0], y += steps[1]) {
        if (steps[2] == size && steps[3] == size)
            Member::template row<T>(ContiguousRow<Stored>{reinterpret_cast<Stored*>(x), columns},
                                    ContiguousRow<Stored>{reinterpret_cast<Stored*>(y), columns});
        else
            Member::template row<T>(Row<Stored>{x, steps[2], columns}, Row<Stored>{y, steps[3], columns});
    }
    std::feclearexcept(FE_ALL_EXCEPT);
}

}  // namespace
}  // namespace rectifier
