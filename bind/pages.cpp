// See pages.hpp. New memory costs more than all arithmetic on it: each page is a fault, and is zeroed. The C
// library either keeps what was freed, with small pieces in its holes, so that the heap grows, or gives it
// back at once, so that every tensor is new memory. Here a block that was let go waits for the next tensor of
// its size.
#include "pages.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#define RECTIFIER_MMAP
#include <sys/mman.h>
#endif

namespace {

constexpr std::size_t page = 4096, huge_page = std::size_t(1) << 21;

struct Block {
    void* start = nullptr;
    std::size_t size = 0;
};

// Eight sizes for each power of two: what is kept of the next batch is a little more or less.
std::size_t size_class(std::size_t size) {
    std::size_t step = page;
    while (step * 16 < size) step *= 2;
    return (std::max(size, page) + step - 1) / step * step;
}

#if defined(RECTIFIER_MMAP)
Block from_system(std::size_t size) {
    void* const start = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) return {};
#if defined(MADV_HUGEPAGE)
    if (size >= 2 * huge_page) madvise(start, size, MADV_HUGEPAGE);  // a wish; it may fail
#endif
    return {start, size};
}
void to_system(Block block) { munmap(block.start, block.size); }
#else
Block from_system(std::size_t size) {
    void* const start = std::malloc(size);
    return {start, start == nullptr ? 0 : size};
}
void to_system(Block block) { std::free(block.start); }
#endif

// What waits and what is in use are together no more than was lately in use at once: using memory again takes
// none that was not needed anyway.
class Pool {
  public:
    Block take(std::size_t wanted) {
        const std::size_t size = size_class(wanted);
        Block found;
        std::vector<Block> old;
        {
            const std::lock_guard<std::mutex> guard(lock);
            found = of_size(size);
            used += found.start == nullptr ? size : found.size;
            most_used = std::max(most_used, used);
            if (++taken == lately) {
                before = most_used;
                most_used = used;
                taken = 0;
            }
            old = too_much();
        }
        for (const Block each : old) to_system(each);
        if (found.start != nullptr) return found;
        found = from_system(size);
        if (found.start == nullptr) {
            release();
            found = from_system(size);
        }
        if (found.start == nullptr) {
            const std::lock_guard<std::mutex> guard(lock);
            used -= size;
        }
        return found;
    }

    void let_go(Block block) {
        std::vector<Block> old;
        {
            const std::lock_guard<std::mutex> guard(lock);
            used -= block.size;
            waiting.push_back(block);
            waiting_size += block.size;
            old = too_much();
        }
        for (const Block each : old) to_system(each);
    }

    void release() {
        std::vector<Block> old;
        {
            const std::lock_guard<std::mutex> guard(lock);
            old.swap(waiting);
            waiting_size = 0;
        }
        for (const Block each : old) to_system(each);
    }

    PyObject* state() {
        const std::lock_guard<std::mutex> guard(lock);
        return Py_BuildValue("(nn)", Py_ssize_t(used), Py_ssize_t(waiting_size));
    }

  private:
    static constexpr int lately = 4096;  // so many blocks, or twice as many
    std::mutex lock;
    std::vector<Block> waiting;  // the longest first
    std::size_t waiting_size = 0, used = 0, most_used = 0, before = 0;
    int taken = 0;

    // The smallest block that fits and is not much too large; of equals the last one let go, which the caches
    // may still hold.
    Block of_size(std::size_t size) {
        auto best = waiting.end();
        for (auto each = waiting.begin(); each != waiting.end(); ++each)
            if (each->size >= size && each->size <= size + size / 4 &&
                (best == waiting.end() || each->size <= best->size))
                best = each;
        if (best == waiting.end()) return {};
        const Block found = *best;
        waiting.erase(best);
        waiting_size -= found.size;
        return found;
    }

    std::vector<Block> too_much() {
        std::vector<Block> old;
        while (!waiting.empty() && used + waiting_size > std::max(most_used, before)) {
            old.push_back(waiting.front());
            waiting_size -= waiting.front().size;
            waiting.erase(waiting.begin());
        }
        return old;
    }
};

// Never destroyed: tensors may outlive whatever else ends with the process.
Pool& pool() {
    static Pool* const only = new Pool;
    return *only;
}

struct Pages {
    PyObject_HEAD Block block;
    Py_ssize_t size;
};

PyObject* make(PyTypeObject* type, PyObject* arguments, PyObject*) {
    Py_ssize_t size;
    if (!PyArg_ParseTuple(arguments, "n", &size)) return nullptr;
    if (size <= 0) return PyErr_Format(PyExc_ValueError, "pages hold at least one byte, not %zd", size);
    const auto allocate = reinterpret_cast<allocfunc>(PyType_GetSlot(type, Py_tp_alloc));
    PyObject* const made = allocate(type, 0);
    if (made == nullptr) return nullptr;
    auto* const pages = reinterpret_cast<Pages*>(made);
    pages->size = size;
    pages->block = pool().take(std::size_t(size));
    if (pages->block.start == nullptr) {
        Py_DECREF(made);
        return PyErr_NoMemory();
    }
    return made;
}

void forget(PyObject* object) {
    PyTypeObject* const type = Py_TYPE(object);
    const Block block = reinterpret_cast<Pages*>(object)->block;
    if (block.start != nullptr) pool().let_go(block);
    reinterpret_cast<freefunc>(PyType_GetSlot(type, Py_tp_free))(object);
    Py_DECREF(type);
}

int buffer(PyObject* object, Py_buffer* view, int flags) {
    auto* const pages = reinterpret_cast<Pages*>(object);
    return PyBuffer_FillInfo(view, object, pages->block.start, pages->size, 0, flags);
}

PyType_Slot slots[] = {
    {Py_tp_doc, const_cast<char*>("Pages(size): so many bytes, not initialised, as a buffer.")},
    {Py_tp_new, reinterpret_cast<void*>(make)},
    {Py_tp_dealloc, reinterpret_cast<void*>(forget)},
    {Py_bf_getbuffer, reinterpret_cast<void*>(buffer)},
    {0, nullptr},
};

PyType_Spec spec = {"rectifier._native.Pages", sizeof(Pages), 0, Py_TPFLAGS_DEFAULT, slots};

PyObject* pages_state(PyObject*, PyObject*) { return pool().state(); }

PyObject* release_pages(PyObject*, PyObject*) {
    pool().release();
    Py_RETURN_NONE;
}

PyMethodDef methods[] = {
    {"pages_state", pages_state, METH_NOARGS,
     "Bytes of pages in use, and of those that wait to be used again."},
    {"release_pages", release_pages, METH_NOARGS, "Give what waits back to the system."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_pages(PyObject* module) {
    PyObject* const type = PyType_FromSpec(&spec);
    const bool added = type != nullptr && PyModule_AddObjectRef(module, "Pages", type) == 0;
    Py_XDECREF(type);
    return added && PyModule_AddFunctions(module, methods) == 0;
}
