// x less the logarithm of the sum of e^x of its row, both less the row's maximum, so that nothing overflows.
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

struct log_softmax : Rowwise {
    template <class T, class In, class Out>
    static void row(In x, Out y) {
        const T maximum = row_maximum(x);
        const Pair<T> total = row_sum<T>(x, maximum, [](std::intptr_t, Pair<T>) {});
        const Pair<T> log_total = negative(logarithm(total));
        RECTIFIER_INDEPENDENT
        for (std::intptr_t i = 0; i < x.size; ++i) {
            const Pair<T> below = distance(T(x[i]), maximum);
            const T of_number = rounded(sum(below, log_total));
            y.set(i, below.high < -Format<T>::largest ? below.high : of_number);
        }
    }
};

}  // namespace activations
}  // namespace
}  // namespace rectifier
