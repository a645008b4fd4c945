#include "tables.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "layouts.hpp"

namespace {

// As many as any ufunc here takes: two halves, parameters, four outputs.
constexpr int most_operands = 16;

// NumPy's own measure of a loop that is long enough for others to run meanwhile.
constexpr npy_intp worth_releasing = 500;

struct Extent {
    const char *first, *last;  // last: one byte behind
};

Extent extent(PyArrayObject* array) {
    Extent found{PyArray_BYTES(array), PyArray_BYTES(array) + PyArray_ITEMSIZE(array)};
    for (int axis = 0; axis < PyArray_NDIM(array); ++axis) {
        const npy_intp reach = PyArray_STRIDE(array, axis) * (PyArray_DIM(array, axis) - 1);
        (reach < 0 ? found.first : found.last) += reach;
    }
    return found;
}

// Whether the elements lie one behind the other, the last axis first or (`turned`) the first one.
bool is_one_run(const Operand& operand, int axes, const npy_intp* shape, npy_intp size, bool turned) {
    if (operand.steps == nullptr) return true;
    for (int k = 0; k < axes; ++k) {
        const int axis = turned ? k : axes - 1 - k;
        if (shape[axis] == 1) continue;
        if (operand.steps[axis] != size) return false;
        size *= shape[axis];
    }
    return true;
}

bool are_one_run(const Operand* operands, int count, int axes, const npy_intp* shape, npy_intp size,
                 bool turned) {
    for (int k = 0; k < count; ++k)
        if (!is_one_run(operands[k], axes, shape, size, turned)) return false;
    return true;
}

rectifier::Strided as_strided(const Operand& operand, int axes) {
    std::vector<std::intptr_t> steps(std::size_t(axes), 0);
    if (operand.steps != nullptr) steps.assign(operand.steps, operand.steps + axes);
    return {operand.data, std::move(steps)};
}

}  // namespace

rectifier::InnerLoop loop_for(const PyUFuncObject* ufunc, int type) {
    for (int which = 0; which < ufunc->ntypes && !ufunc->core_enabled; ++which)
        if (ufunc->types[which * ufunc->nargs] == type)
            return reinterpret_cast<rectifier::InnerLoop>(ufunc->functions[which]);
    return nullptr;
}

bool may_overlap(PyArrayObject* a, PyArrayObject* b) {
    const Extent one = extent(a), other = extent(b);
    return one.first < other.last && other.first < one.last;
}

bool may_overlap_itself(PyArrayObject* array) {
    if (PyArray_IS_C_CONTIGUOUS(array) || PyArray_IS_F_CONTIGUOUS(array)) return false;
    std::vector<std::pair<npy_intp, npy_intp>> axes;  // apart, how many
    for (int axis = 0; axis < PyArray_NDIM(array); ++axis)
        if (PyArray_DIM(array, axis) > 1)
            axes.emplace_back(std::abs(PyArray_STRIDE(array, axis)), PyArray_DIM(array, axis));
    std::sort(axes.begin(), axes.end());
    npy_intp taken = PyArray_ITEMSIZE(array);
    for (const auto& [apart, size] : axes) {
        if (apart < taken) return true;
        taken = apart * size;
    }
    return false;
}

void compute(rectifier::InnerLoop loop, int axes, const npy_intp* shape, npy_intp size,
             const Operand* operands, int inputs, int count) {
    npy_intp elements = 1;
    for (int axis = 0; axis < axes; ++axis) elements *= shape[axis];
    const bool in_one = axes == 1 || are_one_run(operands, count, axes, shape, size, false) ||
                        are_one_run(operands, count, axes, shape, size, true);
    // All that belongs to the arrays is read before others may run, who could give them another shape.
    char* data[most_operands];
    npy_intp steps[most_operands];
    std::vector<rectifier::Strided> strided;
    for (int k = 0; k < count; ++k) {
        data[k] = operands[k].data;
        steps[k] = operands[k].steps == nullptr ? 0 : axes == 1 ? operands[k].steps[0] : size;
        if (!in_one) strided.push_back(as_strided(operands[k], axes));
    }
    std::vector<std::intptr_t> lengths;
    if (!in_one) lengths.assign(shape, shape + axes);
    PyThreadState* state = elements > worth_releasing ? PyEval_SaveThread() : nullptr;
    if (in_one)
        loop(data, &elements, steps, nullptr);
    else
        rectifier::walk(loop, std::move(lengths), std::move(strided), inputs, std::size_t(size));
    if (state != nullptr) PyEval_RestoreThread(state);
}

PyObject* walk(PyObject*, PyObject* arguments) {
    PyObject *object, *tuple;
    if (!PyArg_ParseTuple(arguments, "O!O!", &PyUFunc_Type, &object, &PyTuple_Type, &tuple)) return nullptr;
    const PyUFuncObject* ufunc = reinterpret_cast<PyUFuncObject*>(object);
    const Py_ssize_t count = PyTuple_GET_SIZE(tuple);
    std::vector<Operand> operands;
    PyArrayObject* first = nullptr;
    for (Py_ssize_t k = 0; k < count; ++k) {
        PyObject* item = PyTuple_GET_ITEM(tuple, k);
        PyArrayObject* array = PyArray_Check(item) ? reinterpret_cast<PyArrayObject*>(item) : nullptr;
        if (k == 0) first = array;
        if (array == nullptr || PyArray_TYPE(array) != PyArray_TYPE(first) ||
            !PyArray_SAMESHAPE(array, first) || !PyArray_ISBEHAVED_RO(array) ||
            (k >= ufunc->nin && !PyArray_ISWRITEABLE(array))) {
            PyErr_SetString(PyExc_ValueError,
                            "walk takes aligned arrays of one native type and one shape, outputs writeable.");
            return nullptr;
        }
        operands.push_back({PyArray_BYTES(array), PyArray_STRIDES(array)});
    }
    const auto loop = count == ufunc->nargs ? loop_for(ufunc, PyArray_TYPE(first)) : nullptr;
    if (loop == nullptr || count > most_operands) {
        PyErr_Format(PyExc_TypeError, "%s has no loop for these %zd arrays.", ufunc->name, count);
        return nullptr;
    }
    compute(loop, PyArray_NDIM(first), PyArray_DIMS(first), PyArray_ITEMSIZE(first), operands.data(),
            ufunc->nin, int(count));
    Py_RETURN_NONE;
}
