// Memory for large new NumPy arrays: pages that are used again.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <cstddef>

// Bytes of a large array. Chosen by us: what the C library itself begins to give back with.
constexpr std::size_t large_array = std::size_t(1) << 17;

// While it lives, large arrays that this thread makes get such memory; other arrays, and all that exist, keep
// theirs. They own it like any others: their memory handler (NEP 49) takes it back.
class LargeArrays {
  public:
    explicit LargeArrays(bool wanted);
    ~LargeArrays();
    LargeArrays(const LargeArrays&) = delete;
    LargeArrays& operator=(const LargeArrays&) = delete;

  private:
    PyObject* before = nullptr;  // the handler that is in force else; null: nothing to be undone
};

// False with an exception set if NumPy can't be told.
bool prepare_large_arrays();
