// An array of 16 elements is computed in less time than Python takes to look at it. So a Door looks first: an
// array of NumPy's own, of one of the types it was told of, not large, and nothing else given but `out` (as
// many arrays as there are results). All other calls go to its method `_general`, and so do those that fail,
// which then says what is wrong. A Door of halves gives the ufunc both halves of x, or of the results, along
// the last axis.
#include "door.hpp"

#define NO_IMPORT_ARRAY  // native.cpp does
#include <numpy/arrayobject.h>

#include <cstddef>
#include <initializer_list>

namespace {

constexpr int types = NPY_NTYPES_LEGACY;

constexpr Py_ssize_t most_parameters = 8, most_results = 2;

struct Door {
    PyObject_HEAD PyObject* ufuncs[types];  // by NumPy's number of a type; null where there is no short way
    PyObject* parameters[types];            // a tuple each: what the ufunc is given behind x
    npy_intp large;  // from how many elements on tables (more than one axis) go the long way
    Py_ssize_t results;
    bool split;                // whether x is given as two halves
    bool whole[most_results];  // whether a result is made of two halves
};

PyObject* interned_out = nullptr;
PyObject* interned_general = nullptr;

PyObject* general(PyObject* self, PyObject* arguments, PyObject* keywords) {
    PyObject* method = PyObject_GetAttr(self, interned_general);
    if (method == nullptr) return nullptr;
    PyObject* result = PyObject_Call(method, arguments, keywords);
    Py_DECREF(method);
    return result;
}

// Where to put the results: one array, or a tuple of as many as there are. False for all else.
bool places(PyObject* out, Py_ssize_t results, PyObject** found) {
    const bool one = results == 1 && PyArray_CheckExact(out);
    if (!one && (!PyTuple_CheckExact(out) || PyTuple_GET_SIZE(out) != results)) return false;
    for (Py_ssize_t k = 0; k < results; ++k) {
        found[k] = one ? out : PyTuple_GET_ITEM(out, k);
        if (!PyArray_CheckExact(found[k])) return false;
    }
    return true;
}

// References that are let go at the end.
struct Held {
    PyObject* objects[2 + 3 * most_results];
    std::size_t count = 0;
    ~Held() {
        while (count > 0) Py_DECREF(objects[--count]);
    }
    PyObject* operator()(PyObject* object) {
        if (object != nullptr) objects[count++] = object;
        return object;
    }
};

// Half of an array along its last axis, as a view.
PyObject* half_of(PyArrayObject* array, npy_intp half, bool second) {
    const int axes = PyArray_NDIM(array);
    npy_intp shape[NPY_MAXDIMS];
    for (int k = 0; k < axes; ++k) shape[k] = PyArray_DIM(array, k);
    shape[axes - 1] = half;
    char* data = PyArray_BYTES(array) + (second ? half * PyArray_STRIDE(array, axes - 1) : 0);
    PyArray_Descr* type = PyArray_DESCR(array);
    Py_INCREF(type);
    PyObject* view =
        PyArray_NewFromDescr(&PyArray_Type, type, axes, shape, PyArray_STRIDES(array), data,
                             PyArray_FLAGS(array) & (NPY_ARRAY_WRITEABLE | NPY_ARRAY_ALIGNED), nullptr);
    if (view != nullptr && PyArray_SetBaseObject(reinterpret_cast<PyArrayObject*>(view),
                                                 Py_NewRef(reinterpret_cast<PyObject*>(array))) < 0) {
        Py_DECREF(view);
        return nullptr;
    }
    return view;
}

// A new array of the shape of x, but for the length of its last axis.
PyObject* empty_like(PyArrayObject* x, npy_intp length) {
    const int axes = PyArray_NDIM(x);
    npy_intp shape[NPY_MAXDIMS];
    for (int k = 0; k < axes; ++k) shape[k] = PyArray_DIM(x, k);
    shape[axes - 1] = length;
    PyArray_Descr* type = PyArray_DESCR(x);
    Py_INCREF(type);
    return PyArray_Empty(axes, shape, type, 0);
}

bool is_shaped(PyArrayObject* array, PyArrayObject* x, npy_intp length) {
    const int axes = PyArray_NDIM(x);
    if (PyArray_NDIM(array) != axes) return false;
    for (int k = 0; k + 1 < axes; ++k)
        if (PyArray_DIM(array, k) != PyArray_DIM(x, k)) return false;
    return PyArray_DIM(array, axes - 1) == length;
}

// What a Door of halves gives; null without an exception where the long way has to be gone.
PyObject* by_halves(const Door* door, PyArrayObject* x, int type, PyObject** outs) {
    if (PyArray_NDIM(x) == 0) return nullptr;
    const npy_intp length = PyArray_DIM(x, PyArray_NDIM(x) - 1);
    if (door->split && length % 2 != 0) return nullptr;
    const npy_intp half = door->split ? length / 2 : length;

    Held held;
    PyObject* given[2 + most_parameters + 2 * most_results];
    std::size_t count = 0;
    if (door->split) {
        for (const bool second : {false, true})
            if ((given[count++] = held(half_of(x, half, second))) == nullptr) return nullptr;
    } else {
        given[count++] = reinterpret_cast<PyObject*>(x);
    }
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(door->parameters[type]); ++k)
        given[count++] = PyTuple_GET_ITEM(door->parameters[type], k);

    PyObject* results[most_results];
    for (Py_ssize_t k = 0; k < door->results; ++k) {
        const npy_intp wanted = door->whole[k] ? 2 * half : half;
        if (outs != nullptr && !is_shaped(reinterpret_cast<PyArrayObject*>(outs[k]), x, wanted))
            return nullptr;
        results[k] = outs != nullptr ? outs[k] : held(empty_like(x, wanted));
        if (results[k] == nullptr) return nullptr;
        if (!door->whole[k]) {
            given[count++] = results[k];
            continue;
        }
        for (const bool second : {false, true})
            if ((given[count++] =
                     held(half_of(reinterpret_cast<PyArrayObject*>(results[k]), half, second))) == nullptr)
                return nullptr;
    }
    PyObject* computed = PyObject_Vectorcall(door->ufuncs[type], given, count, nullptr);
    if (computed == nullptr) return nullptr;
    Py_DECREF(computed);
    return door->results == 1 ? Py_NewRef(results[0]) : PyTuple_Pack(2, results[0], results[1]);
}

PyObject* call(PyObject* self, PyObject* arguments, PyObject* keywords) {
    const Door* door = reinterpret_cast<Door*>(self);
    PyObject* outs[most_results];  // borrowed
    bool has_out = keywords != nullptr && PyDict_GET_SIZE(keywords) > 0;
    if (has_out) {
        PyObject* out = PyDict_GetItemWithError(keywords, interned_out);
        if (out == nullptr || PyDict_GET_SIZE(keywords) > 1 || !places(out, door->results, outs)) {
            if (PyErr_Occurred()) return nullptr;
            return general(self, arguments, keywords);
        }
    }
    if (PyTuple_GET_SIZE(arguments) != 1 || !PyArray_CheckExact(PyTuple_GET_ITEM(arguments, 0)))
        return general(self, arguments, keywords);
    PyObject* x = PyTuple_GET_ITEM(arguments, 0);
    PyArrayObject* array = reinterpret_cast<PyArrayObject*>(x);
    const int type = PyArray_TYPE(array);
    if (type < 0 || type >= types || door->ufuncs[type] == nullptr ||
        (PyArray_NDIM(array) > 1 && PyArray_SIZE(array) >= door->large))
        return general(self, arguments, keywords);

    PyObject* result;
    if (door->split || door->whole[0]) {
        result = by_halves(door, array, type, has_out ? outs : nullptr);
        if (result == nullptr && !PyErr_Occurred()) return general(self, arguments, keywords);
    } else {
        PyObject* given[1 + most_parameters + most_results] = {x};
        std::size_t count = 1;
        const PyObject* parameters = door->parameters[type];
        for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(parameters); ++k)
            given[count++] = PyTuple_GET_ITEM(parameters, k);
        for (Py_ssize_t k = 0; has_out && k < door->results; ++k) given[count++] = outs[k];
        result = PyObject_Vectorcall(door->ufuncs[type], given, count, nullptr);
    }
    if (result == nullptr &&
        (PyErr_ExceptionMatches(PyExc_TypeError) || PyErr_ExceptionMatches(PyExc_ValueError))) {
        PyErr_Clear();
        return general(self, arguments, keywords);
    }
    return result;
}

// open(ways, split, whole, large): for each letter of a type the pair of a ufunc and the tuple of its
// parameters; whether x is split, and for each result whether it is whole.
PyObject* open_door(PyObject* self, PyObject* arguments) {
    Door* door = reinterpret_cast<Door*>(self);
    PyObject *ways, *whole;
    int split;
    Py_ssize_t large;
    if (!PyArg_ParseTuple(arguments, "O!pO!n", &PyDict_Type, &ways, &split, &PyTuple_Type, &whole, &large))
        return nullptr;
    const Py_ssize_t results = PyTuple_GET_SIZE(whole);
    if (results < 1 || results > most_results) {
        PyErr_Format(PyExc_ValueError, "there is no short way with %zd results", results);
        return nullptr;
    }
    for (Py_ssize_t k = 0; k < results; ++k) door->whole[k] = PyTuple_GET_ITEM(whole, k) == Py_True;
    door->split = split != 0;
    PyObject *letter, *way;
    for (Py_ssize_t at = 0; PyDict_Next(ways, &at, &letter, &way);) {
        PyObject *ufunc, *parameters;
        PyArray_Descr* type = nullptr;
        if (!PyArg_ParseTuple(way, "OO!", &ufunc, &PyTuple_Type, &parameters) ||
            !PyArray_DescrConverter(letter, &type))
            return nullptr;
        const int number = type->type_num;
        Py_DECREF(type);
        if (number < 0 || number >= types || PyTuple_GET_SIZE(parameters) > most_parameters) {
            PyErr_Format(PyExc_ValueError, "there is no short way for %R", letter);
            return nullptr;
        }
        Py_XSETREF(door->ufuncs[number], Py_NewRef(ufunc));
        Py_XSETREF(door->parameters[number], Py_NewRef(parameters));
    }
    door->large = large;
    door->results = results;
    Py_RETURN_NONE;
}

void deallocate(PyObject* self) {
    Door* door = reinterpret_cast<Door*>(self);
    for (int k = 0; k < types; ++k) {
        Py_XDECREF(door->ufuncs[k]);
        Py_XDECREF(door->parameters[k]);
    }
    Py_TYPE(self)->tp_free(self);
}

PyMethodDef methods[] = {
    {"_open", open_door, METH_VARARGS,
     "_open(ways, split, whole, large): which ufunc computes arrays of a type, and with which parameters."},
    {nullptr, nullptr, 0, nullptr},
};

PyTypeObject type = {PyVarObject_HEAD_INIT(nullptr, 0)};

}  // namespace

bool add_door(PyObject* module) {
    interned_out = PyUnicode_InternFromString("out");
    interned_general = PyUnicode_InternFromString("_general");
    type.tp_name = "rectifier._native.Door";
    type.tp_doc =
        "Something to call: small NumPy arrays go straight to a ufunc, all else to its method `_general`.";
    type.tp_basicsize = sizeof(Door);
    type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE;
    type.tp_new = PyType_GenericNew;  // zeroed: no short ways
    type.tp_dealloc = deallocate;
    type.tp_call = call;
    type.tp_methods = methods;
    return interned_out != nullptr && interned_general != nullptr && PyType_Ready(&type) == 0 &&
           PyModule_AddObjectRef(module, "Door", reinterpret_cast<PyObject*>(&type)) == 0;
}
