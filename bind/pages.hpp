// Memory for large tensors, apart from the heap, used again.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

// Adds the type `Pages` to the module; false with an exception set if that fails.
bool add_pages(PyObject* module);
