// See lane.hpp. A step of a small network takes half a millisecond, in which the interpreter and torch have
// used most of the caches: a page of Python for each step costs 20 us there, many times what it costs by
// itself. So what every step needs is noted here, and Python is asked for all else.
#include "lane.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <map>
#include <new>
#include <vector>

namespace {

double clock_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// A new reference that is given up at the end.
struct Reference {
    PyObject* object;
    explicit Reference(PyObject* made) : object(made) {}
    Reference(const Reference&) = delete;
    Reference& operator=(const Reference&) = delete;
    ~Reference() { Py_XDECREF(object); }
};

// Whether this is what a weak reference refers to.
bool refers_to(PyObject* weak, PyObject* object) {
#if PY_VERSION_HEX >= 0x030D0000
    PyObject* found = nullptr;
    if (PyWeakref_GetRef(weak, &found) < 0) PyErr_Clear();
    const Reference held(found);
    return found == object;
#else
    return PyWeakref_GetObject(weak) == object;
#endif
}

// Of a gradient: which object it is, and how often it has been written to. None: there is none.
struct Mark {
    void* gradient = nullptr;
    long version = 0;
    bool operator==(const Mark& other) const {
        return gradient == other.gradient && version == other.version;
    }
    bool operator!=(const Mark& other) const { return !(*this == other); }
};

// See watcher/ledger.py: of which backward calls the losses are in the gradient of a parameter.
struct Account {
    PyObject* parameter;  // weak, or None
    bool has_loss, stepped;
    double loss;
    Mark left, before;
};

struct Optimizer {
    PyObject* reference;  // weak
    long number;
    long long step;  // that it takes next
    double last;     // when it took the one before, by the script's clock
    bool leads;
    Account account;
};

struct Step {
    long long step;
    long number;
    bool has_loss;
    double loss, rate, seconds;
};

// What the gradients of an optimizer usually measure: a mean that forgets.
struct Usual {
    double square = 0;
    long steps = 0;
};

struct State {
    PyObject *tensor, *single, *double_, *scaled, *modes;  // for as long as the lane lives
    bool open = false, in_call = false, has_loss = false, heard = true;
    unsigned long thread = 0;
    std::vector<Optimizer> optimizers;
    std::map<long, Usual> usual;  // by the optimizer's number, also while the lane is closed
    bool jumped = false;
    std::vector<Step> steps;
    Py_ssize_t stepping = -1,
               stepped = -1;  // the optimizer whose step is under way, and the last one that stepped
    double running = 0;       // loss of the backward call that is under way
    double loss = 0, entered = 0, offset = 0, own = 0, longest = 0;
    long long until = 0;
    long backwards = 0, idle = 0, most_idle = 0;
};

struct Lane {
    PyObject_HEAD State* state;
};

State& of(PyObject* self) { return *reinterpret_cast<Lane*>(self)->state; }

struct Names {
    PyObject *is_cpu, *dim, *is_neg, *dtype, *data_ptr, *param_groups, *lr, *grad, *version, *numel,
        *is_contiguous;
} names;

PyObject* make(PyTypeObject* type, PyObject* arguments, PyObject*) {
    PyObject *tensor, *single, *double_, *scaled, *modes;
    if (!PyArg_ParseTuple(arguments, "OOOO!O", &tensor, &single, &double_, &PyDict_Type, &scaled, &modes))
        return nullptr;
    const auto allocate = reinterpret_cast<allocfunc>(PyType_GetSlot(type, Py_tp_alloc));
    PyObject* const made = allocate(type, 0);
    if (made == nullptr) return nullptr;
    State* const state = new (std::nothrow) State;
    reinterpret_cast<Lane*>(made)->state = state;
    if (state == nullptr) {
        Py_DECREF(made);
        return PyErr_NoMemory();
    }
    state->tensor = Py_NewRef(tensor);
    state->single = Py_NewRef(single);
    state->double_ = Py_NewRef(double_);
    state->scaled = Py_NewRef(scaled);
    state->modes = Py_NewRef(modes);
    return made;
}

void forget_optimizers(State& state) {
    for (const Optimizer& each : state.optimizers) {
        Py_DECREF(each.reference);
        Py_DECREF(each.account.parameter);
    }
    state.optimizers.clear();
}

void forget(PyObject* self) {
    PyTypeObject* const type = Py_TYPE(self);
    if (State* const state = reinterpret_cast<Lane*>(self)->state) {
        forget_optimizers(*state);
        for (PyObject* each : {state->tensor, state->single, state->double_, state->scaled, state->modes})
            Py_DECREF(each);
        delete state;
    }
    reinterpret_cast<freefunc>(PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

PyObject* enter(PyObject* self, PyObject* arguments) {
    State& state = of(self);
    PyObject* optimizers;
    double now;
    if (!PyArg_ParseTuple(arguments, "O!Lldld", &PyList_Type, &optimizers, &state.until, &state.most_idle,
                          &state.longest, &state.idle, &now))
        return nullptr;
    forget_optimizers(state);
    for (Py_ssize_t k = 0; k < PyList_GET_SIZE(optimizers); ++k) {
        Optimizer one;
        Account& account = one.account;
        PyObject* loss;
        int leads, stepped;
        Py_ssize_t gradient;
        if (!PyArg_ParseTuple(PyList_GET_ITEM(optimizers, k), "OlLdpOOpnl", &one.reference, &one.number,
                              &one.step, &one.last, &leads, &account.parameter, &loss, &stepped, &gradient,
                              &account.left.version))
            return nullptr;
        account.has_loss = loss != Py_None;
        account.loss = account.has_loss ? PyFloat_AsDouble(loss) : 0.0;
        if (PyErr_Occurred()) return nullptr;
        account.left.gradient = reinterpret_cast<void*>(gradient);
        account.stepped = stepped != 0;
        one.leads = leads != 0;
        Py_INCREF(one.reference);
        Py_INCREF(account.parameter);
        state.optimizers.push_back(one);
    }
    state.entered = clock_now();
    state.offset = now - state.entered;
    state.in_call = state.has_loss = state.jumped = false;
    state.stepping = state.stepped = -1;
    state.heard = true;
    state.own = 0;
    state.backwards = 0;
    state.thread = PyThread_get_thread_ident();
    state.open = true;
    Py_RETURN_NONE;
}

PyObject* number_or_none(bool there, double value) {
    return there ? PyFloat_FromDouble(value) : Py_NewRef(Py_None);
}

PyObject* mark_or_none(const Mark& mark) {
    if (mark.gradient == nullptr) return Py_NewRef(Py_None);
    return Py_BuildValue("(nl)", reinterpret_cast<Py_ssize_t>(mark.gradient), mark.version);
}

PyObject* leave(PyObject* self, PyObject*) {
    State& state = of(self);
    state.open = false;
    const Reference rows(PyList_New(0)), optimizers(PyList_New(0));
    if (rows.object == nullptr || optimizers.object == nullptr) return nullptr;
    for (const Step& each : state.steps) {
        const Reference row(Py_BuildValue("(LlNdd)", each.step, each.number,
                                          number_or_none(each.has_loss, each.loss), each.rate, each.seconds));
        if (row.object == nullptr || PyList_Append(rows.object, row.object) < 0) return nullptr;
    }
    for (const Optimizer& each : state.optimizers) {
        const Account& account = each.account;
        const Reference one(Py_BuildValue(
            "(LdNNNN)", each.step, each.last, number_or_none(account.has_loss, account.loss),
            PyBool_FromLong(account.stepped), mark_or_none(account.left), mark_or_none(account.before)));
        if (one.object == nullptr || PyList_Append(optimizers.object, one.object) < 0) return nullptr;
    }
    state.steps.clear();
    return Py_BuildValue("(OONlnNNNld)", rows.object, optimizers.object,
                         number_or_none(state.has_loss, state.loss), state.backwards, state.stepping,
                         number_or_none(state.in_call, state.running), PyBool_FromLong(state.heard),
                         PyBool_FromLong(state.jumped), state.idle, state.own);
}

// The number of a tensor of no dimension in this machine's memory, read where it lies: nothing of the
// script's that looks at operations can see that. False, without an exception, for any other.
bool number_of(const State& state, PyObject* loss, double& value) {
    const Reference here(PyObject_GetAttr(loss, names.is_cpu));
    if (here.object != Py_True) return false;
    const Reference dimensions(PyObject_CallMethodNoArgs(loss, names.dim));
    if (dimensions.object == nullptr || PyLong_AsLong(dimensions.object) != 0) return false;
    const Reference negated(PyObject_CallMethodNoArgs(loss, names.is_neg));
    if (negated.object != Py_False) return false;
    const Reference type(PyObject_GetAttr(loss, names.dtype));
    const bool single = type.object == state.single;
    if (!single && type.object != state.double_) return false;
    const Reference place(PyObject_CallMethodNoArgs(loss, names.data_ptr));
    const void* const address = place.object == nullptr ? nullptr : PyLong_AsVoidPtr(place.object);
    if (address == nullptr) return false;
    value = single ? double(*static_cast<const float*>(address)) : *static_cast<const double*>(address);
    return true;
}

// The gradient of an account's parameter as it is now; false, with an exception, if that cannot be known.
bool mark_of(const Account& account, Mark& mark) {
    mark = Mark();
    if (account.parameter == Py_None) return true;
    const Reference parameter(PyObject_CallNoArgs(account.parameter));
    if (parameter.object == nullptr || parameter.object == Py_None) return parameter.object != nullptr;
    const Reference gradient(PyObject_GetAttr(parameter.object, names.grad));
    if (gradient.object == nullptr || gradient.object == Py_None) return gradient.object != nullptr;
    const Reference version(PyObject_GetAttr(gradient.object, names.version));
    if (version.object == nullptr) return false;
    mark = {gradient.object, PyLong_AsLong(version.object)};
    return !PyErr_Occurred();
}

// Whether no function mode of the script's would see a tensor being asked for something.
bool unasked(const State& state) {
    const Reference modes(PyObject_CallNoArgs(state.modes));
    return modes.object != nullptr && PyLong_AsLong(modes.object) == 0;
}

bool note_loss(State& state, PyObject* loss) {
    if (state.in_call || state.stepping >= 0 || reinterpret_cast<PyObject*>(Py_TYPE(loss)) != state.tensor)
        return false;
    if (PyDict_GET_SIZE(state.scaled) != 0) return false;
    if (!unasked(state)) return false;
    double value;
    if (!number_of(state, loss, value) || !std::isfinite(value)) return false;
    for (Optimizer& each : state.optimizers) {
        Account& account = each.account;
        if (!mark_of(account, account.before)) return false;
        const bool cleared = account.before.gradient == nullptr;
        // Written to since: it may have been set to zero, which Python finds out.
        if (!account.stepped && !cleared && account.before != account.left) return false;
        if (account.stepped || cleared) account.has_loss = false;
        account.stepped = false;
    }
    state.loss = state.has_loss ? state.loss + value : value;
    state.has_loss = true;
    state.running = value;
    state.in_call = true;
    return true;
}

bool note_end(State& state) {
    if (!state.in_call || !unasked(state)) return false;
    for (Optimizer& each : state.optimizers) {
        Account& account = each.account;
        if (!mark_of(account, account.left)) return false;
        if (account.left.gradient == nullptr || account.left == account.before) continue;
        account.loss = account.has_loss ? account.loss + state.running : state.running;
        account.has_loss = true;
    }
    state.in_call = false;
    ++state.backwards;
    return true;
}

// The optimizer, which is most often the one after the last that stepped; -1 if it is none of these.
Py_ssize_t index_of(const State& state, PyObject* optimizer) {
    const Py_ssize_t count = Py_ssize_t(state.optimizers.size());
    for (Py_ssize_t k = 1; k <= count; ++k) {
        const Py_ssize_t index = (state.stepped + k + count) % count;
        if (refers_to(state.optimizers[index].reference, optimizer)) return index;
    }
    return -1;
}

// So many entries of a gradient stand for it. After so many steps, one that is so many times the usual has
// jumped.
constexpr Py_ssize_t sample = 512;
constexpr long learned = 16;
constexpr double far = 10;

template <class T>
double mean_square(const void* address, Py_ssize_t count) {
    double sum = 0;
    for (Py_ssize_t k = 0; k < count; ++k) {
        const double each = static_cast<const T*>(address)[k];
        sum += each * each;
    }
    return sum / double(count);
}

// The mean square of the first entries of the gradient that an account watches, read where it lies; negative
// if that cannot be done.
double size_of(const State& state, const Account& account) {
    if (account.parameter == Py_None) return -1;
    const Reference parameter(PyObject_CallNoArgs(account.parameter));
    if (parameter.object == nullptr || parameter.object == Py_None) return -1;
    const Reference gradient(PyObject_GetAttr(parameter.object, names.grad));
    if (gradient.object == nullptr || reinterpret_cast<PyObject*>(Py_TYPE(gradient.object)) != state.tensor)
        return -1;
    const Reference here(PyObject_GetAttr(gradient.object, names.is_cpu));
    const Reference type(PyObject_GetAttr(gradient.object, names.dtype));
    if (here.object != Py_True || (type.object != state.single && type.object != state.double_)) return -1;
    const Reference contiguous(PyObject_CallMethodNoArgs(gradient.object, names.is_contiguous));
    if (contiguous.object != Py_True) return -1;
    const Reference count(PyObject_CallMethodNoArgs(gradient.object, names.numel));
    const Reference place(PyObject_CallMethodNoArgs(gradient.object, names.data_ptr));
    if (count.object == nullptr || place.object == nullptr) return -1;
    const Py_ssize_t entries = std::min(sample, PyLong_AsSsize_t(count.object));
    const void* const address = PyLong_AsVoidPtr(place.object);
    if (address == nullptr || entries <= 0) return -1;
    return type.object == state.single ? mean_square<float>(address, entries)
                                       : mean_square<double>(address, entries);
}

// Whether the gradients that a step is about to apply are far larger than usual, or no numbers.
bool jumps(State& state, const Optimizer& one) {
    if (!unasked(state)) return false;
    const double square = size_of(state, one.account);
    if (PyErr_Occurred()) PyErr_Clear();
    if (square < 0) return false;
    Usual& usual = state.usual[one.number];
    const bool jumped = usual.steps >= learned && !(square <= far * far * usual.square);
    if (std::isfinite(square)) {
        const double share = std::max(1.0 / double(usual.steps + 1), 0.05);
        usual.square += share * (std::min(square, jumped ? far * usual.square : square) - usual.square);
        ++usual.steps;
    }
    return jumped;
}

bool note_begin_of_step(State& state, PyObject* optimizer) {
    if (state.in_call || state.stepping >= 0) return false;
    const Py_ssize_t index = index_of(state, optimizer);
    if (index < 0) return false;
    state.jumped = jumps(state, state.optimizers[index]);
    if (state.jumped) return false;  // it is to be looked at
    state.stepping = index;
    return true;
}

bool note_step(State& state, PyObject* optimizer, double now) {
    if (state.stepping < 0 || !refers_to(state.optimizers[state.stepping].reference, optimizer)) return false;
    Optimizer* const one = &state.optimizers[state.stepping];
    if (now - state.entered > state.longest) return false;
    if (one->leads ? one->step + 1 >= state.until : state.idle >= state.most_idle) return false;
    Account& account = one->account;
    Mark mark;
    if (!unasked(state)) return false;
    if (!mark_of(account, mark) || mark.gradient == nullptr) return false;  // Python finds another parameter
    const Reference groups(PyObject_GetAttr(optimizer, names.param_groups));
    if (groups.object == nullptr || !PyList_CheckExact(groups.object)) return false;
    double rate = 0;
    for (Py_ssize_t k = 0; k < PyList_GET_SIZE(groups.object); ++k) {
        PyObject* const group = PyList_GET_ITEM(groups.object, k);
        PyObject* const its = PyDict_CheckExact(group) ? PyDict_GetItemWithError(group, names.lr) : nullptr;
        if (its == nullptr || !PyFloat_CheckExact(its)) return false;
        if (k == 0 || PyFloat_AS_DOUBLE(its) > rate) rate = PyFloat_AS_DOUBLE(its);
    }
    if (PyList_GET_SIZE(groups.object) == 0) return false;
    const double at = now + state.offset;
    state.steps.push_back({one->step, one->number, account.has_loss, account.loss, rate,
                           one->last != 0 ? at - one->last : 0.0});
    account.stepped = true;
    one->last = at;
    ++one->step;
    state.idle = one->leads ? 0 : state.idle + 1;
    state.heard = state.backwards > 0;
    state.has_loss = false;
    state.stepped = state.stepping;
    state.stepping = -1;
    state.backwards = 0;
    return true;
}

// Whether all was done; a failure is not told: Python does it the long way then, and tells.
template <class Way>
PyObject* shortly(PyObject* self, Way way) {
    State& state = of(self);
    if (!state.open || PyThread_get_thread_ident() != state.thread) Py_RETURN_FALSE;
    const double begun = clock_now();
    const bool done = way(state, begun);
    if (PyErr_Occurred()) PyErr_Clear();
    state.own += clock_now() - begun;
    return PyBool_FromLong(done);
}

PyObject* backward(PyObject* self, PyObject* loss) {
    return shortly(self, [loss](State& state, double) { return note_loss(state, loss); });
}

PyObject* ended(PyObject* self, PyObject*) {
    return shortly(self, [](State& state, double) { return note_end(state); });
}

PyObject* before(PyObject* self, PyObject* optimizer) {
    return shortly(self, [optimizer](State& state, double) { return note_begin_of_step(state, optimizer); });
}

PyObject* after(PyObject* self, PyObject* optimizer) {
    return shortly(self, [optimizer](State& state, double now) { return note_step(state, optimizer, now); });
}

PyObject* is_open(PyObject* self, void*) { return PyBool_FromLong(of(self).open); }

PyMethodDef methods[] = {
    {"enter", enter, METH_VARARGS, nullptr}, {"leave", leave, METH_NOARGS, nullptr},
    {"backward", backward, METH_O, nullptr}, {"ended", ended, METH_NOARGS, nullptr},
    {"before", before, METH_O, nullptr},     {"after", after, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef properties[] = {
    {"is_open", is_open, nullptr, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyType_Slot slots[] = {
    {Py_tp_doc, const_cast<char*>("Lane(tensor, float32, float64, scaled, modes): see _native.pyi.")},
    {Py_tp_new, reinterpret_cast<void*>(make)},
    {Py_tp_dealloc, reinterpret_cast<void*>(forget)},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {0, nullptr},
};

PyType_Spec spec = {"rectifier._native.Lane", sizeof(Lane), 0, Py_TPFLAGS_DEFAULT, slots};

}  // namespace

bool add_lane(PyObject* module) {
    names = {PyUnicode_InternFromString("is_cpu"),       PyUnicode_InternFromString("dim"),
             PyUnicode_InternFromString("is_neg"),       PyUnicode_InternFromString("dtype"),
             PyUnicode_InternFromString("data_ptr"),     PyUnicode_InternFromString("param_groups"),
             PyUnicode_InternFromString("lr"),           PyUnicode_InternFromString("grad"),
             PyUnicode_InternFromString("_version"),     PyUnicode_InternFromString("numel"),
             PyUnicode_InternFromString("is_contiguous")};
    for (PyObject* each :
         {names.is_cpu, names.dim, names.is_neg, names.dtype, names.data_ptr, names.param_groups, names.lr,
          names.grad, names.version, names.numel, names.is_contiguous})
        if (each == nullptr) return false;
    PyObject* const type = PyType_FromSpec(&spec);
    const bool added = type != nullptr && PyModule_AddObjectRef(module, "Lane", type) == 0;
    Py_XDECREF(type);
    return added;
}
