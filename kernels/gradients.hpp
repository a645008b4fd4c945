// How a gradient goes back through each member, and what of the forward pass is kept for it: the input, the
// output, or one bit per element. Conditions and the order of operations are those of torch, so that the bits
// of the result are too.
#pragma once

#include "loops.hpp"
#include "math/exp.hpp"
#include "members.hpp"

namespace rectifier {
namespace {

enum class Kept { input, output, bit };

// From the input, by the slope: right for every member.
template <class Member>
struct Gradient {
    static constexpr Kept kept = Kept::input;
    template <class Stored>
    using computed = computed_for<Member, Stored>;

    template <class T, class... Parameters>
    static T through(T gradient, T x, Parameters... parameters) {
        return gradient * Member::slope(x, parameters...);
    }
};

// From the output: a few operations, in float where that is what is stored.
struct FromOutput {
    static constexpr Kept kept = Kept::output;
    template <class Stored>
    using computed = computed_t<Stored, true, true>;
};

template <>
struct Gradient<activations::elu> : FromOutput {
    template <class T>
    static T through(T gradient, T y, T alpha) {
        return y <= 0 ? gradient * (y + alpha) : gradient;
    }
};

template <>
struct Gradient<activations::selu> : FromOutput {
    template <class T>
    static T through(T gradient, T y) {
        const T scale = T(1.0507009873554804934), scale_alpha = T(1.7580993408473768599);
        return y <= 0 ? gradient * (y + scale_alpha) : gradient * scale;
    }
};

template <>
struct Gradient<activations::celu> : FromOutput {
    template <class T>
    static T through(T gradient, T y, T alpha) {
        return y <= 0 ? gradient * (1 / alpha) * (y + alpha) : gradient;
    }
};

template <>
struct Gradient<activations::sigmoid> : FromOutput {
    template <class T>
    static T through(T gradient, T y) {
        return gradient * (1 - y) * y;
    }
};

template <>
struct Gradient<activations::tanh> : FromOutput {
    template <class T>
    static T through(T gradient, T y) {
        return gradient * (1 - y * y);
    }
};

// 1 - e^-beta y, which does not cancel.
template <>
struct Gradient<activations::softplus> : FromOutput {
    template <class T>
    static T through(T gradient, T y, T beta) {
        return gradient * -exponential(bounded(-beta * y)).minus_one().high;
    }
};

// 1 - e^y: softplus, turned about.
template <>
struct Gradient<activations::logsigmoid> : FromOutput {
    template <class T>
    static T through(T gradient, T y) {
        return gradient * -exponential(bounded(y)).minus_one().high;
    }
};

// From one bit: two slopes are all there are. Where it is set, the gradient is multiplied by the first of
// them.
struct FromBit {
    static constexpr Kept kept = Kept::bit;
};

template <>
struct Gradient<activations::relu> : FromBit {
    template <class T>
    static bool passes(T x) {
        return !(x <= 0);
    }
};

// Also prelu and rrelu, as far as their slopes are numbers.
template <>
struct Gradient<activations::leaky_relu> : FromBit {
    template <class T>
    static bool passes(T x, T) {
        return x > 0;
    }
};

template <>
struct Gradient<activations::relu6> : FromBit {
    template <class T>
    static bool passes(T x) {
        return !(x <= 0) & !(x >= 6);
    }
};

template <>
struct Gradient<activations::hardtanh> : FromBit {
    template <class T>
    static bool passes(T x, T min_val, T max_val) {
        return !(x <= min_val) & !(x >= max_val);
    }
};

template <>
struct Gradient<activations::threshold> : FromBit {
    template <class T>
    static bool passes(T x, T threshold, T) {
        return !(x <= threshold);
    }
};

template <>
struct Gradient<activations::hardshrink> : FromBit {
    template <class T>
    static bool passes(T x, T lambd) {
        return !(magnitude(x) <= lambd);
    }
};

template <>
struct Gradient<activations::softshrink> : Gradient<activations::hardshrink> {};

template <>
struct Gradient<activations::hardsigmoid> : FromBit {
    template <class T>
    static bool passes(T x) {
        return (x > -3) & (x < 3);
    }
};

}  // namespace
}  // namespace rectifier
