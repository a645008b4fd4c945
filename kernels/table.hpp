// What a variant of the kernels hands to the binding: for every member its loops, by type. Knows no Python.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rectifier {

// NumPy's inner loop: operands, counts, steps in bytes.
using Loop = void (*)(char** operands, const std::intptr_t* counts, const std::intptr_t* steps, void*);

struct Ufunc {
    const char* name;
    const char* suffix;  // what is put behind the member's name: "", "_derivative", "_value_and_derivative"
    const char* signature;  // null, or the core dimensions of a generalised ufunc
    int inputs;
    int outputs;
    const char*
        types;  // NumPy's type letters in the order it shall try them; all operands of a loop have one type
    const Loop* loops;
};

struct Table {
    const Ufunc* ufuncs;
    std::size_t count;
};

}  // namespace rectifier
