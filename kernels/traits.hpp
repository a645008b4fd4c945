// What can be read off an activation's struct: how many inputs and outputs it has, and which loops it gets.
#pragma once

#include <cstddef>
#include <type_traits>

namespace rectifier {
namespace {

// Activations of a scalar derive from this.
struct Elementwise {
    // Integers are mapped to integers, value and slope.
    static constexpr bool integers = false;
    // Nothing but choices and one operation, whose result is rounded by nature: floats are computed in float,
    // which also holds the results of 16-bit numbers unrounded.
    static constexpr bool exact = false;
    // A few operations, cheaper with care in float than without in Wide, where 16-bit numbers are computed.
    static constexpr bool narrow = false;
};

// Activations of a whole row, such as softmax, derive from this.
struct Rowwise {};

// Activations of the two halves of their input: value(a, b) is one number, slope(a, b) one for each half.
struct Gated : Elementwise {};

// Activations whose output is twice as long: value(x) and slope(x) are two numbers, one for each half.
struct Concatenated : Elementwise {};

template <class T>
struct Two {
    T first;
    T second;
};

template <class Result, class... Arguments>
constexpr std::size_t count_arguments(Result (*)(Arguments...)) {
    return sizeof...(Arguments);
}

// x and the parameters, or both halves.
template <class Member>
constexpr std::size_t inputs = count_arguments(&Member::template value<double>);

template <class Result, class... Arguments>
constexpr std::size_t count_results(Result (*)(Arguments...)) {
    return std::is_same<Result, Two<double>>::value ? 2 : 1;
}

template <class Member>
constexpr std::size_t values = count_results(&Member::template value<double>);

template <class Member>
constexpr std::size_t slopes = count_results(&Member::template slope<double>);

// Inputs that are the same for all elements, most of the time.
template <class Member>
constexpr bool has_parameters = inputs<Member> > 1 && !std::is_base_of<Gated, Member>::value;

template <class Member>
constexpr bool is_rowwise = std::is_base_of<Rowwise, Member>::value;

}  // namespace
}  // namespace rectifier
