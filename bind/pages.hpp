// Memory for large tensors and arrays, apart from the heap, used again.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <cstddef>

// So many bytes, not initialised; null if there is no room for them.
void* take_pages(std::size_t size);

// How many bytes are in use from there on; 0 if take_pages did not give it.
std::size_t pages_at(void* start);

void let_go_pages(void* start);

// Adds the type `Pages` to the module; false with an exception set if that fails.
bool add_pages(PyObject* module);
