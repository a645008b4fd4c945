// The instruction sets the kernels were built for, and which of them to use here.
#pragma once

#include <string>
#include <vector>

#include "table.hpp"
#include "tensors.hpp"

namespace rectifier {

struct Variant {
    const char* name;
    Table (*table)();
    TensorTable (*tensors)();
    bool supported;  // by this processor and its operating system
};

// Every variant built, the most capable last.
std::vector<Variant> built_variants();

// The most capable one this processor supports, or the one `forced` names (null: none is forced). If that one
// was not built or does not run here, the result has no table and `problem` says what to do.
Variant choose_variant(const char* forced, std::string& problem);

}  // namespace rectifier
