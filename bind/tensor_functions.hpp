// The entries for tensors: raw addresses instead of arrays, since torch's C++ is not known here.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "tensors.hpp"

// False with an exception set if that fails.
bool add_tensor_functions(PyObject* module, const rectifier::TensorTable& table);
