// See tensor_functions.hpp. The caller answers for what lies at the addresses; src/rectifier/nn/native.py is
// the only one.
#include <cstdint>
#include <cstring>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "tensor_functions.hpp"

namespace {

rectifier::TensorTable table;

constexpr const char* forward_name = "rectifier.forward";
constexpr const char* backward_name = "rectifier.backward";
constexpr Py_ssize_t most_parameters = 8;

// Arguments one after the other; `failed` once one was not what it should be.
struct Arguments {
    PyObject* const* next;
    PyObject* const* end;
    bool failed = false;

    PyObject* take() {
        if (next == end) {
            if (!failed) PyErr_SetString(PyExc_TypeError, "too few arguments");
            failed = true;
            return nullptr;
        }
        return *next++;
    }
    template <class T>
    T* address() {
        PyObject* object = failed ? nullptr : take();
        T* found = object == nullptr ? nullptr : static_cast<T*>(PyLong_AsVoidPtr(object));
        failed = failed || PyErr_Occurred() != nullptr;
        return found;
    }
    std::intptr_t integer() {
        PyObject* object = failed ? nullptr : take();
        const std::intptr_t found = object == nullptr ? 0 : PyLong_AsSsize_t(object);
        failed = failed || PyErr_Occurred() != nullptr;
        return found;
    }
    double number() {
        PyObject* object = failed ? nullptr : take();
        const double found = object == nullptr ? 0 : PyFloat_AsDouble(object);
        failed = failed || PyErr_Occurred() != nullptr;
        return found;
    }
    template <class Function>
    Function function(const char* name) {
        PyObject* object = failed ? nullptr : take();
        void* found = object == nullptr ? nullptr : PyCapsule_GetPointer(object, name);
        failed = failed || found == nullptr;
        return reinterpret_cast<Function>(found);
    }
    // All that is left.
    void numbers(double* to) {
        if (end - next > most_parameters && !failed) {
            PyErr_SetString(PyExc_TypeError, "too many arguments");
            failed = true;
        }
        while (!failed && next != end) *to++ = number();
    }
};

// forward and backward: a function, what lies at three addresses, how many elements, parameters.
template <class A, class B, class C>
PyObject* compute(void (*)(A*, B*, C*, std::intptr_t, const double*), const char* name, Arguments arguments) {
    using Function = void (*)(A*, B*, C*, std::intptr_t, const double*);
    const auto function = arguments.function<Function>(name);
    A* a = arguments.address<A>();
    B* b = arguments.address<B>();
    C* c = arguments.address<C>();
    const std::intptr_t size = arguments.integer();
    double parameters[most_parameters];
    arguments.numbers(parameters);
    if (arguments.failed) return nullptr;
    Py_BEGIN_ALLOW_THREADS;
    function(a, b, c, size, parameters);
    Py_END_ALLOW_THREADS;
    Py_RETURN_NONE;
}

PyObject* forward(PyObject*, PyObject* const* given, Py_ssize_t count) {
    return compute(rectifier::Forward(nullptr), forward_name, {given, given + count});
}

PyObject* backward(PyObject*, PyObject* const* given, Py_ssize_t count) {
    return compute(rectifier::Backward(nullptr), backward_name, {given, given + count});
}

bool is_type(std::intptr_t type) {
    if (type >= 0 && type < rectifier::tensor_type_count) return true;
    PyErr_Format(PyExc_ValueError, "there is no type %zd", type);
    return false;
}

PyObject* masked(PyObject*, PyObject* const* given, Py_ssize_t count) {
    Arguments arguments{given, given + count};
    const std::intptr_t type = arguments.integer();
    const void* gradient = arguments.address<void>();
    const auto* bits = arguments.address<std::uint8_t>();
    void* out = arguments.address<void>();
    const std::intptr_t size = arguments.integer();
    const double passing = arguments.number();
    const double other = arguments.number();
    const bool blocks = arguments.integer() != 0;
    if (arguments.failed || !is_type(type)) return nullptr;
    Py_BEGIN_ALLOW_THREADS;
    table.masked[type](gradient, bits, out, size, passing, other, blocks);
    Py_END_ALLOW_THREADS;
    Py_RETURN_NONE;
}

const rectifier::SparseFunctions* sparse_of(std::intptr_t width) {
    for (const rectifier::SparseFunctions& functions : table.sparse)
        if (functions.width == width) return &functions;
    PyErr_Format(PyExc_ValueError, "elements of %zd bytes are not stored sparsely; 2, 4 and 8 are", width);
    return nullptr;
}

PyObject* mark_nonzero(PyObject*, PyObject* const* given, Py_ssize_t count) {
    Arguments arguments{given, given + count};
    const std::intptr_t width = arguments.integer();
    const void* x = arguments.address<void>();
    auto* bits = arguments.address<std::uint8_t>();
    const std::intptr_t size = arguments.integer();
    const rectifier::SparseFunctions* functions = arguments.failed ? nullptr : sparse_of(width);
    if (functions == nullptr) return nullptr;
    std::intptr_t found;
    Py_BEGIN_ALLOW_THREADS;
    found = functions->mark(x, bits, size);
    Py_END_ALLOW_THREADS;
    return PyLong_FromSsize_t(found);
}

PyObject* count_bits(PyObject*, PyObject* const* given, Py_ssize_t count) {
    Arguments arguments{given, given + count};
    const auto* bits = arguments.address<std::uint8_t>();
    const std::intptr_t bytes = arguments.integer();
    if (arguments.failed) return nullptr;
    std::intptr_t found = 0;
    Py_BEGIN_ALLOW_THREADS;
    for (std::intptr_t at = 0; at < bytes; at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bits + at, std::size_t(bytes - at < 8 ? bytes - at : 8));
        found += __builtin_popcountll(word);
    }
    Py_END_ALLOW_THREADS;
    return PyLong_FromSsize_t(found);
}

PyObject* check_and_compress(PyObject*, PyObject* const* given, Py_ssize_t count) {
    Arguments arguments{given, given + count};
    const std::intptr_t width = arguments.integer();
    const void* x = arguments.address<void>();
    const auto* bits = arguments.address<std::uint8_t>();
    void* values = arguments.address<void>();
    const std::intptr_t size = arguments.integer();
    const rectifier::SparseFunctions* functions = arguments.failed ? nullptr : sparse_of(width);
    if (functions == nullptr) return nullptr;
    bool right;
    Py_BEGIN_ALLOW_THREADS;
    right = functions->check_and_compress(x, bits, values, size);
    Py_END_ALLOW_THREADS;
    return PyBool_FromLong(right);
}

template <class A, class B, class C>
PyObject* move(void (*rectifier::SparseFunctions::*which)(A*, B*, C*, std::intptr_t), Arguments arguments) {
    const std::intptr_t width = arguments.integer();
    A* a = arguments.address<A>();
    B* b = arguments.address<B>();
    C* c = arguments.address<C>();
    const std::intptr_t size = arguments.integer();
    const rectifier::SparseFunctions* functions = arguments.failed ? nullptr : sparse_of(width);
    if (functions == nullptr) return nullptr;
    Py_BEGIN_ALLOW_THREADS;
    (functions->*which)(a, b, c, size);
    Py_END_ALLOW_THREADS;
    Py_RETURN_NONE;
}

PyObject* compress(PyObject*, PyObject* const* given, Py_ssize_t count) {
    return move(&rectifier::SparseFunctions::compress, {given, given + count});
}

PyObject* expand(PyObject*, PyObject* const* given, Py_ssize_t count) {
    return move(&rectifier::SparseFunctions::expand, {given, given + count});
}

rectifier::Extent extent_of(Arguments& arguments) {
    rectifier::Extent extent;
    extent.samples = arguments.integer();
    extent.before = arguments.integer();
    extent.units = arguments.integer();
    extent.behind = arguments.integer();
    return extent;
}

PyObject* spread(PyObject*, PyObject* const* given, Py_ssize_t count) {
    Arguments arguments{given, given + count};
    const std::intptr_t type = arguments.integer();
    const void* x = arguments.address<void>();
    const rectifier::Extent extent = extent_of(arguments);
    double* norms = arguments.address<double>();
    if (arguments.failed || !is_type(type)) return nullptr;
    bool done;
    Py_BEGIN_ALLOW_THREADS;
    done = table.spread[type](x, extent, norms);
    Py_END_ALLOW_THREADS;
    if (!done) return PyErr_NoMemory();
    Py_RETURN_NONE;
}

PyObject* activity(PyObject*, PyObject* const* given, Py_ssize_t count) {
    Arguments arguments{given, given + count};
    const std::intptr_t type = arguments.integer();
    const void* y = arguments.address<void>();
    const rectifier::Extent extent = extent_of(arguments);
    const double low = arguments.number(), high = arguments.number();
    std::int64_t* counts = arguments.address<std::int64_t>();
    if (arguments.failed || !is_type(type)) return nullptr;
    bool done;
    Py_BEGIN_ALLOW_THREADS;
    done = table.activity[type](y, extent, low, high, counts);
    Py_END_ALLOW_THREADS;
    if (!done) return PyErr_NoMemory();
    Py_RETURN_NONE;
}

// As NumPy does for its own large arrays: new memory in pages of 2 MiB costs a fraction of the page faults.
PyObject* prefer_huge_pages(PyObject*, PyObject* const* given, Py_ssize_t count) {
    Arguments arguments{given, given + count};
    const std::uintptr_t start = reinterpret_cast<std::uintptr_t>(arguments.address<void>());
    const std::intptr_t size = arguments.integer();
    if (arguments.failed) return nullptr;
#if defined(__linux__)
    constexpr std::uintptr_t page = 4096;
    const std::uintptr_t first = (start + page - 1) / page * page,
                         end = (start + std::uintptr_t(size)) / page * page;
    if (end > first)
        madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);  // a wish; it may fail
#else
    (void)start;
    (void)size;
#endif
    Py_RETURN_NONE;
}

template <class Function>
PyObject* capsule(Function function, const char* name) {
    if (function == nullptr) Py_RETURN_NONE;
    return PyCapsule_New(reinterpret_cast<void*>(function), name, nullptr);
}

// {name: (what is kept, forward by type, backward by type)}
PyObject* listed() {
    PyObject* all = PyDict_New();
    for (std::size_t k = 0; all != nullptr && k < table.count; ++k) {
        const rectifier::TensorFunction& function = table.functions[k];
        PyObject* entry = Py_BuildValue(
            "(s(NNNN)(NNNN))", function.kept, capsule(function.forward[0], forward_name),
            capsule(function.forward[1], forward_name), capsule(function.forward[2], forward_name),
            capsule(function.forward[3], forward_name), capsule(function.backward[0], backward_name),
            capsule(function.backward[1], backward_name), capsule(function.backward[2], backward_name),
            capsule(function.backward[3], backward_name));
        if (entry == nullptr || PyDict_SetItemString(all, function.name, entry) < 0) Py_CLEAR(all);
        Py_XDECREF(entry);
    }
    return all;
}

#define RECTIFIER_FAST(function) \
    reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(function)), METH_FASTCALL

PyMethodDef methods[] = {
    {"forward", RECTIFIER_FAST(forward),
     "forward(function, x, y, bits, size, *parameters): compute at these addresses; bits may be 0."},
    {"backward", RECTIFIER_FAST(backward),
     "backward(function, gradient, kept, out, size, *parameters): the gradient by the input."},
    {"masked", RECTIFIER_FAST(masked),
     "masked(type, gradient, bits, out, size, passing, other, blocks): the same from bits."},
    {"prefer_huge_pages", RECTIFIER_FAST(prefer_huge_pages),
     "prefer_huge_pages(start, bytes): ask for large pages where memory is new."},
    {"mark_nonzero", RECTIFIER_FAST(mark_nonzero),
     "mark_nonzero(width, x, bits, size): a bit for each element that is not zero; how many there are."},
    {"compress", RECTIFIER_FAST(compress),
     "compress(width, x, bits, values, size): those elements by themselves."},
    {"check_and_compress", RECTIFIER_FAST(check_and_compress),
     "check_and_compress(width, x, bits, values, size): the same, with bits that were known before. False if "
     "they "
     "are not those of the elements: then the values are none."},
    {"count_bits", RECTIFIER_FAST(count_bits), "count_bits(bits, bytes): how many are set."},
    {"expand", RECTIFIER_FAST(expand), "expand(width, bits, values, out, size): the array they came from."},
    {"spread", RECTIFIER_FAST(spread),
     "spread(type, x, samples, before, units, behind, norms): norms of the differences from each unit's "
     "mean and of all; how many numbers there are."},
    {"activity", RECTIFIER_FAST(activity),
     "activity(type, y, samples, before, units, behind, low, high, counts): for how many samples each "
     "unit is anywhere above low and below high; how many numbers are not zero, samples, numbers."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_tensor_functions(PyObject* module, const rectifier::TensorTable& chosen) {
    table = chosen;
    PyObject* all = listed();
    const bool added = all != nullptr && PyModule_AddObjectRef(module, "tensor_functions", all) == 0;
    Py_XDECREF(all);
    return added && PyModule_AddStringConstant(module, "tensor_types", rectifier::tensor_types) == 0 &&
           PyModule_AddFunctions(module, methods) == 0;
}
