// What torch's tensors are computed with, for one instruction set: whole arrays, side by side in memory, of
// one type, and parameters as numbers. Knows neither torch nor Python.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rectifier {

// y = f(x). Unless `bits` is null: and for each element whether its gradient passes, eight to a byte, the
// first lowest. y may be x.
using Forward = void (*)(const void* x, void* y, std::uint8_t* bits, std::intptr_t count,
                         const double* parameters);

// What the gradient by y, with x or y kept, is by x. `out` may be the gradient.
using Backward = void (*)(const void* gradient, const void* kept, void* out, std::intptr_t count,
                          const double* parameters);

// The same from bits: times `passing` where the bit is set, else times `other`, or 0 if there `blocks`.
using Masked = void (*)(const void* gradient, const std::uint8_t* bits, void* out, std::intptr_t count,
                        double passing, double other, bool blocks);

// Types, in the order in which functions for them are listed, by their letters here.
constexpr char tensor_types[] = "ebfd";  // float16, bfloat16, float32, float64
constexpr int tensor_type_count = 4;

struct TensorFunction {
    const char* name;
    const char* kept;  // "input", "output" or "bit"
    int parameters;
    Forward forward[tensor_type_count];
    Backward backward[tensor_type_count];  // null if bits are kept
};

// Lossless storage of arrays with many zeros: one bit for each element and the others' values. Elements are
// seen as words of 2, 4 or 8 bytes, and only a word of zeros is left out: -0.0 is kept.
struct SparseFunctions {
    int width;
    std::intptr_t (*mark)(const void* x, std::uint8_t* bits, std::intptr_t count);  // how many are kept
    void (*compress)(const void* x, const std::uint8_t* bits, void* values, std::intptr_t count);
    // With bits that are known already: false if they are not what `mark` would make.
    bool (*check_and_compress)(const void* x, const std::uint8_t* bits, void* values, std::intptr_t count);
    void (*expand)(const std::uint8_t* bits, const void* values, void* out, std::intptr_t count);
};

// How an array lies whose units are measured, see statistics.hpp.
struct Extent {
    std::intptr_t samples, before, units, behind;
};

// Root of the sum of squares of the differences from each unit's mean, and of the numbers; how many there
// are. False if memory is short.
using Spread = bool (*)(const void* x, const Extent& extent, double* norms);

// For how many samples each unit is anywhere above `low` and below `high`; behind these how many numbers are
// not zero, how many samples there are, and how many numbers. False if memory is short.
using Activity = bool (*)(const void* y, const Extent& extent, double low, double high, std::int64_t* counts);

struct TensorTable {
    const TensorFunction* functions;
    std::size_t count;
    Masked masked[tensor_type_count];
    SparseFunctions sparse[3];
    Spread spread[tensor_type_count];
    Activity activity[tensor_type_count];
};

}  // namespace rectifier
