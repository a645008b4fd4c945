// What can be read off an activation's struct: how many parameters it has, and which loops it gets.
#pragma once

#include <cstddef>
#include <type_traits>

namespace rectifier {
namespace {

// Activations of a scalar derive from this. `integers`: integers are mapped to integers, value and slope.
struct Elementwise {
    static constexpr bool integers = false;
};

// Activations of a whole row, such as softmax, derive from this.
struct Rowwise {};

template <class Result, class... Arguments>
constexpr std::size_t count_arguments(Result (*)(Arguments...)) {
    return sizeof...(Arguments);
}

template <class Member>
constexpr std::size_t parameters = count_arguments(&Member::template value<float>) - 1;

template <class Member>
constexpr bool is_rowwise = std::is_base_of<Rowwise, Member>::value;

}  // namespace
}  // namespace rectifier
