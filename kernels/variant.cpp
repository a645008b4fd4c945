// All members for one instruction set. Compiled once per set with the flags of that set.
//
// Everything included here lives in unnamed namespaces. Were it shared, the linker would keep one copy of
// each inline function, perhaps the one built for AVX-512, and the baseline would crash where there is no
// AVX-512.
#include <type_traits>

#include "loops.hpp"
#include "members.hpp"
#include "table.hpp"

namespace rectifier {
namespace {

template <class Member, Want want>
constexpr InnerLoop floats_only[] = {elementwise<Member, want, half>, elementwise<Member, want, float>,
                                     elementwise<Member, want, double>};

// Integers first: NumPy takes the first loop its input can be cast to, and int8 can be cast to float16.
template <class Member, Want want>
constexpr InnerLoop with_integers[] = {
    elementwise<Member, want, signed char>, elementwise<Member, want, unsigned char>,
    elementwise<Member, want, short>,       elementwise<Member, want, unsigned short>,
    elementwise<Member, want, int>,         elementwise<Member, want, unsigned int>,
    elementwise<Member, want, long>,        elementwise<Member, want, unsigned long>,
    elementwise<Member, want, long long>,   elementwise<Member, want, unsigned long long>,
    elementwise<Member, want, half>,        elementwise<Member, want, float>,
    elementwise<Member, want, double>};

template <class Member>
constexpr InnerLoop rows[] = {rowwise<Member, half>, rowwise<Member, float>, rowwise<Member, double>};

template <class Member, Want want>
constexpr Ufunc describe(const char* name, const char* suffix) {
    constexpr int in = int(inputs<Member>);
    constexpr int out = int(outputs<Member, want>);
    constexpr InnerLoop small = elementwise<Member, want, bfloat16>;
    if constexpr (Member::integers)
        return {name, suffix, nullptr, in, out, "bBhHiIlLqQefd", with_integers<Member, want>, small};
    else
        return {name, suffix, nullptr, in, out, "efd", floats_only<Member, want>, small};
}

template <class Member>
constexpr std::size_t ufuncs_of = is_rowwise<Member> ? 1 : 3;

template <class Member>
void append(const char* name, Ufunc*& next) {
    if constexpr (is_rowwise<Member>) {
        *next++ = {name, "", "(n)->(n)", 1, 1, "efd", rows<Member>, rowwise<Member, bfloat16>};
    } else {
        *next++ = describe<Member, Want::value>(name, "");
        *next++ = describe<Member, Want::slope>(name, "_derivative");
        *next++ = describe<Member, Want::both>(name, "_value_and_derivative");
    }
}

#define RECTIFIER_COUNT(member) +ufuncs_of<activations::member>
constexpr std::size_t count = 0 RECTIFIER_MEMBERS(RECTIFIER_COUNT);
Ufunc all[count];

}  // namespace

#define RECTIFIER_JOIN(a, b) a##b
#define RECTIFIER_TABLE_OF(variant) RECTIFIER_JOIN(table_, variant)
#define RECTIFIER_APPEND(member) append<activations::member>(#member, next);

Table RECTIFIER_TABLE_OF(RECTIFIER_VARIANT)() {
    Ufunc* next = all;
    RECTIFIER_MEMBERS(RECTIFIER_APPEND)
    return {all, count};
}

}  // namespace rectifier
