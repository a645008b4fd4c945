// A float or a smaller number, held in a double while it is computed with: 29 bits of precision to spare, and
// no result on the way is too small or too large. So one operation is as good here as one of pairs
// (pair.hpp) is for double itself, and rounding at the end is the only one that counts.
#pragma once

namespace rectifier {
namespace {

struct Wide {
    double value;

    Wide() = default;
    constexpr Wide(double number) : value(number) {}
};

constexpr Wide operator-(Wide a) { return -a.value; }
constexpr Wide operator+(Wide a, Wide b) { return a.value + b.value; }
constexpr Wide operator-(Wide a, Wide b) { return a.value - b.value; }
constexpr Wide operator*(Wide a, Wide b) { return a.value * b.value; }
constexpr Wide operator/(Wide a, Wide b) { return a.value / b.value; }
constexpr bool operator<(Wide a, Wide b) { return a.value < b.value; }
constexpr bool operator>(Wide a, Wide b) { return a.value > b.value; }
constexpr bool operator<=(Wide a, Wide b) { return a.value <= b.value; }
constexpr bool operator>=(Wide a, Wide b) { return a.value >= b.value; }
constexpr bool operator==(Wide a, Wide b) { return a.value == b.value; }
constexpr bool operator!=(Wide a, Wide b) { return a.value != b.value; }

// For results that are a little less in truth than what Wide makes of them, where that is halfway between two
// numbers of the smaller type.
constexpr Wide just_below_one = 1 - 0x1p-50;

}  // namespace
}  // namespace rectifier
