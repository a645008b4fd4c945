// The bits of a number as an integer and back; what the standard calls bit_cast from C++20 on.
#pragma once

#include <cstdint>
#include <cstring>

namespace rectifier {
namespace {

template <class To, class From>
inline To bits_as(From from) {
    static_assert(sizeof(To) == sizeof(From), "bits_as keeps the size");
    To to;
    std::memcpy(&to, &from, sizeof to);
    return to;
}

}  // namespace
}  // namespace rectifier
