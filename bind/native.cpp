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

#include "isa.hpp"

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

PyMethodDef methods[] = {
    {"document", document, METH_VARARGS, "document(ufunc, text): give a ufunc its documentation."},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                          "rectifier._native",
                          "Every kernel as a NumPy ufunc, for the instruction set named by `isa`.",
                          -1,
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
    for (std::size_t k = 0; k < table.count; ++k) {
        const rectifier::Ufunc& ufunc = table.ufuncs[k];
        const std::string name = std::string(ufunc.name) + ufunc.suffix;
        if (!add(module, name.c_str(), make_ufunc(ufunc))) return false;
    }
    return true;
}

}  // namespace

PyMODINIT_FUNC PyInit__native() {
    import_array();
    import_umath();
    PyObject* module = PyModule_Create(&definition);
    if (module != nullptr && !fill(module)) Py_CLEAR(module);
    return module;
}
