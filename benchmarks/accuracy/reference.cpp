// Measures results against the truth. A plain library for ctypes: every function takes the number of a
// measured function, which `reference_find` gives for a name.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <utility>

#include "members.hpp"

namespace reference {
namespace {

// Field by field as in reference.py.
struct Tally {
    std::int64_t count;       // results measured
    std::int64_t wrong;       // not the correctly rounded result: more than 0.5 ulp from the truth
    std::int64_t over_75;     // more than 0.75 ulp from the truth
    std::int64_t over_100;    // more than 1 ulp from the truth
    std::int64_t beyond;      // more than `bound` numbers away from the correctly rounded result
    std::int64_t zero_signs;  // zeros for a small truth of the other sign
    std::int64_t widened;     // decided by the widest type
    std::int64_t distance;    // the largest distance from the correctly rounded result, in numbers
    double distance_x, distance_got, distance_wanted;
    double error;  // the largest distance of a wrong one from the truth, in ulp
    double error_x, error_got, error_wanted;
    double zero_x;  // an input whose zero has the wrong sign
};

template <class Float>
using near_t = typename Format<Float>::Near;

inline std::uint32_t bits(float x) {
    std::uint32_t b;
    std::memcpy(&b, &x, sizeof b);
    return b;
}

inline std::uint64_t bits(double x) {
    std::uint64_t b;
    std::memcpy(&b, &x, sizeof b);
    return b;
}

// The place of a number among all numbers of its type in order; both zeros have the same.
template <class Float>
inline std::int64_t place(Float x) {
    const std::int64_t magnitude = std::int64_t(bits(std::fabs(x)));
    return x < 0 ? -magnitude : magnitude;
}

// The distance between the numbers of the type around the truth.
template <class Float, class T>
inline near_t<Float> ulp(T truth) {
    using Near = near_t<Float>;
    double magnitude = std::fabs(double(truth));
    std::uint64_t b =
        bits(std::min(magnitude, double(std::numeric_limits<Float>::max()))) & 0x7ff0000000000000u;
    std::memcpy(&magnitude, &b, sizeof b);
    constexpr Near relative = Near(1) / (std::int64_t(1) << (Format<Float>::precision - 1));
    return std::max(Near(magnitude) * relative, Near(std::numeric_limits<Float>::denorm_min()));
}

template <class Member, What what, class T, std::size_t... index>
inline T evaluate(T x, const double* parameters, std::index_sequence<index...>) {
    (void)parameters;
    if constexpr (what == What::value)
        return Member::template value<T>(x, T(parameters[index])...);
    else
        return Member::template slope<T>(x, T(parameters[index])...);
}

template <class Result, class... Arguments>
constexpr std::size_t count_arguments(Result (*)(Arguments...)) {
    return sizeof...(Arguments);
}

template <class Member, What what, class T>
inline T truth(T x, const double* parameters) {
    constexpr std::size_t count = count_arguments(&Member::template value<T>) - 1;
    return evaluate<Member, what, T>(x, parameters, std::make_index_sequence<count>());
}

// Whether the error lies so near to where a count begins that Near cannot tell.
template <class Near>
inline bool undecided(Near error) {
    constexpr Near margin = 1 / Near(1 << (sizeof(Near) > 8 ? 5 : 14));
    return abs(error - Near(0.75)) < margin || abs(error - 1) < margin;
}

// One result that is not plainly right: counts what it is.
template <class Member, What what, class Float>
void examine(Float x, Float got, near_t<Float> near, const double* parameters, std::int64_t bound, Tally& t) {
    using Near = near_t<Float>;
    constexpr Near trust = Format<Float>::trust;
    Float wanted = Float(near);
    Near error = abs(Near(got) - near) / ulp<Float>(near);
    if (Member::hard(what, double(x), Format<Float>::narrow) || Float(near * (1 - trust)) != wanted ||
        Float(near * (1 + trust)) != wanted || undecided(error)) {
        const Wide wide = truth<Member, what, Wide>(x, parameters);
        wanted = Float(wide);
        error = Near(abs(Wide(got) - wide) / Wide(ulp<Float>(wide)));
        ++t.widened;
    }
    if (got == wanted) {
        // A truth that is exactly zero has no sign of its own, and is a positive zero here.
        if (wanted == 0 && std::signbit(got) != std::signbit(wanted) && (near != 0 || std::signbit(near))) {
            ++t.zero_signs;
            t.zero_x = double(x);
        }
        return;
    }
    const bool number = got == got;
    const std::int64_t distance =
        number ? std::abs(place(got) - place(wanted)) : std::numeric_limits<std::int64_t>::max();
    if (!number) error = std::numeric_limits<Near>::infinity();
    if (std::isinf(wanted) && number) error = Near(distance);  // the truth is beyond the largest number
    ++t.wrong;
    t.over_75 += error > Near(0.75);
    t.over_100 += error > 1;
    t.beyond += distance > bound;
    if (distance > t.distance) {
        t.distance = distance;
        t.distance_x = double(x), t.distance_got = double(got), t.distance_wanted = double(wanted);
    }
    if (error > Near(t.error)) {
        t.error = double(error);
        t.error_x = double(x), t.error_got = double(got), t.error_wanted = double(wanted);
    }
}

template <class Member, What what, class Float>
void measure(const Float* x, const Float* got, std::int64_t count, const double* parameters,
             std::int64_t bound, Tally* total) {
    using Near = near_t<Float>;
    constexpr Near below = 1 - Format<Float>::trust, above = 1 + Format<Float>::trust;
    constexpr std::int64_t block = 512;
    Near near[block];
    bool plain[block];
    Tally t = *total;
    t.count += count;
    for (std::int64_t start = 0; start < count; start += block, x += block, got += block) {
        const std::int64_t size = std::min(block, count - start);
        for (std::int64_t i = 0; i < size; ++i) near[i] = truth<Member, what, Near>(x[i], parameters);
        // Plainly right: rounds to the result wherever in its uncertainty it lies. (Zeros have a sign to look
        // at.)
        for (std::int64_t i = 0; i < size; ++i)
            plain[i] = (Float(near[i] * below) == got[i]) & (Float(near[i] * above) == got[i]) &
                       (got[i] != 0) & !Member::hard(what, double(x[i]), Format<Float>::narrow);
        for (std::int64_t i = 0; i < size; ++i)
            if (!plain[i]) examine<Member, what, Float>(x[i], got[i], near[i], parameters, bound, t);
    }
    *total = t;
}

// Three doubles and the power of two they are to be multiplied by, which hold every bit of the widest type.
template <class T>
void split(T x, double* parts) {
    int exponent = 0;
    std::frexp(static_cast<long double>(x), &exponent);  // its exponents reach as far as those of the widest
    x = x * T(std::ldexp(1.0L, -exponent / 2)) * T(std::ldexp(1.0L, -(exponent - exponent / 2)));
    for (int k = 0; k < 3; ++k) {
        parts[k] = double(x);
        x = x - T(parts[k]);
    }
    parts[3] = exponent;
}

// By the near type of float, of double, or the widest.
template <class Member, What what>
void evaluate_all(const double* x, std::int64_t count, const double* parameters, int type, double* parts) {
    for (std::int64_t i = 0; i < count; ++i, parts += 4) {
        if (type == 0) split(truth<Member, what, near_t<float>>(x[i], parameters), parts);
        if (type == 1) split(truth<Member, what, near_t<double>>(x[i], parameters), parts);
        if (type == 2) split(truth<Member, what, Wide>(x[i], parameters), parts);
    }
}

// Rounded to nearest, ties to even, to so many bits, the last of which is worth no less than 2^lowest.
template <class T>
double round_to(T x, int precision, int lowest) {
    if (x == 0 || std::isinf(double(x))) return double(x);
    int exponent;
    std::frexp(double(x), &exponent);
    const T last = std::ldexp(1.0, std::max(exponent - precision, lowest));
    return std::copysign(double(rint(x / last) * last), double(x));
}

// The near type of Float is tried first, as in `measure`.
template <class Member, What what, class Float>
double round_one(double x, const double* parameters, int precision, int lowest) {
    using Near = near_t<Float>;
    if (!Member::hard(what, x, Format<Float>::narrow)) {
        const Near near = truth<Member, what, Near>(x, parameters);
        const double below = round_to<Near>(near * (1 - Format<Float>::trust), precision, lowest);
        if (below == round_to<Near>(near * (1 + Format<Float>::trust), precision, lowest)) return below;
    }
    return round_to(truth<Member, what, Wide>(x, parameters), precision, lowest);
}

template <class Member, What what>
void round_all(const double* x, std::int64_t count, const double* parameters, int precision, int lowest,
               double* y) {
    const auto round = precision <= Format<float>::precision ? round_one<Member, what, float>
                                                             : round_one<Member, what, double>;
    for (std::int64_t i = 0; i < count; ++i) y[i] = round(x[i], parameters, precision, lowest);
}

struct Function {
    const char* name;
    int slope;
    int parameters;
    bool (*hard)(What, double, bool);
    void (*measure_float)(const float*, const float*, std::int64_t, const double*, std::int64_t, Tally*);
    void (*measure_double)(const double*, const double*, std::int64_t, const double*, std::int64_t, Tally*);
    void (*evaluate)(const double*, std::int64_t, const double*, int, double*);
    void (*round)(const double*, std::int64_t, const double*, int, int, double*);
};

template <class Member, What what>
constexpr Function describe(const char* name) {
    return {name,
            what == What::slope,
            int(count_arguments(&Member::template value<double>)) - 1,
            Member::hard,
            measure<Member, what, float>,
            measure<Member, what, double>,
            evaluate_all<Member, what>,
            round_all<Member, what>};
}

#define REFERENCE_DESCRIBE(member) \
    describe<members::member, What::value>(#member), describe<members::member, What::slope>(#member),
constexpr Function functions[] = {REFERENCE_MEMBERS(REFERENCE_DESCRIBE)};

}  // namespace
}  // namespace reference

using namespace reference;

extern "C" {

// The number of a member's value or slope, or -1.
int reference_find(const char* name, int slope) {
    for (int i = 0; i < int(std::size(functions)); ++i)
        if (functions[i].slope == slope && std::strcmp(functions[i].name, name) == 0) return i;
    return -1;
}

int reference_parameters(int function) { return functions[function].parameters; }

int reference_is_hard(int function, double x, int narrow) {
    return functions[function].hard(functions[function].slope ? What::slope : What::value, x, narrow);
}

void reference_measure_float(int function, const float* x, const float* got, std::int64_t count,
                             const double* parameters, std::int64_t bound, Tally* tally) {
    functions[function].measure_float(x, got, count, parameters, bound, tally);
}

void reference_measure_double(int function, const double* x, const double* got, std::int64_t count,
                              const double* parameters, std::int64_t bound, Tally* tally) {
    functions[function].measure_double(x, got, count, parameters, bound, tally);
}

void reference_evaluate(int function, const double* x, std::int64_t count, const double* parameters, int type,
                        double* parts) {
    functions[function].evaluate(x, count, parameters, type, parts);
}

void reference_round(int function, const double* x, std::int64_t count, const double* parameters,
                     int precision, int lowest, double* y) {
    functions[function].round(x, count, parameters, precision, lowest, y);
}

// All numbers from the place `first` on, in order (see `place`); zero is the positive one.
void reference_numbers(std::int64_t first, std::int64_t count, float* x) {
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t at = first + i;
        const std::uint32_t b = at < 0 ? std::uint32_t(-at) | 0x80000000u : std::uint32_t(at);
        std::memcpy(x + i, &b, sizeof b);
    }
}

// How often y goes down from one to the next, by how many numbers at most, and where that is.
std::int64_t reference_falls(const float* y, std::int64_t count, std::int64_t* largest, std::int64_t* at) {
    std::int64_t falls = 0;
    for (std::int64_t i = 0; i + 1 < count; ++i) {
        if (!(y[i + 1] < y[i])) continue;
        ++falls;
        const std::int64_t depth = place(y[i]) - place(y[i + 1]);
        if (depth > *largest) *largest = depth, *at = i;
    }
    return falls;
}
}
