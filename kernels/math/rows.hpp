// What softmax and its logarithm need of a row: its maximum, and the sum of e^(x - maximum).
#pragma once

#include <cstdint>

#include "exp.hpp"
#include "operands.hpp"
#include "pair.hpp"

namespace rectifier {
namespace {

// x - maximum. It is kept whole: its rounding alone, of a number near 30, would cost 15 ulp in e^it. (What an
// infinity leaves over is no number.)
inline Pair<double> distance(double x, double maximum) {
    const Pair<double> d = sum(x, -maximum);
    return {d.high, d.low == d.low ? d.low : 0.0};
}
inline Pair<Wide> distance(Wide x, Wide maximum) { return {x - maximum}; }

// Sums of pairs: plain ones would lose a little with every element of a long row.
inline void add(double& high, double& low, Pair<double> term) {
    const Pair<double> next = sum(high, term);
    high = next.high;
    low += next.low;
}
inline void add(double& high, double&, Pair<Wide> term) { high += term.high.value; }

// A pair as two numbers and back: memory holds doubles for both types.
inline double high_part(Pair<double> a) { return a.high; }
inline double high_part(Pair<Wide> a) { return a.high.value; }
inline double low_part(Pair<double> a) { return a.low; }
inline double low_part(Pair<Wide>) { return 0; }

template <class T>
inline Pair<T> joined(double high, double low) {
    return constant<T>(high, low);
}

inline Pair<double> normalised(Pair<double> a) { return fast_sum(a.high, a.low); }
inline Pair<Wide> normalised(Pair<Wide> a) { return a; }

// e^(x - maximum), lifted.
template <class T>
inline Pair<T> power(T x, T maximum) {
    return exponential(bounded(distance(x, maximum))).lifted();
}

// A running result for each of so many places in a row, which fills the widest vectors. It is the same for
// every instruction set, so the order of the additions is too.
constexpr std::intptr_t lanes = 16;

// Elements whose powers are kept until they are added. Chosen by us: 4 KiB of pairs.
constexpr std::intptr_t piece = 256;

// NaN loses every comparison: the maximum is that of the numbers, and the NaN comes back in the sum.
template <class In>
inline auto row_maximum(In x) {
    using Held = decltype(x.held(0));
    Held largest[2 * lanes];
    for (Held& lane : largest) lane = -Held(__builtin_inf());
    std::intptr_t i = 0;
    for (; i + 2 * lanes <= x.size; i += 2 * lanes)
        for (std::intptr_t lane = 0; lane < 2 * lanes; ++lane) {
            const Held element = x.held(i + lane);
            largest[lane] = element > largest[lane] ? element : largest[lane];
        }
    for (; i < x.size; ++i) largest[0] = x.held(i) > largest[0] ? x.held(i) : largest[0];
    for (std::intptr_t half = lanes; half > 0; half /= 2)
        for (std::intptr_t lane = 0; lane < half; ++lane)
            largest[lane] = largest[lane] > largest[lane + half] ? largest[lane] : largest[lane + half];
    return largest[0];
}

// The sum of e^(x - maximum), each of which is also given to `use`.
template <class T, class In, class Use>
inline Pair<T> row_sum(In x, T maximum, Use use) {
    double high[lanes] = {}, low[lanes] = {};
    double powers[piece], lows[piece];
    for (std::intptr_t start = 0; start < x.size; start += piece) {
        const std::intptr_t count = x.size - start < piece ? x.size - start : piece;
        RECTIFIER_INDEPENDENT
        for (std::intptr_t i = 0; i < count; ++i) {
            const Pair<T> e = power(T(x[start + i]), maximum);
            use(start + i, e);
            powers[i] = high_part(e);
            lows[i] = low_part(e);
        }
        std::intptr_t i = 0;
        for (; i + lanes <= count; i += lanes)
            for (std::intptr_t lane = 0; lane < lanes; ++lane)
                add(high[lane], low[lane], scaled(joined<T>(powers[i + lane], lows[i + lane]), lower<T>));
        for (std::intptr_t lane = 0; i < count; ++i, ++lane)
            add(high[lane], low[lane], scaled(joined<T>(powers[i], lows[i]), lower<T>));
    }
    for (std::intptr_t half = lanes / 2; half > 0; half /= 2)
        for (std::intptr_t lane = 0; lane < half; ++lane)
            add(high[lane], low[lane], joined<T>(high[lane + half], low[lane + half]));
    return normalised(joined<T>(high[0], low[0]));
}

}  // namespace
}  // namespace rectifier
