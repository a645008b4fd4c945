// See pages.hpp. New memory costs more than all arithmetic on it: each page is a fault, and is zeroed. The C
// library either keeps what was freed, with small pieces in its holes, so that the heap grows, or gives it
// back at once, so that every tensor is new memory. Here tensors lie side by side in long segments, each at
// the lowest place where it fits: what is kept during forward piles up, and is taken down by backward, whose
// large tensors come to lie where small ones were. What is free waits for the next ones; if it is much, the
// system may take it when it is short of memory.
#include "pages.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
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
// The system may take them at any time, until they are written to.
void lend_pages(Block block) {
#if defined(MADV_FREE)
    madvise(block.start, block.size, MADV_FREE);  // a wish; it may fail
#else
    (void)block;
#endif
}
#else
constexpr std::size_t least_segment = 0;
Block from_system(std::size_t size) {
    void* const start = std::malloc(size);
    return {static_cast<char*>(start), start == nullptr ? 0 : size};
}
void to_system(Block block) { std::free(block.start); }
bool empty_pages(Block) { return false; }
void lend_pages(Block) {}
#endif

// One stretch of room from the system, and what is free of it.
class Segment {
  public:
    explicit Segment(std::size_t wanted) : room(from_system(rounded_up(wanted, huge_page))) {
        if (room.size == 0) return;
        free[0] = room.size;
        pages.resize(room.size / huge_page, Page::empty);
    }
    ~Segment() {
        if (room.size > 0) to_system(room);
    }
    Segment(const Segment&) = delete;
    Segment& operator=(const Segment&) = delete;

    bool exists() const { return room.size > 0; }
    bool is_free() const { return free.size() == 1 && free.begin()->second == room.size; }
    std::size_t size() const { return room.size; }
    // Memory that free pages may have, too.
    std::size_t memory() const { return (held + lent) * huge_page; }
    std::size_t lent_memory() const { return lent * huge_page; }
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
            lent -= pages[k] == Page::lent;
            held += pages[k] != Page::held;
            pages[k] = Page::held;
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
                if (pages[k] == Page::empty || !empty_pages(block_of(k, k + 1))) continue;
                (pages[k] == Page::held ? held : lent) -= 1;
                pages[k] = Page::empty;
                gone += huge_page;
            }
        }
        return gone;
    }

    // Free huge pages become the system's to take.
    void lend() {
        for (const auto& [at, length] : free) {
            const std::size_t end = (at + length) / huge_page;
            for (std::size_t k = rounded_up(at, huge_page) / huge_page, next; k < end; k = next + 1) {
                for (next = k; next < end && pages[next] == Page::held; ++next) pages[next] = Page::lent;
                if (next == k) continue;
                lend_pages(block_of(k, next));
                held -= next - k;
                lent += next - k;
            }
        }
    }

  private:
    enum class Page : unsigned char { empty, held, lent };

    Block room;
    std::map<std::size_t, std::size_t> free;  // how long, by where; none touches another
    std::vector<Page> pages;                  // the huge ones
    std::size_t held = 0, lent = 0;           // how many of them

    Block block_of(std::size_t first, std::size_t end) const {
        return {room.start + first * huge_page, (end - first) * huge_page};
    }
};

// What waits and what is in use are together about as much as was lately in use at once: using memory again
// takes none that was not needed anyway.
class Pool {
  public:
    char* take(std::size_t wanted) {
        const std::size_t size = rounded_up(wanted, page);
        const std::lock_guard<std::mutex> guard(lock);
        const Block found = from_segments(size);
        if (found.start == nullptr) return nullptr;
        blocks[found.start] = size;
        used += size;
        most_used = std::max(most_used, used);
        if (++taken == lately) {
            before = most_used;
            most_used = used;
            taken = 0;
        }
        give_back(most());
        return found.start;
    }

    std::size_t size_at(char* start) {
        const std::lock_guard<std::mutex> guard(lock);
        const auto found = blocks.find(start);
        return found == blocks.end() ? 0 : found->second;
    }

    void let_go(char* start) {
        const std::lock_guard<std::mutex> guard(lock);
        const auto found = blocks.find(start);
        const Block block{start, found->second};
        blocks.erase(found);
        used -= block.size;
        for (const auto& each : segments)
            if (each->holds(start)) each->let_go(block);
        give_back(most());
        lend();
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
    static constexpr std::size_t worth_lending = std::size_t(32) << 20;
    std::mutex lock;
    std::vector<std::unique_ptr<Segment>> segments;
    std::unordered_map<char*, std::size_t> blocks;  // in use: how long
    std::size_t used = 0, most_used = 0, before = 0;
    std::size_t not_lent = 0;  // of what waits: as much as was left when last it was lent
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

    void lend() {
        std::size_t waiting = memory() - std::min(memory(), used);
        for (const auto& each : segments) waiting -= std::min(waiting, each->lent_memory());
        not_lent = std::min(not_lent, waiting);
        if (waiting < not_lent + worth_lending) return;
        for (const auto& each : segments) {
            const std::size_t before_it = each->lent_memory();
            each->lend();
            waiting -= std::min(waiting, each->lent_memory() - before_it);
        }
        not_lent = waiting;
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
    PyObject_HEAD char* start;
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
    pages->start = pool().take(std::size_t(size));
    if (pages->start == nullptr) {
        Py_DECREF(made);
        return PyErr_NoMemory();
    }
    return made;
}

void forget(PyObject* object) {
    PyTypeObject* const type = Py_TYPE(object);
    char* const start = reinterpret_cast<Pages*>(object)->start;
    if (start != nullptr) pool().let_go(start);
    reinterpret_cast<freefunc>(PyType_GetSlot(type, Py_tp_free))(object);
    Py_DECREF(type);
}

int buffer(PyObject* object, Py_buffer* view, int flags) {
    auto* const pages = reinterpret_cast<Pages*>(object);
    return PyBuffer_FillInfo(view, object, pages->start, pages->size, 0, flags);
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

void* take_pages(std::size_t size) { return pool().take(size); }
std::size_t pages_at(void* start) { return pool().size_at(static_cast<char*>(start)); }
void let_go_pages(void* start) { pool().let_go(static_cast<char*>(start)); }

bool add_pages(PyObject* module) {
    PyObject* const type = PyType_FromSpec(&spec);
    const bool added = type != nullptr && PyModule_AddObjectRef(module, "Pages", type) == 0;
    Py_XDECREF(type);
    return added && PyModule_AddFunctions(module, methods) == 0;
}
