// The inner loops NumPy calls. Everything is computed on contiguous arrays of one type, block by block:
// operands that are strided, broadcast or of 16 bits are copied into a block first (which stays in the
// nearest cache). So there is one loop per member, type and wish for the compiler to vectorise, and no
// special case to forget.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "math/pair.hpp"
#include "operands.hpp"
#include "threads.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {

enum class Want { value, slope, both };

template <class Member, Want want>
constexpr std::size_t outputs =
    (want == Want::slope ? 0 : values<Member>)+(want == Want::value ? 0 : slopes<Member>);

// What a stored type is computed in: 16-bit numbers and floats in something larger, where a member needs it.
template <class Stored, bool small_in_float, bool float_in_float>
using computed_t = std::conditional_t<
    is_small<Stored>, std::conditional_t<small_in_float, float, Wide>,
    std::conditional_t<std::is_same<Stored, float>::value && !float_in_float, Wide, Stored>>;

// What a block holds: floats as they are, and 16-bit numbers already as what they are computed in.
template <class Stored, class T>
using held_t = std::conditional_t<is_small<Stored>, T, Stored>;

// Elements per block. Chosen by us: five buffers of doubles are 20 KiB, which fits beside the rest in a 32
// KiB cache.
constexpr std::intptr_t block = 512;

// Elements per thread at least: for fewer, waking a thread costs more than it gains.
constexpr std::intptr_t grain = 16384;

template <class Held, class T>
inline void put(Held* const* out, std::intptr_t i, T result) {
    out[0][i] = write_as<Held>(result);
}

template <class Held, class T>
inline void put(Held* const* out, std::intptr_t i, Two<T> result) {
    out[0][i] = write_as<Held>(result.first);
    out[1][i] = write_as<Held>(result.second);
}

// The results for one x. Both are computed before either is stored: an output may be the input.
template <class Member, Want want, class Held, class T, class... Rest>
inline void evaluate(Held* const* out, std::intptr_t i, T x, Rest... rest) {
    if constexpr (want == Want::value) {
        put(out, i, Member::value(x, rest...));
    } else if constexpr (want == Want::slope) {
        put(out, i, Member::slope(x, rest...));
    } else {
        const auto value = Member::value(x, rest...);
        const auto slope = Member::slope(x, rest...);
        put(out, i, value);
        put(out + values<Member>, i, slope);
    }
}

// One block. `constants`: all inputs but the first are one number each, which then stays in a register.
// Everything it calls is put into it (flatten): a loop with a call left in it does not vectorise.
template <class Member, Want want, bool constants, class T, class Held, std::size_t... k, std::size_t... j>
__attribute__((noinline, flatten)) void compute(const Held* const* in, Held* const* out, std::intptr_t count,
                                                std::index_sequence<k...>, std::index_sequence<j...>) {
    const Held* const input[] = {in[0], in[1 + k]...};
    Held* const output[] = {out[j]...};
    const Held first[] = {Held(0), in[1 + k][0]...};
    (void)first;
    RECTIFIER_INDEPENDENT
    for (std::intptr_t i = 0; i < count; ++i)
        evaluate<Member, want>(output, i, T(input[0][i]), T(constants ? first[1 + k] : input[1 + k][i])...);
}

// What a member's stored numbers are computed in.
template <class Member, class Stored>
using computed_for = computed_t<Stored, Member::exact, Member::exact || Member::narrow>;

// A member whose parameter is nearly always the same may name, as its `usual`, what it is then. That is used
// for types which it computes in something quicker.
template <class Member, class Stored, class = void>
constexpr bool has_usual = false;
template <class Member, class Stored>
constexpr bool has_usual<Member, Stored, std::void_t<typename Member::usual>> =
    !std::is_same<computed_for<Member, Stored>, computed_for<typename Member::usual, Stored>>::value;

// Both, for parameters that are not the same for all elements: one of the usual value gives the same bits as
// ever.
template <class Member, class Usual>
struct Chosen : Elementwise {
    template <class T>
    static T value(T x, T parameter) {
        return select(parameter == Usual::parameter, T(Usual::value(write_as<float>(x))),
                      Member::value(x, parameter));
    }
    template <class T>
    static T slope(T x, T parameter) {
        return select(parameter == Usual::parameter, T(Usual::slope(write_as<float>(x))),
                      Member::slope(x, parameter));
    }
};

template <class Member, Want want, class Stored, class Held, class Places, class Results>
inline void compute_block(bool constants, const Held* const* in, Held* const* out, std::intptr_t count,
                          Places parameters, Results results) {
    using T = computed_for<Member, Stored>;
    if constexpr (has_usual<Member, Stored>) {
        using Usual = typename Member::usual;
        if (!constants)
            compute<Chosen<Member, Usual>, want, false, T>(in, out, count, parameters, results);
        else if (in[1][0] == Usual::parameter)
            compute<Usual, want, false, computed_for<Usual, Stored>>(in, out, count, std::index_sequence<>(),
                                                                     results);
        else
            compute<Member, want, true, T>(in, out, count, parameters, results);
    } else if (has_parameters<Member> && constants) {
        compute<Member, want, has_parameters<Member>, T>(in, out, count, parameters, results);
    } else {
        compute<Member, want, false, T>(in, out, count, parameters, results);
    }
}

template <class Member, Want want, class Stored>
struct Loop {
    using T = computed_for<Member, Stored>;
    using Held = held_t<Stored, T>;
    static constexpr std::size_t in_count = inputs<Member>;
    static constexpr std::size_t out_count = outputs<Member, want>;

    Operand<Stored, Held> in[in_count];
    Operand<Stored, Held> out[out_count];

    void run(std::intptr_t start, std::intptr_t stop) const {
        Held buffers[in_count + out_count][block];
        const Held* from[in_count] = {};
        Held* to[out_count];
        bool constants = has_parameters<Member>;
        for (std::size_t k = 1; k < in_count; ++k) constants = constants && in[k].step == 0;
        constexpr std::make_index_sequence<in_count - 1> parameters;
        constexpr std::make_index_sequence<out_count> results;

        for (std::intptr_t at = start; at < stop; at += block) {
            const std::intptr_t count = stop - at < block ? stop - at : block;
            for (std::size_t k = 0; k < in_count; ++k) {
                if (in[k].step != 0)
                    from[k] = in[k].load(at, count, buffers[k]);
                else if (at == start)  // one number for all: fill its buffer once
                    from[k] = in[k].load(at, constants && k > 0 ? 1 : count, buffers[k]);
            }
            for (std::size_t k = 0; k < out_count; ++k) to[k] = out[k].target(at, buffers[in_count + k]);
            compute_block<Member, want, Stored>(constants, from, to, count, parameters, results);
            for (std::size_t k = 0; k < out_count; ++k) out[k].store(at, count, to[k]);
        }
        if (out[0].streams) fence();
        clear_flags();
    }

    static void part(const void* loop, std::intptr_t start, std::intptr_t stop) {
        static_cast<const Loop*>(loop)->run(start, stop);
    }

    // In which order the elements may be computed. NumPy also gives operands that overlap: an output that
    // lies somewhat before the input, and those of `reduce` and `accumulate`, where each element needs the
    // last one.
    enum class Order { any, forward, one_by_one };
    Order order(std::intptr_t count) const {
        Order found = Order::any;
        for (const auto& written : out) {
            if (written.step == 0 && count > 1) return Order::one_by_one;
            for (const auto& read : in) {
                const bool same = written.data == read.data && written.step == read.step;
                if (same || !written.meets(read, count)) continue;
                const bool before = written.step > 0 ? written.data < read.data : written.data > read.data;
                if (written.step != read.step || !before) return Order::one_by_one;
                found = Order::forward;
            }
        }
        return found;
    }
};

template <class Member, Want want, class Stored>
void elementwise(char** operands, const std::intptr_t* counts, const std::intptr_t* steps, void*) {
    using L = Loop<Member, want, Stored>;
    L loop;
    for (std::size_t k = 0; k < L::in_count; ++k) loop.in[k] = {operands[k], steps[k]};
    for (std::size_t k = 0; k < L::out_count; ++k)
        loop.out[k] = {operands[L::in_count + k], steps[L::in_count + k],
                       counts[0] * std::intptr_t(sizeof(Stored)) >= beyond_caches};
    const auto order = loop.order(counts[0]);
    if (order == L::Order::any)
        share(counts[0], grain, 1024, L::part, &loop);
    else if (order == L::Order::forward)
        loop.run(0, counts[0]);
    else
        for (std::intptr_t i = 0; i < counts[0]; ++i) loop.run(i, i + 1);
}

// One row of a rowwise member, as a thing to index. `step` is a type if the elements lie side by side, which
// is what the compiler needs to know to vectorise.
template <class Stored, class T, class Step>
struct Row {
    char* data;
    Step step;
    std::intptr_t size;

    // Whether an exponential that is no more than 1 loses little by being stored.
    static constexpr bool holds_powers = !is_small<Stored>;

    T operator[](std::intptr_t i) const { return T(held(i)); }
    auto held(std::intptr_t i) const {
        using Held = std::conditional_t<is_small<Stored>, float, Stored>;
        return read_as<Held>(*reinterpret_cast<const Stored*>(data + i * std::intptr_t(step)));
    }
    void set(std::intptr_t i, T value) const {
        *reinterpret_cast<Stored*>(data + i * std::intptr_t(step)) = write_as<Stored>(value);
    }
};

template <class Member, class Stored>
struct Rows {
    using T = computed_t<Stored, false, false>;
    struct SideBySide {
        constexpr operator std::intptr_t() const { return sizeof(Stored); }
    };
    char* x;
    char* y;
    std::intptr_t columns;
    const std::intptr_t* steps;

    __attribute__((flatten)) void run(std::intptr_t start, std::intptr_t stop) const {
        for (std::intptr_t row = start; row < stop; ++row) {
            char* from = x + row * steps[0];
            char* to = y + row * steps[1];
            if (steps[2] == SideBySide() && steps[3] == SideBySide())
                Member::template row<T>(Row<Stored, T, SideBySide>{from, {}, columns},
                                        Row<Stored, T, SideBySide>{to, {}, columns});
            else
                Member::template row<T>(Row<Stored, T, std::intptr_t>{from, steps[2], columns},
                                        Row<Stored, T, std::intptr_t>{to, steps[3], columns});
        }
        clear_flags();
    }

    static void part(const void* rows, std::intptr_t start, std::intptr_t stop) {
        static_cast<const Rows*>(rows)->run(start, stop);
    }
};

template <class Member, class Stored>
void rowwise(char** operands, const std::intptr_t* counts, const std::intptr_t* steps, void*) {
    const Rows<Member, Stored> rows{operands[0], operands[1], counts[1], steps};
    const std::intptr_t columns = counts[1] > 0 ? counts[1] : 1;
    share(counts[0], (grain + columns - 1) / columns, (1023 + columns) / columns, rows.part, &rows);
}

}  // namespace
}  // namespace rectifier
