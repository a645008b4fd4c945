// What the C library keeps of freed memory.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

// Adds `trim_heap` to the module; false with an exception set if that fails.
bool add_heap(PyObject* module);
