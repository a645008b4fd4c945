// Written by fit.py; do not edit.
//
// What normal.hpp needs. For double: (t + a) R(t) and GELU's slope over its zero, in
// z = (a - t) / (a + t), each as its value at z = 0, in two parts, plus z times a polynomial. For Wide:
// quotients.
#pragma once

#include "horner.hpp"

namespace rectifier {
namespace {

// clang-format off
struct NormalFit {
    static constexpr double furthest = 0x1.4000000000000p+5;
    static constexpr double furthest_wide = 0x1.e000000000000p+3;
    static constexpr double shift = 0x1.0000000000000p+1;
    static constexpr double zero_high = 0x1.80ead197f00b4p-1;
    static constexpr double zero_low = -0x1.13e74c58cada8p-56;
    static constexpr double ratio_high = 0x1.5845dcad2a54ep-1;
    static constexpr double ratio_low = 0x1.c9ff43b08bf90p-55;
    static constexpr double slope_high = 0x1.0254451147185p-1;
    static constexpr double slope_low = 0x1.5166ba70e80eap-57;
};

// Degree 33: the error, relative to R(t), is below 3.4e-17.
inline double normal_ratio_tail(double z) {
    return horner(z,
                  0x1.535bafa73c585p-2,
                  0x1.d7d0e2393eba1p-6,
                  -0x1.2ccbfbf0c67e5p-5,
                  -0x1.ec6870ba139f9p-12,
                  0x1.b8b937f7fac87p-8,
                  -0x1.ff79b9eb532b5p-10,
                  -0x1.9ba0c654061fep-11,
                  0x1.b1b0c5afd8833p-11,
                  -0x1.b217dd23b636bp-13,
                  -0x1.e540bf67e585cp-14,
                  0x1.0d97fc042773bp-13,
                  -0x1.8252752e125bep-15,
                  -0x1.44efadc87eb97p-17,
                  0x1.6c0cdbfd54cdbp-16,
                  -0x1.a577a886eed89p-17,
                  0x1.127b6edc42965p-19,
                  0x1.7a3072937bce8p-19,
                  -0x1.93b596ad59398p-19,
                  0x1.85a77d9d4f531p-20,
                  -0x1.5ed96fa8134a9p-24,
                  -0x1.04f9d733500d3p-21,
                  0x1.bd8ebdd91dc14p-22,
                  -0x1.71ddf461ea5c9p-23,
                  0x1.124c5d188fd51p-24,
                  -0x1.0b3c2b188d690p-27,
                  -0x1.aeca2a193b77ap-24,
                  0x1.048340c8ea593p-23,
                  -0x1.2e5e81a5dc52ap-27,
                  -0x1.072cea09c449ap-24,
                  0x1.c504ae6522eadp-26,
                  0x1.6460f7e855d69p-27,
                  -0x1.0b4dfa109a778p-27,
                  -0x1.9158a6c94bfc9p-34,
                  0x1.302d365f768b9p-31);
}

// Degree 29: the error, relative to the slope, is below 1.3e-17.
inline double normal_slope_tail(double z) {
    return horner(z,
                  0x1.1958d5f2df09dp-3,
                  0x1.e6072b48b14f3p-6,
                  -0x1.521111b560334p-8,
                  -0x1.3265b412d6549p-9,
                  0x1.11207272cf553p-10,
                  0x1.70fac73366fa6p-14,
                  -0x1.c11bb06cb7a2ap-13,
                  0x1.1b11a26f30ab5p-14,
                  0x1.0ebf391aad464p-16,
                  -0x1.92dd56e051c42p-16,
                  0x1.31e2e5ae29788p-17,
                  0x1.0bfb8406b3469p-20,
                  -0x1.a7feb6c6258f7p-19,
                  0x1.e13a6190a3496p-20,
                  -0x1.32dacd2c84a0dp-22,
                  -0x1.7c649f85bf318p-22,
                  0x1.7e07c06ce9ba6p-22,
                  -0x1.4852715536b63p-23,
                  0x1.42d914eeab8c8p-34,
                  0x1.83546220a7824p-25,
                  -0x1.39738b22a11c0p-25,
                  0x1.c1009df96570ap-26,
                  -0x1.7414dcd6470b0p-27,
                  -0x1.973ec70eaec01p-27,
                  0x1.170706bafd2b6p-26,
                  -0x1.0e4e049ae3200p-29,
                  -0x1.745d8872a15e7p-28,
                  0x1.0e89228fe47a5p-29,
                  0x1.578b9875dcb38p-31,
                  -0x1.5ef5e96e416f8p-32);
}

// Degrees 5 and 6: the relative error is below 1.3e-10.
inline Wide normal_ratio_above(Wide t) {
    return horner(t.value,
                  0x1.ffffffffb23a2p-2,
                  0x1.028a509c7e808p-1,
                  0x1.fc508b3a19cd9p-3,
                  0x1.1fd8e7ec425adp-4,
                  0x1.75a0ae79484f5p-7,
                  0x1.c4864657dc18ap-11);
}

inline Wide normal_ratio_below(Wide t) {
    return horner(t.value,
                  0x1.0000000000000p+0,
                  0x1.cecc7a29f2783p+0,
                  0x1.7056b14bd12a8p+0,
                  0x1.4d1e5abc9076cp-1,
                  0x1.6d34c756b5904p-3,
                  0x1.d44502108bfe3p-6,
                  0x1.1b93fc8db0307p-9);
}

// Degrees 5 and 5: the relative error is below 1.3e-10.
inline Wide normal_slope_above(Wide t) {
    return horner(t.value,
                  0x1.54851a5d284acp-1,
                  0x1.b953c71e59b80p-1,
                  0x1.05792c128bbcbp-1,
                  0x1.56dce194a879ep-3,
                  0x1.f14c426c725d9p-6,
                  0x1.43ab2da153472p-9);
}

inline Wide normal_slope_below(Wide t) {
    return horner(t.value,
                  0x1.0000000000000p+0,
                  0x1.8fc876476f2bbp+0,
                  0x1.0935256f531bbp+0,
                  0x1.797cd52536d09p-2,
                  0x1.2492e1b771d7bp-4,
                  0x1.95a8a221283c2p-8);
}
// clang-format on

}  // namespace
}  // namespace rectifier
