// What watching measures of an activation, each in one pass over memory. An array is seen as samples x before
// x units x behind, side by side: a matrix has one position before and behind, an image has its pixels
// behind, a sequence its places before.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "loops.hpp"
#include "operands.hpp"
#include "tensors.hpp"
#include "threads.hpp"

namespace rectifier {
namespace {

// Units whose sums stay in the nearest cache while all samples go by.
constexpr std::intptr_t units_at_once = 256;

// Rows that are added up before their sums are stored.
constexpr int rows_at_once = 4;

// Numbers side by side of one unit have so many sums, for the compiler to vectorise.
constexpr std::intptr_t sums_at_once = 16;

// Samples are cut into chunks by the array's size alone, which are added up in their order: a sum does not
// depend on the number of threads. Each has its own memory. (No containers: what the standard library
// compiles for one instruction set would be shared by all.)
constexpr std::intptr_t most_chunks = 16;

template <class Loop>
struct Chunks {
    const Loop& loop;
    Extent extent;
    std::intptr_t count;
    std::size_t bytes;  // of one chunk's memory
    char* memory;

    Chunks(const Loop& which, const Extent& how, std::size_t needed) : loop(which), extent(how) {
        const std::intptr_t size = extent.samples * extent.before * extent.units * extent.behind;
        count = size / grain < most_chunks ? size / grain : most_chunks;
        if (count > extent.samples) count = extent.samples;
        if (count < 1) count = 1;
        bytes = (needed + 63) / 64 * 64;
        memory = static_cast<char*>(std::calloc(std::size_t(count), bytes));
        if (memory != nullptr) share(count, 1, 1, part, this);
        clear_flags();
    }
    ~Chunks() { std::free(memory); }
    Chunks(const Chunks&) = delete;
    Chunks& operator=(const Chunks&) = delete;

    void* operator[](std::intptr_t chunk) const { return memory + std::size_t(chunk) * bytes; }

    static void part(const void* all, std::intptr_t start, std::intptr_t stop) {
        const Chunks& self = *static_cast<const Chunks*>(all);
        for (std::intptr_t k = start; k < stop; ++k)
            self.loop.run(self.extent.samples * k / self.count, self.extent.samples * (k + 1) / self.count,
                          self[k]);
    }
};

// Differences are taken from each unit's first number, before they are squared: where samples hardly differ,
// the difference of large squares would be noise. All sums are of doubles: per unit the differences, and over
// all the squares of differences and of numbers.
template <class Stored>
struct SpreadLoop {
    const Stored* x;
    Extent extent;

    static double at(const Stored* from) { return double(read_as<double>(*from)); }

    void run(std::intptr_t start, std::intptr_t stop, void* memory) const {
        double* const sums = static_cast<double*>(memory);
        if (extent.behind == 1)
            side_by_side(start * extent.before, stop * extent.before, sums);
        else
            unit_by_unit(start * extent.before, stop * extent.before, sums);
    }

    void side_by_side(std::intptr_t first, std::intptr_t last, double* sums) const {
        for (std::intptr_t unit = 0; unit < extent.units; unit += units_at_once) {
            const std::intptr_t rest = extent.units - unit;
            const std::intptr_t width = rest < units_at_once ? rest : units_at_once;
            double origin[units_at_once], apart[units_at_once] = {}, square[units_at_once] = {};
            for (std::intptr_t u = 0; u < width; ++u) origin[u] = at(x + unit + u);
            std::intptr_t row = first;
            for (; row + rows_at_once <= last; row += rows_at_once)
                add<rows_at_once>(x + row * extent.units + unit, origin, sums + unit, apart, square, width);
            for (; row < last; ++row)
                add<1>(x + row * extent.units + unit, origin, sums + unit, apart, square, width);
            for (std::intptr_t u = 0; u < width; ++u) {
                sums[extent.units] += apart[u];
                sums[extent.units + 1] += square[u];
            }
        }
    }

    void unit_by_unit(std::intptr_t first, std::intptr_t last, double* sums) const {
        for (std::intptr_t unit = 0; unit < extent.units; ++unit) {
            double origin[sums_at_once], sum[sums_at_once] = {}, apart[sums_at_once] = {},
                                         square[sums_at_once] = {};
            for (double& each : origin) each = at(x + unit * extent.behind);
            for (std::intptr_t row = first; row < last; ++row) {
                const Stored* from = x + (row * extent.units + unit) * extent.behind;
                std::intptr_t i = 0;
                for (; i + sums_at_once <= extent.behind; i += sums_at_once)
                    add<1>(from + i, origin, sum, apart, square, sums_at_once);
                add<1>(from + i, origin, sum, apart, square, extent.behind - i);
            }
            for (std::intptr_t k = 0; k < sums_at_once; ++k) {
                sums[unit] += sum[k];
                sums[extent.units] += apart[k];
                sums[extent.units + 1] += square[k];
            }
        }
    }

    // Several rows, so that the sums are loaded and stored less often.
    template <int rows>
    __attribute__((flatten)) void add(const Stored* from, const double* origin, double* sum, double* apart,
                                      double* square, std::intptr_t width) const {
        const std::intptr_t step = extent.units;
        RECTIFIER_INDEPENDENT
        for (std::intptr_t u = 0; u < width; ++u) {
            double differences = sum[u], squared = apart[u], numbers = square[u];
            for (int row = 0; row < rows; ++row) {
                const double number = at(from + row * step + u), difference = number - origin[u];
                differences += difference;
                squared += difference * difference;
                numbers += number * number;
            }
            sum[u] = differences;
            apart[u] = squared;
            square[u] = numbers;
        }
    }
};

template <class Stored>
bool spread(const void* x, const Extent& extent, double* norms) {
    const SpreadLoop<Stored> loop{static_cast<const Stored*>(x), extent};
    const Chunks<SpreadLoop<Stored>> chunks(loop, extent, std::size_t(extent.units + 2) * sizeof(double));
    if (chunks.memory == nullptr) return false;
    double* const sums = static_cast<double*>(chunks[0]);
    for (std::intptr_t k = 1; k < chunks.count; ++k)
        for (std::intptr_t u = 0; u < extent.units + 2; ++u) sums[u] += static_cast<double*>(chunks[k])[u];
    const double each = double(extent.samples * extent.before * extent.behind);
    double apart = sums[extent.units];
    for (std::intptr_t u = 0; u < extent.units; ++u) apart -= sums[u] * sums[u] / each;
    norms[0] = std::sqrt(apart < 0 ? 0 : apart);  // NaN stays
    norms[1] = std::sqrt(sums[extent.units + 1]);
    norms[2] = each * double(extent.units);
    return true;
}

template <class Stored>
struct ActivityLoop {
    // What is compared: 16-bit numbers as floats.
    using T = std::conditional_t<is_small<Stored>, float, Stored>;
    const Stored* y;
    Extent extent;
    T low, high;

    // Per unit the samples in which it is active; behind these, how many numbers are not zero; then marks of
    // one sample (without positions: of all).
    void run(std::intptr_t start, std::intptr_t stop, void* memory) const {
        std::int64_t* const counts = static_cast<std::int64_t*>(memory);
        std::int32_t* const marks = reinterpret_cast<std::int32_t*>(counts + extent.units + 1);
        std::int64_t others = 0;
        if (extent.before * extent.behind == 1) {
            for (std::intptr_t sample = start; sample < stop; ++sample)
                others += side_by_side<false>(y + sample * extent.units, marks);
            for (std::intptr_t unit = 0; unit < extent.units; ++unit) counts[unit] = marks[unit];
            counts[extent.units] = others;
            return;
        }
        for (std::intptr_t sample = start; sample < stop; ++sample) {
            std::memset(marks, 0, std::size_t(extent.units) * sizeof(std::int32_t));
            for (std::intptr_t row = sample * extent.before; row < (sample + 1) * extent.before; ++row) {
                const Stored* const from = y + row * extent.units * extent.behind;
                if (extent.behind == 1)
                    others += side_by_side<true>(from, marks);
                else
                    for (std::intptr_t unit = 0; unit < extent.units; ++unit)
                        others += along(from + unit * extent.behind, marks[unit]);
            }
            RECTIFIER_INDEPENDENT
            for (std::intptr_t unit = 0; unit < extent.units; ++unit) counts[unit] += marks[unit];
        }
        counts[extent.units] = others;
    }

    // NaN is neither low nor high: a unit that is NaN is ill, but not dead.
    bool is_active(T number) const { return !(number <= low) & !(number >= high); }

    // Marks the units that are active, or counts how often.
    template <bool once>
    __attribute__((flatten)) std::int64_t side_by_side(const Stored* from, std::int32_t* marks) const {
        std::int32_t others = 0;
        RECTIFIER_INDEPENDENT
        for (std::intptr_t unit = 0; unit < extent.units; ++unit) {
            const T number = read_as<T>(from[unit]);
            marks[unit] = once ? marks[unit] | is_active(number) : marks[unit] + is_active(number);
            others += !(number == T(0));
        }
        return others;
    }

    __attribute__((flatten)) std::int64_t along(const Stored* from, std::int32_t& mark) const {
        std::int32_t active = 0, others = 0;
        for (std::intptr_t i = 0; i < extent.behind; ++i) {
            const T number = read_as<T>(from[i]);
            active |= is_active(number);
            others += !(number == T(0));
        }
        mark |= active;
        return others;
    }
};

template <class Stored>
bool activity(const void* y, const Extent& extent, double low, double high, std::int64_t* counts) {
    using Loop = ActivityLoop<Stored>;
    const Loop loop{static_cast<const Stored*>(y), extent, typename Loop::T(low), typename Loop::T(high)};
    const std::size_t units = std::size_t(extent.units);
    const Chunks<Loop> chunks(loop, extent,
                              (units + 1) * sizeof(std::int64_t) + units * sizeof(std::int32_t));
    if (chunks.memory == nullptr) return false;
    for (std::intptr_t u = 0; u <= extent.units; ++u) counts[u] = 0;
    for (std::intptr_t k = 0; k < chunks.count; ++k)
        for (std::intptr_t u = 0; u <= extent.units; ++u)
            counts[u] += static_cast<const std::int64_t*>(chunks[k])[u];
    counts[extent.units + 1] = extent.samples;
    counts[extent.units + 2] = extent.samples * extent.before * extent.units * extent.behind;
    return true;
}

}  // namespace
}  // namespace rectifier
