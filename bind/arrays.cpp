// See arrays.hpp. The C library takes every block of more than 32 MiB from the system and gives it back at
// once, and so it does with the end of its heap. A loop of calls that return new arrays then touches new
// memory all the time, and the page faults of that take longer than the computing, ten times as long at
// worst.
#include "arrays.hpp"

#define NO_IMPORT_ARRAY  // native.cpp does
#include <numpy/arrayobject.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "pages.hpp"

namespace {

void* take(void*, std::size_t size) {
    void* const found = size >= large_array ? take_pages(size) : nullptr;
    return found != nullptr ? found : std::malloc(size);
}

void* take_zeroed(void*, std::size_t count, std::size_t size) { return std::calloc(count, size); }

void let_go(void*, void* start, std::size_t) {
    if (pages_at(start) > 0)
        let_go_pages(start);
    else
        std::free(start);
}

void* resize(void*, void* start, std::size_t size) {
    const std::size_t here = pages_at(start);
    if (here == 0) return std::realloc(start, size);
    void* const moved = std::malloc(size);
    if (moved == nullptr) return nullptr;
    std::memcpy(moved, start, std::min(here, size));
    let_go_pages(start);
    return moved;
}

PyDataMem_Handler handler = {"rectifier_pages", 1, {nullptr, take, take_zeroed, resize, let_go}};
PyObject* capsule = nullptr;

}  // namespace

bool prepare_large_arrays() {
    capsule = PyCapsule_New(&handler, "mem_handler", nullptr);
    return capsule != nullptr;
}

LargeArrays::LargeArrays(bool wanted) {
#if defined(__unix__) || defined(__APPLE__)  // elsewhere the system could not take what waits
    if (!wanted) return;
    PyObject* const now = PyDataMem_GetHandler();
    // Who has a handler of their own gets arrays by it.
    if (now == PyDataMem_DefaultHandler) before = PyDataMem_SetHandler(capsule);
    if (now == nullptr || PyErr_Occurred()) PyErr_Clear();  // then arrays are made as ever
    Py_XDECREF(now);
#else
    (void)wanted;
#endif
}

LargeArrays::~LargeArrays() {
    if (before == nullptr) return;
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyObject* const ours = PyDataMem_SetHandler(before);
    if (ours == nullptr) PyErr_Clear();
    Py_XDECREF(ours);
    Py_DECREF(before);
    PyErr_Restore(type, value, trace);
}
