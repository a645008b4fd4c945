// Every elementwise member for tensors, for one instruction set. Compiled once per set, as variant.cpp is,
// and in unnamed namespaces for the same reason.
#include "tensors.hpp"

#include <type_traits>
#include <utility>

#include "gradients.hpp"
#include "loops.hpp"
#include "packing.hpp"
#include "sparse.hpp"
#include "statistics.hpp"

namespace rectifier {
namespace {

// Values, and for each whether its gradient passes, in one loop: memory is read and written at the same time.
// Of both, flags are written first: y may be x.
template <class Member, class T, class Held, std::size_t... k>
__attribute__((noinline, flatten)) void compute_and_flag(const Held* const* in, Held* y, std::uint8_t* flags,
                                                         std::intptr_t count, std::index_sequence<k...>) {
    const Held* const x = in[0];
    const Held first[] = {Held(0), in[1 + k][0]...};
    (void)first;
    RECTIFIER_INDEPENDENT
    for (std::intptr_t i = 0; i < count; ++i) {
        const Held here = x[i];
        flags[i] = Gradient<Member>::passes(T(here), T(first[1 + k])...);
        y[i] = write_as<Held>(Member::value(T(here), T(first[1 + k])...));
    }
}

template <class Member, class Stored>
struct ForwardLoop {
    using T = computed_for<Member, Stored>;
    using Held = held_t<Stored, T>;
    static constexpr std::make_index_sequence<inputs<Member> - 1> parameter_places{};

    Operand<Stored, Held> x;
    Operand<Stored, Held> y;
    std::uint8_t* bits;
    Held parameters[inputs<Member>];

    void run(std::intptr_t start, std::intptr_t stop) const {
        Held buffers[2][block];
        std::uint8_t flags[block];
        const Held* from[inputs<Member>] = {};
        for (std::size_t k = 1; k < inputs<Member>; ++k) from[k] = &parameters[k];
        for (std::intptr_t at = start; at < stop; at += block) {
            const std::intptr_t count = stop - at < block ? stop - at : block;
            from[0] = x.load(at, count, buffers[0]);
            Held* const to[] = {y.target(at, buffers[1])};
            if constexpr (Gradient<Member>::kept == Kept::bit) {
                if (bits != nullptr) {
                    compute_and_flag<Member, T>(from, to[0], flags, count, parameter_places);
                    pack(flags, bits + at / 8, count);
                    y.store(at, count, to[0]);
                    continue;
                }
            }
            compute_block<Member, Want::value, Stored>(true, from, to, count, parameter_places,
                                                       std::index_sequence<0>());
            y.store(at, count, to[0]);
        }
        clear_flags();
    }

    static void part(const void* loop, std::intptr_t start, std::intptr_t stop) {
        static_cast<const ForwardLoop*>(loop)->run(start, stop);
    }

    static void all(const void* x, void* y, std::uint8_t* bits, std::intptr_t count, const double* numbers) {
        ForwardLoop loop;
        loop.x = {static_cast<char*>(const_cast<void*>(x)), sizeof(Stored)};
        loop.y = {static_cast<char*>(y), sizeof(Stored)};
        loop.bits = bits;
        for (std::size_t k = 1; k < inputs<Member>; ++k) loop.parameters[k] = Held(numbers[k - 1]);
        share(count, grain, 1024, part, &loop);
    }
};

// Gradients are computed block by block as values are: `operation` makes one of what is kept for it.
template <class Stored, class T, class Operation, bool from_bits>
struct BackwardLoop {
    using Held = held_t<Stored, T>;
    Operand<Stored, Held> gradient;
    Operand<Stored, Held> out;
    const void* kept;
    Operation operation;

    void run(std::intptr_t start, std::intptr_t stop) const {
        Held buffers[3][block];
        [[maybe_unused]]
        std::uint8_t flags[block];
        for (std::intptr_t at = start; at < stop; at += block) {
            const std::intptr_t count = stop - at < block ? stop - at : block;
            const Held* const from = gradient.load(at, count, buffers[0]);
            Held* const to = out.target(at, buffers[2]);
            if constexpr (from_bits) {
                unpack(static_cast<const std::uint8_t*>(kept) + at / 8, flags, count);
                each(from, flags, to, count);
            } else {
                each(from, as_operand(kept).load(at, count, buffers[1]), to, count);
            }
            out.store(at, count, to);
        }
        clear_flags();
    }

    template <class What>
    __attribute__((noinline, flatten)) void each(const Held* from, const What* what, Held* to,
                                                 std::intptr_t count) const {
        const Operation mine = operation;
        RECTIFIER_INDEPENDENT
        for (std::intptr_t i = 0; i < count; ++i) to[i] = write_as<Held>(mine(T(from[i]), what[i]));
    }

    static void part(const void* loop, std::intptr_t start, std::intptr_t stop) {
        static_cast<const BackwardLoop*>(loop)->run(start, stop);
    }

    static Operand<Stored, Held> as_operand(const void* data) {
        return {static_cast<char*>(const_cast<void*>(data)), sizeof(Stored)};
    }

    static void all(const void* gradient, const void* kept, void* out, std::intptr_t count,
                    Operation operation) {
        const BackwardLoop loop{as_operand(gradient), as_operand(out), kept, operation};
        share(count, grain, 1024, part, &loop);
    }
};

template <class Member, class T, class Places>
struct Through;

template <class Member, class T, std::size_t... k>
struct Through<Member, T, std::index_sequence<k...>> {
    T parameters[sizeof...(k) + 1];

    template <class Held>
    T operator()(T gradient, Held kept) const {
        return Gradient<Member>::through(gradient, T(kept), parameters[k]...);
    }
};

template <class Member, class Stored>
void backward(const void* gradient, const void* kept, void* out, std::intptr_t count, const double* numbers) {
    using T = typename Gradient<Member>::template computed<Stored>;
    using Operation = Through<Member, T, std::make_index_sequence<inputs<Member> - 1>>;
    Operation operation{};
    // A parameter is what it is for the forward pass, rounded to the type that is stored unless that is
    // small.
    for (std::size_t k = 0; k + 1 < inputs<Member>; ++k)
        operation.parameters[k] = T(held_t<Stored, T>(numbers[k]));
    BackwardLoop<Stored, T, Operation, false>::all(gradient, kept, out, count, operation);
}

template <class T>
struct Times {
    T passing;
    T other;
    T operator()(T gradient, std::uint8_t passes) const {
        return passes != 0 ? gradient * passing : gradient * other;
    }
};

template <class T>
struct Blocks {
    T passing;
    T operator()(T gradient, std::uint8_t passes) const { return passes != 0 ? gradient * passing : T(0); }
};

template <class Stored>
void masked(const void* gradient, const std::uint8_t* bits, void* out, std::intptr_t count, double passing,
            double other, bool blocks) {
    using T = computed_t<Stored, true, true>;
    if (blocks)
        BackwardLoop<Stored, T, Blocks<T>, true>::all(gradient, bits, out, count, {T(passing)});
    else
        BackwardLoop<Stored, T, Times<T>, true>::all(gradient, bits, out, count, {T(passing), T(other)});
}

template <class Member>
constexpr bool for_tensors =
    std::is_base_of<Elementwise, Member>::value && !std::is_base_of<Gated, Member>::value &&
    !std::is_base_of<Concatenated, Member>::value;

template <class Member>
void append(const char* name, TensorFunction*& next) {
    if constexpr (for_tensors<Member>) {
        constexpr Kept kept = Gradient<Member>::kept;
        constexpr int parameters = int(inputs<Member>) - 1;
        const char* const what = kept == Kept::bit ? "bit" : kept == Kept::output ? "output" : "input";
        TensorFunction function{name,
                                what,
                                parameters,
                                {ForwardLoop<Member, half>::all, ForwardLoop<Member, bfloat16>::all,
                                 ForwardLoop<Member, float>::all, ForwardLoop<Member, double>::all},
                                {}};
        if constexpr (kept != Kept::bit) {
            const Backward each[] = {backward<Member, half>, backward<Member, bfloat16>,
                                     backward<Member, float>, backward<Member, double>};
            for (int k = 0; k < tensor_type_count; ++k) function.backward[k] = each[k];
        }
        *next++ = function;
    }
}

#define RECTIFIER_COUNT(member) +(for_tensors<activations::member> ? 1 : 0)
constexpr std::size_t count = 0 RECTIFIER_MEMBERS(RECTIFIER_COUNT);
TensorFunction all[count];

template <class Word>
constexpr SparseFunctions sparse = {int(sizeof(Word)), mark_nonzero<Word>, compress<Word>,
                                    check_and_compress<Word>, expand<Word>};

}  // namespace

#define RECTIFIER_JOIN(a, b) a##b
#define RECTIFIER_TENSORS_OF(variant) RECTIFIER_JOIN(tensors_, variant)
#define RECTIFIER_APPEND(member) append<activations::member>(#member, next);

TensorTable RECTIFIER_TENSORS_OF(RECTIFIER_VARIANT)() {
    TensorFunction* next = all;
    RECTIFIER_MEMBERS(RECTIFIER_APPEND)
    return {all,
            count,
            {masked<half>, masked<bfloat16>, masked<float>, masked<double>},
            {sparse<std::uint16_t>, sparse<std::uint32_t>, sparse<std::uint64_t>},
            {spread<half>, spread<bfloat16>, spread<float>, spread<double>},
            {activity<half>, activity<bfloat16>, activity<float>, activity<double>}};
}

}  // namespace rectifier
