// rectifier._native: every kernel as a NumPy ufunc. The only place that knows Python.
#define PY_SSIZE_T_CLEAN
#include <Python.h>
// NumPy's headers come after Python's.
#include <numpy/arrayobject.h>
#include <numpy/ufuncobject.h>

#include <cstdlib>
#include <deque>
#include <string>
#include <type_traits>
#include <vector>

#include "arrays.hpp"
#include "door.hpp"
#include "heap.hpp"
#include "isa.hpp"
#include "lane.hpp"
#include "pages.hpp"
#include "tables.hpp"
#include "tensor_functions.hpp"
#include "threads.hpp"

namespace {

static_assert(std::is_same<npy_intp, std::intptr_t>::value, "kernels count as NumPy does");

// What NumPy points into for as long as the process lives.
struct Kept {
    std::string name;
    std::vector<PyUFuncGenericFunction> loops;
    std::vector<void*> data;
    std::vector<char> types;
};

PyObject* make_ufunc(const rectifier::Ufunc& ufunc) {
    static std::deque<Kept> all;  // a deque never moves what it holds
    all.emplace_back();
    Kept& kept = all.back();
    kept.name = std::string(ufunc.name) + ufunc.suffix;
    const char* letters = ufunc.types;
    for (int k = 0; letters[k] != '\0'; ++k) {
        kept.loops.push_back(reinterpret_cast<PyUFuncGenericFunction>(ufunc.loops[k]));
        kept.data.push_back(nullptr);
        PyArray_Descr* type = PyArray_DescrFromType(letters[k]);
        if (type == nullptr) return nullptr;
        for (int operand = 0; operand < ufunc.inputs + ufunc.outputs; ++operand)
            kept.types.push_back(static_cast<char>(type->type_num));
        Py_DECREF(type);
    }
    return PyUFunc_FromFuncAndDataAndSignature(
        kept.loops.data(), kept.data.data(), kept.types.data(), static_cast<int>(kept.loops.size()),
        ufunc.inputs, ufunc.outputs, PyUFunc_None, kept.name.c_str(), "", 0, ufunc.signature);
}

PyObject* document(PyObject*, PyObject* arguments) {
    PyObject* ufunc;
    const char* text;
    if (!PyArg_ParseTuple(arguments, "O!s", &PyUFunc_Type, &ufunc, &text)) return nullptr;
    static std::deque<std::string> texts;
    texts.emplace_back(text);
    reinterpret_cast<PyUFuncObject*>(ufunc)->doc = texts.back().c_str();
    Py_RETURN_NONE;
}

// NumPy has bfloat16 from an extension (ml_dtypes), which gives it a number when it is imported. Every ufunc
// of the module then learns a loop for that number.
PyObject* add_bfloat16(PyObject* module, PyObject* type) {
    if (!PyArray_DescrCheck(type)) {
        PyErr_Format(PyExc_TypeError, "add_bfloat16 takes a numpy.dtype, but was given %R", type);
        return nullptr;
    }
    const int number = reinterpret_cast<PyArray_Descr*>(type)->type_num;
    const rectifier::Table table = *static_cast<rectifier::Table*>(PyModule_GetState(module));
    for (std::size_t k = 0; k < table.count; ++k) {
        const rectifier::Ufunc& ufunc = table.ufuncs[k];
        const std::string name = std::string(ufunc.name) + ufunc.suffix;
        PyObject* object = PyObject_GetAttrString(module, name.c_str());
        if (object == nullptr) return nullptr;
        const std::vector<int> types(std::size_t(ufunc.inputs + ufunc.outputs), number);
        const int failed = PyUFunc_RegisterLoopForType(
            reinterpret_cast<PyUFuncObject*>(object), number,
            reinterpret_cast<PyUFuncGenericFunction>(ufunc.bfloat16), types.data(), nullptr);
        Py_DECREF(object);
        if (failed < 0) return nullptr;
    }
    Py_RETURN_NONE;
}

PyObject* thread_count(PyObject*, PyObject*) { return PyLong_FromLong(rectifier::thread_count()); }

PyMethodDef methods[] = {
    {"add_bfloat16", add_bfloat16, METH_O,
     "add_bfloat16(dtype): let every ufunc compute arrays of ml_dtypes.bfloat16."},
    {"thread_count", thread_count, METH_NOARGS, "The number of threads that a long array would get now."},
    {"walk", walk, METH_VARARGS,
     "walk(ufunc, arrays): what the ufunc does, for arrays of one type and shape whose rows do not lie one "
     "behind the other. Inputs first, then outputs, which overlap with no other."},
    {"document", document, METH_VARARGS, "document(ufunc, text): give a ufunc its documentation."},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                          "rectifier._native",
                          "Every kernel as a NumPy ufunc, for the instruction set named by `isa`.",
                          sizeof(rectifier::Table),
                          methods,
                          nullptr,
                          nullptr,
                          nullptr,
                          nullptr};

// Adds a new reference to the module and gives it up; false with an exception set if that fails.
bool add(PyObject* module, const char* name, PyObject* value) {
    const bool added = value != nullptr && PyModule_AddObjectRef(module, name, value) == 0;
    Py_XDECREF(value);
    return added;
}

bool fill(PyObject* module) {
    std::string problem;
    const rectifier::Variant chosen = rectifier::choose_variant(std::getenv("RECTIFIER_ISA"), problem);
    if (chosen.table == nullptr) {
        PyErr_SetString(PyExc_ImportError, problem.c_str());
        return false;
    }
    if (!add(module, "isa", PyUnicode_FromString(chosen.name))) return false;
    PyObject* built = PyTuple_New(0);
    PyObject* supported = PyTuple_New(0);
    for (const rectifier::Variant& variant : rectifier::built_variants()) {
        PyObject* name = Py_BuildValue("(s)", variant.name);
        PyObject* longer = PySequence_Concat(built, name);
        Py_SETREF(built, longer);
        if (variant.supported) {
            longer = PySequence_Concat(supported, name);
            Py_SETREF(supported, longer);
        }
        Py_XDECREF(name);
    }
    const bool listed = add(module, "built_isas", built);
    if (!add(module, "supported_isas", supported) || !listed) return false;

    const rectifier::Table table = chosen.table();
    *static_cast<rectifier::Table*>(PyModule_GetState(module)) = table;
    for (std::size_t k = 0; k < table.count; ++k) {
        const rectifier::Ufunc& ufunc = table.ufuncs[k];
        const std::string name = std::string(ufunc.name) + ufunc.suffix;
        if (!add(module, name.c_str(), make_ufunc(ufunc))) return false;
    }
    return prepare_large_arrays() && add_tensor_functions(module, chosen.tensors()) && add_door(module) &&
           add_pages(module) && add_heap(module) && add_lane(module);
}

}  // namespace

PyMODINIT_FUNC PyInit__native() {
    import_array();
    import_umath();
    PyObject* module = PyModule_Create(&definition);
#ifdef Py_GIL_DISABLED
    // Nothing here changes after it is made, but for the loops of bfloat16, which are added once, and what a
    // Lane notes, which is its own thread's.
    if (module != nullptr) PyUnstable_Module_SetGIL(module, Py_MOD_GIL_NOT_USED);
#endif
    if (module != nullptr && !fill(module)) Py_CLEAR(module);
    return module;
}
