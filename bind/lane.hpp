// What the watcher does on a step that is not looked at: see Lane in _native.pyi.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

// Adds the type to the module; false with an exception set if that fails.
bool add_lane(PyObject* module);
