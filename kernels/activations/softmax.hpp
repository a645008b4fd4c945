// e^x over the sum of e^x of its row. The row's maximum is subtracted first, so nothing overflows.
#pragma once

#include <cstdint>

#include "math/exp.hpp"
#include "math/pair.hpp"
#include "operands.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct softmax : Rowwise {
    // A row is read in blocks of this many, with a running result for each place in the block, which fills
    // the widest vectors. It is the same for every instruction set, so the order of the additions is too.
    static constexpr std::intptr_t lanes = 32;

    // The block from `start` on. Past the row's end it is -infinity, which is no maximum and adds nothing.
    template <class T, class In>
    static void read(In x, std::intptr_t start, T* into) {
        const std::intptr_t left = x.size - start;
        if (left >= lanes) {
            for (std::intptr_t lane = 0; lane < lanes; ++lane) into[lane] = x[start + lane];
        } else {
            for (std::intptr_t lane = 0; lane < left; ++lane) into[lane] = x[start + lane];
            for (std::intptr_t lane = left; lane < lanes; ++lane) into[lane] = -T(__builtin_inf());
        }
    }

    // e^(x - maximum). The difference is kept whole: its rounding alone, of a number near 30, would cost 15
    // ulp.
    template <class T>
    static Pair<T> power(T x, T maximum) {
        const Pair<T> distance = sum(x, -maximum);
        return exp_pair(distance.high, distance.low);
    }

    template <class T, class In, class Out>
    static void row(In x, Out y) {
        T part[lanes];

        // NaN loses every comparison: the maximum is that of the numbers, and the NaN comes back in the sum.
        T largest[lanes];
        for (T& lane : largest) lane = -T(__builtin_inf());
        for (std::intptr_t start = 0; start < x.size; start += lanes) {
            read(x, start, part);
            for (std::intptr_t lane = 0; lane < lanes; ++lane)
                largest[lane] = part[lane] > largest[lane] ? part[lane] : largest[lane];
        }
        T maximum = largest[0];
        for (T lane : largest) maximum = lane > maximum ? lane : maximum;

        // Sums of pairs: plain ones would lose a little with every element of a long row.
        T high[lanes] = {}, low[lanes] = {};
        for (std::intptr_t start = 0; start < x.size; start += lanes) {
            read(x, start, part);
            for (std::intptr_t lane = 0; lane < lanes; ++lane) {
                const Pair<T> next = sum(high[lane], power(part[lane], maximum).high);
                high[lane] = next.high;
                low[lane] += next.low;
            }
        }
        Pair<T> total = {0, 0};
        for (std::intptr_t lane = 0; lane < lanes; ++lane) {
            const Pair<T> next = sum(total.high, high[lane]);
            total = {next.high, total.low + next.low + low[lane]};
        }
        total = fast_sum(total.high, total.low);

        // The exponentials are computed again rather than kept: no scratch memory, and the result is rounded
        // once.
        RECTIFIER_INDEPENDENT
        for (std::intptr_t i = 0; i < x.size; ++i) y.set(i, quotient(power(T(x[i]), maximum), total));
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
