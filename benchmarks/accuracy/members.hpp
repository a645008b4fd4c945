// What every member is, as one short function of a number for its value and one for its slope, in any type.
// They are spelled so that nothing cancels: the error is a few roundings of the type. Where that cannot be
// had, `hard` says so and the widest type decides. Nothing here is shared with the kernels.
#pragma once

#include "numbers.hpp"

namespace reference {

enum class What { value, slope };

// `narrow`: the truth is wanted for float, in double; otherwise for double, in long double.
struct Easy {
    static bool hard(What, double, bool) { return false; }
};

template <class T>
constexpr T constant(Wide x) {
    return static_cast<T>(x);
}

inline bool near(double x, double zero, bool narrow) { return std::fabs(x - zero) < (narrow ? 0.02 : 0.3); }

template <class T>
T sigmoid_of(T x) {
    return 1 / (1 + exp(-x));
}

template <class T>
T softplus_of(T x) {
    return (x > 0 ? x : 0) + log1p(exp(-abs(x)));
}

template <class T>
T clamped(T x, T low, T high) {
    return x < low ? low : x > high ? high : x;
}

namespace members {

struct relu : Easy {
    template <class T>
    static T value(T x) {
        return x < 0 ? 0 : x;
    }
    template <class T>
    static T slope(T x) {
        return x > 0;
    }
};

struct leaky_relu : Easy {
    template <class T>
    static T value(T x, T negative_slope) {
        return x > 0 ? x : negative_slope * x;
    }
    template <class T>
    static T slope(T x, T negative_slope) {
        return x > 0 ? 1 : negative_slope;
    }
};

struct prelu : leaky_relu {};

struct rrelu : Easy {
    template <class T>
    static T value(T x, T lower, T upper) {
        return x > 0 ? x : (lower + upper) / 2 * x;
    }
    template <class T>
    static T slope(T x, T lower, T upper) {
        return x > 0 ? 1 : (lower + upper) / 2;
    }
};

struct relu6 : Easy {
    template <class T>
    static T value(T x) {
        return clamped<T>(x, 0, 6);
    }
    template <class T>
    static T slope(T x) {
        return x > 0 && x < 6;
    }
};

struct relu_squared : Easy {
    template <class T>
    static T value(T x) {
        return x > 0 ? x * x : 0;
    }
    template <class T>
    static T slope(T x) {
        return x > 0 ? 2 * x : 0;
    }
};

struct elu : Easy {
    template <class T>
    static T value(T x, T alpha) {
        return x > 0 ? x : alpha * expm1(x);
    }
    template <class T>
    static T slope(T x, T alpha) {
        return x > 0 ? 1 : alpha * exp(x);
    }
};

struct celu : Easy {
    template <class T>
    static T value(T x, T alpha) {
        return x > 0 ? x : alpha * expm1(x / alpha);
    }
    template <class T>
    static T slope(T x, T alpha) {
        return x > 0 ? 1 : exp(x / alpha);
    }
};

struct selu : Easy {
    static constexpr Wide alpha = REFERENCE_CONSTANT(1.6732632423543772848170429916717);
    static constexpr Wide scale = REFERENCE_CONSTANT(1.0507009873554804934193349852946);

    template <class T>
    static T value(T x) {
        return x > 0 ? constant<T>(scale) * x : constant<T>(scale * alpha) * expm1(x);
    }
    template <class T>
    static T slope(T x) {
        return x > 0 ? constant<T>(scale) : constant<T>(scale * alpha) * exp(x);
    }
};

// In the tail, an error of x^2 / 2 in its last place is one of the result times x^2 / 2: too much in long
// double.
struct gelu : Easy {
    static constexpr Wide root_half = REFERENCE_CONSTANT(0.70710678118654752440084436210484903928);
    static constexpr Wide density = REFERENCE_CONSTANT(0.39894228040143267793994605993438186848);

    static bool hard(What what, double x, bool narrow) {
        return (what == What::slope && near(x, -0.751791, narrow)) || (!narrow && x < -1 && x > -40);
    }
    template <class T>
    static T below(T x) {
        return erfc(-x * constant<T>(root_half)) / 2;
    }
    template <class T>
    static T value(T x) {
        return x * below(x);
    }
    template <class T>
    static T slope(T x) {
        return below(x) + x * (constant<T>(density) * exp(-x * x / 2));
    }
};

struct gelu_tanh : Easy {
    static constexpr Wide twice_root = REFERENCE_CONSTANT(1.5957691216057307117597842397375274739);
    static constexpr Wide cubic = REFERENCE_CONSTANT(0.044715);

    static bool hard(What what, double x, bool narrow) {
        return (what == What::slope && near(x, -0.752461, narrow)) || (!narrow && x < -1 && x > -40);
    }
    template <class T>
    static T twice_inner(T x) {
        return constant<T>(twice_root) * (x + constant<T>(cubic) * x * x * x);
    }
    template <class T>
    static T value(T x) {
        return x * sigmoid_of(twice_inner(x));
    }
    template <class T>
    static T slope(T x) {
        if (x < -40 || x > 40)
            return x < 0 ? -T(0) : T(1);  // e^2000 away from them; the product below would overflow
        const T inner_slope = constant<T>(twice_root) * (1 + 3 * constant<T>(cubic) * x * x);
        return sigmoid_of(twice_inner(x)) * (1 + x * sigmoid_of(-twice_inner(x)) * inner_slope);
    }
};

struct silu : Easy {
    static bool hard(What what, double x, bool narrow) {
        return what == What::slope && near(x, -1.278465, narrow);
    }
    template <class T>
    static T value(T x) {
        return x * sigmoid_of(x);
    }
    template <class T>
    static T slope(T x) {
        return sigmoid_of(x) * (1 + x * sigmoid_of(-x));
    }
};

// With e = e^x, tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2); with q = e^-x where x > 0, both divided by
// e^2.
struct mish : Easy {
    static bool hard(What what, double x, bool narrow) {
        return what == What::slope && near(x, -1.192456, narrow);
    }
    template <class T>
    static T gate(T x) {
        if (x > 0) {
            const T q = exp(-x);
            return (1 + 2 * q) / (1 + 2 * q + 2 * q * q);
        }
        const T e = exp(x);
        return e * (e + 2) / (e * (e + 2) + 2);
    }
    template <class T>
    static T gate_slope(T x) {
        if (x > 0) {
            const T q = exp(-x), below = 1 + 2 * q + 2 * q * q;
            return 4 * q * q * (1 + q) / (below * below);
        }
        const T e = exp(x), below = e * (e + 2) + 2;
        return 4 * e * (1 + e) / (below * below);
    }
    template <class T>
    static T value(T x) {
        return x * gate(x);
    }
    template <class T>
    static T slope(T x) {
        return gate(x) + x * gate_slope(x);
    }
};

struct softplus : Easy {
    template <class T>
    static T value(T x, T beta) {
        return softplus_of(beta * x) / beta;
    }
    template <class T>
    static T slope(T x, T beta) {
        return sigmoid_of(beta * x);
    }
};

struct logsigmoid : Easy {
    template <class T>
    static T value(T x) {
        return -softplus_of(-x);
    }
    template <class T>
    static T slope(T x) {
        return sigmoid_of(-x);
    }
};

struct sigmoid : Easy {
    template <class T>
    static T value(T x) {
        return sigmoid_of(x);
    }
    template <class T>
    static T slope(T x) {
        const T e = exp(-abs(x));
        return e / ((1 + e) * (1 + e));
    }
};

struct tanh : Easy {
    template <class T>
    static T value(T x) {
        return reference::tanh(x);
    }
    template <class T>
    static T slope(T x) {
        const T e = exp(-2 * abs(x));
        return 4 * e / ((1 + e) * (1 + e));
    }
};

// tanh x = x / (1 + c) with the continued fraction c = x^2 / (3 + x^2 / (5 + x^2 / (7 + ...))) (Lambert
// 1770), so x - tanh x = x c / (1 + c), where x - tanh x itself would cancel for small x.
struct tanhshrink : Easy {
    template <class T>
    static T value(T x) {
        if (abs(x) > 1) return x - reference::tanh(x);
        if (abs(x) < T(0x1p-60)) return x * x * x / 3;
        const T square = x * x;
        T c = 0;
        for (int odd = sizeof(T) > 8 ? 31 : 17; odd >= 3; odd -= 2) c = square / (odd + c);
        return x * c / (1 + c);
    }
    template <class T>
    static T slope(T x) {
        const T t = reference::tanh(x);
        return t * t;
    }
};

struct softsign : Easy {
    template <class T>
    static T value(T x) {
        return x / (1 + abs(x));
    }
    template <class T>
    static T slope(T x) {
        return 1 / ((1 + abs(x)) * (1 + abs(x)));
    }
};

struct squareplus : Easy {
    template <class T>
    static T value(T x, T b) {
        const T root = sqrt(x * x + b);
        return x < 0 ? b / (2 * (root - x)) : (x + root) / 2;
    }
    template <class T>
    static T slope(T x, T b) {
        const T root = sqrt(x * x + b);
        return x < 0 ? b / (2 * root * (root - x)) : (1 + x / root) / 2;
    }
};

struct smelu : Easy {
    template <class T>
    static T value(T x, T beta) {
        return x <= -beta ? 0 : x >= beta ? x : (x + beta) * (x + beta) / (4 * beta);
    }
    template <class T>
    static T slope(T x, T beta) {
        return x <= -beta ? 0 : x >= beta ? 1 : (x + beta) / (2 * beta);
    }
};

struct hardswish : Easy {
    template <class T>
    static T value(T x) {
        return x <= -3 ? 0 : x >= 3 ? x : x * (x + 3) / 6;
    }
    template <class T>
    static T slope(T x) {
        return x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6;
    }
};

struct hardsigmoid : Easy {
    template <class T>
    static T value(T x) {
        return x <= -3 ? 0 : x >= 3 ? 1 : (x + 3) / 6;
    }
    template <class T>
    static T slope(T x) {
        return x > -3 && x < 3 ? T(1) / 6 : 0;
    }
};

struct hardtanh : Easy {
    template <class T>
    static T value(T x, T min_val, T max_val) {
        return clamped(x, min_val, max_val);
    }
    template <class T>
    static T slope(T x, T min_val, T max_val) {
        return x > min_val && x < max_val;
    }
};

struct threshold : Easy {
    template <class T>
    static T value(T x, T threshold, T value) {
        return x > threshold ? x : value;
    }
    template <class T>
    static T slope(T x, T threshold, T) {
        return x > threshold;
    }
};

struct hardshrink : Easy {
    template <class T>
    static T value(T x, T lambd) {
        return abs(x) > lambd ? x : 0;
    }
    template <class T>
    static T slope(T x, T lambd) {
        return abs(x) > lambd;
    }
};

struct softshrink : Easy {
    template <class T>
    static T value(T x, T lambd) {
        return x > lambd ? x - lambd : x < -lambd ? x + lambd : 0;
    }
    template <class T>
    static T slope(T x, T lambd) {
        return abs(x) > lambd;
    }
};

}  // namespace members

// clang-format off
#define REFERENCE_MEMBERS(X) \
    X(relu) X(leaky_relu) X(prelu) X(rrelu) X(relu6) X(relu_squared) X(elu) X(celu) X(selu) X(gelu) \
    X(gelu_tanh) X(silu) X(mish) X(softplus) X(logsigmoid) X(sigmoid) X(tanh) X(tanhshrink) X(softsign) \
    X(squareplus) X(smelu) X(hardswish) X(hardsigmoid) X(hardtanh) X(threshold) X(hardshrink) X(softshrink)
// clang-format on

}  // namespace reference
