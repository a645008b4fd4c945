// A ufunc's loop called without NumPy's machinery, which takes longer than the loop itself for a few thousand
// elements, uses one thread for a table whose rows do not lie one behind the other, and reads a transposed
// one against its grain.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define NO_IMPORT_ARRAY  // native.cpp does
#define NO_IMPORT_UFUNC
#include <numpy/arrayobject.h>
#include <numpy/ufuncobject.h>

#include "table.hpp"

// The ufunc's loop for arrays that are all of this type; null if it has none, or computes whole rows.
rectifier::InnerLoop loop_for(const PyUFuncObject* ufunc, int type);

// Whether the arrays may share memory. True for some that do not.
bool may_overlap(PyArrayObject* a, PyArrayObject* b);

// Whether two elements of the array may lie at one place, as those of a sliding window do.
bool may_overlap_itself(PyArrayObject* array);

struct Operand {
    char* data;
    const npy_intp* steps;  // bytes between neighbours along each axis; null: one number for all
};

// Calls the loop for all elements of operands of one shape: inputs first, then outputs. An output overlaps
// with nothing, or is the first input itself.
void compute(rectifier::InnerLoop loop, int axes, const npy_intp* shape, npy_intp size_of_element,
             const Operand* operands, int inputs, int count);

// The method `walk` of the module.
PyObject* walk(PyObject* module, PyObject* arguments);
