// An array of 16 elements is computed in less time than Python takes to look at it, and a few thousand in
// less than NumPy takes to call a loop. So a Door looks first: arrays of NumPy's own, of one type it was told
// of, and nothing else given but `out` (as many arrays as there are results). Their loop is called at once;
// what it cannot be called for (memory that overlaps, other shapes) goes to the ufunc. All other calls go to
// the method `_general`, and so do those that fail, which then says what is wrong. A Door of halves gives the
// loop both halves of x, or of the results, along the last axis.
#include "door.hpp"

#include <cstddef>

#include "arrays.hpp"
#include "tables.hpp"

namespace {

constexpr int types = NPY_NTYPES_LEGACY;

constexpr Py_ssize_t most_parameters = 8, most_results = 2;

struct Door {
    PyObject_HEAD PyObject* ufuncs[types];  // by NumPy's number of a type; null where there is no short way
    PyObject* parameters[types];            // a tuple each: what the ufunc is given behind x
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

// Whether the loop can write to it: an array like x, but for the length of its last axis.
bool fits(PyArrayObject* out, PyArrayObject* x, npy_intp length) {
    const int axes = PyArray_NDIM(x);
    if (PyArray_TYPE(out) != PyArray_TYPE(x) || PyArray_NDIM(out) != axes || !PyArray_ISBEHAVED(out))
        return false;
    for (int k = 0; k + 1 < axes; ++k)
        if (PyArray_DIM(out, k) != PyArray_DIM(x, k)) return false;
    return PyArray_DIM(out, axes - 1) == length;
}

bool is_the_same(PyArrayObject* a, PyArrayObject* b) {
    if (PyArray_DATA(a) != PyArray_DATA(b)) return false;
    for (int k = 0; k < PyArray_NDIM(a); ++k)
        if (PyArray_STRIDE(a, k) != PyArray_STRIDE(b, k)) return false;
    return true;
}

// References to results, let go at the end.
struct Results {
    PyObject* objects[most_results] = {};
    ~Results() {
        for (PyObject* object : objects) Py_XDECREF(object);
    }
    PyArrayObject* array(Py_ssize_t k) const { return reinterpret_cast<PyArrayObject*>(objects[k]); }
};

// The results by the ufunc's loop alone; null without an exception where it cannot be called.
PyObject* computed(const Door* door, PyArrayObject* x, int type, PyObject** outs) {
    const PyUFuncObject* ufunc = reinterpret_cast<PyUFuncObject*>(door->ufuncs[type]);
    const auto loop = loop_for(ufunc, type);
    const int axes = PyArray_NDIM(x);
    if (loop == nullptr || axes == 0 || !PyArray_ISBEHAVED_RO(x)) return nullptr;
    npy_intp shape[NPY_MAXDIMS];
    for (int k = 0; k < axes; ++k) shape[k] = PyArray_DIM(x, k);
    npy_intp& length = shape[axes - 1];
    if (door->split && length % 2 != 0) return nullptr;
    if (door->split) length /= 2;
    const bool halves = door->split || door->whole[0];

    Operand operands[2 + most_parameters + 2 * most_results];
    int inputs = 0;
    const auto half = [&](PyArrayObject* array, int second) {
        return Operand{PyArray_BYTES(array) + second * length * PyArray_STRIDE(array, axes - 1),
                       PyArray_STRIDES(array)};
    };
    for (int second = 0; second <= int(door->split); ++second) operands[inputs++] = half(x, second);
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(door->parameters[type]); ++k) {
        PyObject* parameter = PyTuple_GET_ITEM(door->parameters[type], k);
        operands[inputs++] = {PyArray_BYTES(reinterpret_cast<PyArrayObject*>(parameter)), nullptr};
    }
    int count = inputs;
    Results results;
    for (Py_ssize_t k = 0; k < door->results; ++k) {
        const npy_intp wanted = door->whole[k] ? 2 * length : length;
        results.objects[k] = outs != nullptr ? Py_NewRef(outs[k])
                             : halves        ? empty_like(x, wanted)
                                             : PyArray_NewLikeArray(x, NPY_KEEPORDER, nullptr, 0);
        if (results.objects[k] == nullptr) return nullptr;
        PyArrayObject* out = results.array(k);
        if (!fits(out, x, wanted) || (may_overlap(out, x) && (halves || !is_the_same(out, x))) ||
            (outs != nullptr && may_overlap_itself(out)))
            return nullptr;
        for (Py_ssize_t other = 0; other < k; ++other)
            if (may_overlap(out, results.array(other))) return nullptr;
        for (int second = 0; second <= int(door->whole[k]); ++second) operands[count++] = half(out, second);
    }
    compute(loop, axes, shape, PyArray_ITEMSIZE(x), operands, inputs, count);
    return door->results == 1 ? Py_NewRef(results.objects[0])
                              : PyTuple_Pack(2, results.objects[0], results.objects[1]);
}

// Whether results that are new arrays may be large ones. They may be twice as long as x.
bool may_be_large(PyObject* arguments) {
    if (PyTuple_GET_SIZE(arguments) == 0 || !PyArray_Check(PyTuple_GET_ITEM(arguments, 0))) return false;
    const npy_intp size = PyArray_NBYTES(reinterpret_cast<PyArrayObject*>(PyTuple_GET_ITEM(arguments, 0)));
    return std::size_t(size) * 2 >= large_array;
}

PyObject* call(PyObject* self, PyObject* arguments, PyObject* keywords) {
    const Door* door = reinterpret_cast<Door*>(self);
    PyObject* outs[most_results];  // borrowed
    bool has_out = keywords != nullptr && PyDict_GET_SIZE(keywords) > 0;
    const LargeArrays memory(!has_out && may_be_large(arguments));
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
    if (type < 0 || type >= types || door->ufuncs[type] == nullptr) return general(self, arguments, keywords);

    PyObject* result = computed(door, array, type, has_out ? outs : nullptr);
    if (result != nullptr || PyErr_Occurred()) return result;
    if (door->split || door->whole[0]) return general(self, arguments, keywords);
    PyObject* given[1 + most_parameters + most_results] = {x};
    std::size_t count = 1;
    const PyObject* parameters = door->parameters[type];
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(parameters); ++k)
        given[count++] = PyTuple_GET_ITEM(parameters, k);
    for (Py_ssize_t k = 0; has_out && k < door->results; ++k) given[count++] = outs[k];
    result = PyObject_Vectorcall(door->ufuncs[type], given, count, nullptr);
    if (result == nullptr &&
        (PyErr_ExceptionMatches(PyExc_TypeError) || PyErr_ExceptionMatches(PyExc_ValueError))) {
        PyErr_Clear();
        return general(self, arguments, keywords);
    }
    return result;
}

// open(ways, split, whole): for each letter of a type the pair of a ufunc and the tuple of its
// parameters; whether x is split, and for each result whether it is whole.
PyObject* open_door(PyObject* self, PyObject* arguments) {
    Door* door = reinterpret_cast<Door*>(self);
    PyObject *ways, *whole;
    int split;
    if (!PyArg_ParseTuple(arguments, "O!pO!", &PyDict_Type, &ways, &split, &PyTuple_Type, &whole))
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
    door->results = results;
    Py_RETURN_NONE;
}

// A subclass may have a `__call__` in Python for those who read code instead of running it, such as
// torch.compile. Python would then make that what a call does; it stays `call`, which needs no Python.
PyObject* init_subclass(PyObject* subclass, PyObject*) {
    reinterpret_cast<PyTypeObject*>(subclass)->tp_call = call;
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
    {"__init_subclass__", init_subclass, METH_NOARGS | METH_CLASS,
     "A `__call__` in Python is for those who read code: calls stay native."},
    {"_open", open_door, METH_VARARGS,
     "_open(ways, split, whole): which ufunc computes arrays of a type, and with which parameters."},
    {nullptr, nullptr, 0, nullptr},
};

PyTypeObject type = {PyVarObject_HEAD_INIT(nullptr, 0)};

}  // namespace

bool add_door(PyObject* module) {
    interned_out = PyUnicode_InternFromString("out");
    interned_general = PyUnicode_InternFromString("_general");
    type.tp_name = "rectifier._native.Door";
    type.tp_doc =
        "Something to call: NumPy arrays go straight to a ufunc's loop, all else to its method `_general`.";
    type.tp_basicsize = sizeof(Door);
    type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE;
    type.tp_new = PyType_GenericNew;  // zeroed: no short ways
    type.tp_dealloc = deallocate;
    type.tp_call = call;
    type.tp_methods = methods;
    return interned_out != nullptr && interned_general != nullptr && PyType_Ready(&type) == 0 &&
           PyModule_AddObjectRef(module, "Door", reinterpret_cast<PyObject*>(&type)) == 0;
}
