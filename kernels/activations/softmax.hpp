// e^x over the sum of e^x of its row. The row's maximum is subtracted first, so nothing overflows.
#pragma once

#include <cstdint>

#include "math/log1p.hpp"
#include "math/pair.hpp"
#include "math/rows.hpp"
#include "operands.hpp"
#include "traits.hpp"

namespace rectifier {
namespace {
namespace activations {

struct softmax : Rowwise {
    template <class T, class In, class Out>
    static void row(In x, Out y) {
        const T maximum = row_maximum(x);
        if constexpr (Out::holds_powers) {  // those are in reach of y's type, and are divided where they are
            const auto keep = [y](std::intptr_t i, Pair<T> e) { y.set(i, rounded(e) * lower<T>); };
            const Pair<T> total = row_sum<T>(x, maximum, keep);
            RECTIFIER_INDEPENDENT
            for (std::intptr_t i = 0; i < x.size; ++i) y.set(i, rounded(quotient(pair(T(y[i])), total)));
        } else {  // their rounding would be too much: they are computed twice
            const Pair<T> total = row_sum<T>(x, maximum, [](std::intptr_t, Pair<T>) {});
            RECTIFIER_INDEPENDENT
            for (std::intptr_t i = 0; i < x.size; ++i)
                y.set(i, rounded(quotient(power(T(x[i]), maximum), total)) * lower<T>);
        }
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
