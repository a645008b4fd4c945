// See pages.hpp. New memory costs more than all arithmetic on it: each page is a fault, and is zeroed. The C
// library either keeps what was freed, with small pieces in its holes, so that the heap grows, or gives it
// back at once, so that every tensor is new memory. Here tensors lie side by side in long segments, each at
// the lowest place where it fits: what is kept during forward piles up, and is taken down by backward, whose
// large tensors come to lie where small ones were. What is free waits for the next ones.
#include "pages.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#define RECTIFIER_MMAP
#include <sys/mman.h>
#endif

namespace {

constexpr std::size_t page = 4096, huge_page = std::size_t(1) << 21;

std::size_t rounded_up(std::size_t size, std::size_t unit) { return (size + unit - 1) / unit * unit; }

struct Block {
    char* start = nullptr;
    std::size_t size = 0;
};

#if defined(RECTIFIER_MMAP)
// Room that takes no memory before it is written to; in whole huge pages, as it can be given back in them.
constexpr std::size_t least_segment = std::size_t(1) << 28;
Block from_system(std::size_t size) {
    const std::size_t mapped = size + huge_page;
    void* const found =
        mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (found == MAP_FAILED) return {};
    char* const first = static_cast<char*>(found);
    const std::size_t before = rounded_up(std::size_t(first), huge_page) - std::size_t(first);
    if (before > 0) munmap(first, before);
    munmap(first + before + size, huge_page - before);
#if defined(MADV_HUGEPAGE)
    madvise(first + before, size, MADV_HUGEPAGE);  // a wish; it may fail
#endif
    return {first + before, size};
}
void to_system(Block block) { munmap(block.start, block.size); }
bool empty_pages(Block block) { return madvise(block.start, block.size, MADV_DONTNEED) == 0; }
#else
constexpr std::size_t least_segment = 0;
Block from_system(std::size_t size) {
    void* const start = std::malloc(size);
    return {static_cast<char*>(start), start == nullptr ? 0 : size};
}
void to_system(Block block) { std::free(block.start); }
bool empty_pages(Block) { return false; }
#endif

// One stretch of room from the system, and what is free of it.
class Segment {
  public:
    explicit Segment(std::size_t wanted) : room(from_system(rounded_up(wanted, huge_page))) {
        if (room.size == 0) return;
        free[0] = room.size;
        written.resize(room.size / huge_page);
    }
    ~Segment() {
        if (room.size > 0) to_system(room);
    }
    Segment(const Segment&) = delete;
    Segment& operator=(const Segment&) = delete;

    bool exists() const { return room.size > 0; }
    bool is_free() const { return free.size() == 1 && free.begin()->second == room.size; }
    std::size_t size() const { return room.size; }
    std::size_t memory() const { return huge_pages * huge_page; }
    bool holds(const char* start) const { return start >= room.start && start < room.start + room.size; }

    // No block if there is no place for it.
    Block take(std::size_t size) {
        const auto place =
            std::find_if(free.begin(), free.end(), [size](const auto& each) { return each.second >= size; });
        if (place == free.end()) return {};
        const auto [at, length] = *place;
        free.erase(place);
        if (length > size) free[at + size] = length - size;
        for (std::size_t k = at / huge_page; k <= (at + size - 1) / huge_page; ++k) {
            huge_pages += !written[k];
            written[k] = true;
        }
        return {room.start + at, size};
    }

    void let_go(Block block) {
        std::size_t at = std::size_t(block.start - room.start), length = block.size;
        auto next = free.lower_bound(at);
        if (next != free.end() && next->first == at + length) {
            length += next->second;
            next = free.erase(next);
        }
        if (next != free.begin()) {
            const auto before = std::prev(next);
            if (before->first + before->second == at) {
                before->second += length;
                return;
            }
        }
        free[at] = length;
    }

    // The memory of free huge pages, the last first, until so much of it is gone; how much is.
    std::size_t empty(std::size_t excess) {
        std::size_t gone = 0;
        for (auto place = free.rbegin(); place != free.rend(); ++place) {
            const std::size_t first = rounded_up(place->first, huge_page) / huge_page,
                              end = (place->first + place->second) / huge_page;
            for (std::size_t k = end; k-- > first && gone < excess;) {
                if (!written[k] || !empty_pages({room.start + k * huge_page, huge_page})) continue;
                written[k] = false;
                huge_pages -= 1;
                gone += huge_page;
            }
        }
        return gone;
    }

  private:
    Block room;
    std::map<std::size_t, std::size_t> free;  // how long, by where; none touches another
    std::vector<bool> written;                // of the huge pages: whether they may have memory
    std::size_t huge_pages = 0;               // of those, how many
};

// What waits and what is in use are together about as much as was lately in use at once: using memory again
// takes none that was not needed anyway.
class Pool {
  public:
    Block take(std::size_t wanted) {
        const std::size_t size = rounded_up(wanted, page);
        const std::lock_guard<std::mutex> guard(lock);
        Block found = from_segments(size);
        if (found.start == nullptr) return found;
        used += size;
        most_used = std::max(most_used, used);
        if (++taken == lately) {
            before = most_used;
            most_used = used;
            taken = 0;
        }
        give_back(most());
        return found;
    }

    void let_go(Block block) {
        const std::lock_guard<std::mutex> guard(lock);
        used -= block.size;
        for (const auto& each : segments)
            if (each->holds(block.start)) each->let_go(block);
        give_back(most());
    }

    void release() {
        const std::lock_guard<std::mutex> guard(lock);
        give_back(0);
    }

    PyObject* state() {
        const std::lock_guard<std::mutex> guard(lock);
        return Py_BuildValue("(nn)", Py_ssize_t(used), Py_ssize_t(memory() - std::min(memory(), used)));
    }

  private:
    static constexpr int lately = 4096;  // so many blocks, or twice as many
    std::mutex lock;
    std::vector<std::unique_ptr<Segment>> segments;
    std::size_t used = 0, most_used = 0, before = 0;
    int taken = 0;

    // Blocks leave gaps, and share their first and their last huge page with others.
    std::size_t most() const {
        const std::size_t lately_used = std::max(most_used, before);
        return rounded_up(lately_used + lately_used / 16, huge_page) + huge_page;
    }

    std::size_t memory() const {
        std::size_t total = 0;
        for (const auto& each : segments) total += each->memory();
        return total;
    }

    Block from_segments(std::size_t size) {
        std::size_t total = 0;
        for (const auto& each : segments) {
            const Block found = each->take(size);
            if (found.start != nullptr) return found;
            total += each->size();
        }
        // As long as all there are, so that there are few.
        const std::size_t usual = least_segment > 0 ? std::max({least_segment, total, size}) : size;
        auto made = std::make_unique<Segment>(usual);
        if (!made->exists()) made = std::make_unique<Segment>(size);
        if (!made->exists()) {
            give_back(0);
            made = std::make_unique<Segment>(size);
        }
        if (!made->exists()) return {};
        segments.push_back(std::move(made));
        return segments.back()->take(size);
    }

    void give_back(std::size_t most) {
        std::size_t now = memory();
        for (std::size_t k = segments.size(); k-- > 0 && now > most;) {
            Segment& each = *segments[k];
            if (each.is_free() && (each.memory() <= now - most || least_segment == 0)) {
                now -= each.memory();
                segments.erase(segments.begin() + std::ptrdiff_t(k));
            } else {
                now -= each.empty(now - most);
            }
        }
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
