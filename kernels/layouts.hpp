// Tables whose rows do not lie one behind the other: NumPy would give an inner loop each row by itself, too
// short to be shared among threads, and would read a transposed one against its grain. Built once, not per
// instruction set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "table.hpp"

namespace rectifier {

// One operand: where its first element is, and how many bytes apart its elements are along each axis.
struct Strided {
    char* data;
    std::vector<std::intptr_t> steps;
};

// Calls the inner loop for all elements of arrays of one shape: inputs first, then outputs, which overlap
// with nothing.
void walk(InnerLoop loop, std::vector<std::intptr_t> shape, std::vector<Strided> operands, int inputs,
          std::size_t element_size);

}  // namespace rectifier
