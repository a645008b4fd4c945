// What a variant of the kernels hands to the binding: for every member its loops, by type. Knows no Python.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rectifier {

// NumPy's inner loop: operands, counts, steps in bytes.
using InnerLoop = void (*)(char** operands, const std::intptr_t* counts, const std::intptr_t* steps, void*);

struct Ufunc {
    const char* name;
    const char* suffix;  // what is put behind the member's name: "", "_derivative", "_value_and_derivative"
    const char* signature;  // null, or the core dimensions of a generalised ufunc
    int inputs;
    int outputs;
    const char*
        types;  // NumPy's type letters in the order it shall try them; all operands of a loop have one type
    const InnerLoop* loops;
    InnerLoop bfloat16;  // for a type that NumPy has from an extension, and that is added when it is met
};

struct Table {
    const Ufunc* ufuncs;
    std::size_t count;
};

}  // namespace rectifier
