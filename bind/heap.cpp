// See heap.hpp. glibc keeps freed blocks of up to 32 MiB for itself. A hole that a tensor has left is a
// little too small for an aligned one of the same size, so that a heap with pieces that stay grows from step
// to step, far beyond what is in use. To have every large block returned at once costs a page fault every 4
// KiB whenever the next one comes. So the holes stay as long as they are no harm: until the process would use
// more memory than it needs.
#include "heap.hpp"

#include <algorithm>
#include <cstddef>
#include <mutex>

#if defined(__GLIBC__)
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#endif

namespace {

#if defined(__GLIBC__)
// Bytes of memory this process uses now; 0 if the system does not tell.
std::size_t resident() {
    const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    char text[128];
    const ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0) return 0;
    text[length] = 0;
    unsigned long long all, here;
    if (std::sscanf(text, "%llu %llu", &all, &here) != 2) return 0;
    return std::size_t(here) * std::size_t(sysconf(_SC_PAGESIZE));
}

class Heap {
  public:
    // A tensor of so many bytes is about to be worked with.
    void expect(std::size_t size) {
        const std::unique_lock<std::mutex> guard(lock, std::try_to_lock);
        if (!guard) return;  // somebody is at it
        if (++told == lately) {
            before = most;
            most = 0;
            told = 0;
        }
        const std::size_t needed = std::max(most, before), coming = around * size;
        unseen += size;
        if (unseen < needed / 64) return;  // what holes so few bytes can have left is not worth a look
        unseen = 0;
        if (resident() + coming <= needed + needed / 256) return;
        malloc_trim(0);
        most = std::max(most, resident() + coming);  // only here is it known that nothing is in use in vain
    }

  private:
    // What results, gradients and workspace of the operations with a tensor may take, by its size.
    static constexpr std::size_t around = 4;
    // Over so many tensors, or twice as many, what is needed is looked at.
    static constexpr int lately = 4096;
    std::mutex lock;
    std::size_t most = 0, before = 0, unseen = 0;
    int told = 0;
};

Heap heap;
#endif

PyObject* trim_heap(PyObject*, PyObject* given) {
    const Py_ssize_t size = PyLong_AsSsize_t(given);
    if (size == -1 && PyErr_Occurred() != nullptr) return nullptr;
    if (size < 0) return PyErr_Format(PyExc_ValueError, "a tensor has no fewer than 0 bytes, not %zd", size);
#if defined(__GLIBC__)
    Py_BEGIN_ALLOW_THREADS;
    heap.expect(std::size_t(size));
    Py_END_ALLOW_THREADS;
#endif
    Py_RETURN_NONE;
}

PyMethodDef methods[] = {
    {"trim_heap", trim_heap, METH_O,
     "trim_heap(size): a tensor of so many bytes is about to be worked with. Gives freed memory back to the\n"
     "system if the process would else use more than it needs."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_heap(PyObject* module) { return PyModule_AddFunctions(module, methods) == 0; }
