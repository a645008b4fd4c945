// The short way in: `rectifier.relu(x)` for a small NumPy array, without a line of Python.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

// Adds the type `Door` to the module; false with an exception set if that fails.
bool add_door(PyObject* module);
