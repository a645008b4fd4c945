#include "threads.hpp"

#ifdef _OPENMP
#include <omp.h>
#endif

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

#include <atomic>

namespace rectifier {

namespace {

// A forked child has none of its parent's threads, and OpenMP would wait for them for ever.
std::atomic<bool> is_forked_child{false};

#if defined(__unix__) || defined(__APPLE__)
const int watching = pthread_atfork(nullptr, nullptr, [] { is_forked_child = true; });
#endif

}  // namespace

int thread_count() {
#ifdef _OPENMP
    if (!is_forked_child && !omp_in_parallel()) return omp_get_max_threads();
#endif
    return 1;
}

void share(std::intptr_t count, std::intptr_t grain, std::intptr_t alignment,
           void (*part)(const void* context, std::intptr_t start, std::intptr_t stop), const void* context) {
    if (count < 2 * grain) return part(context, 0, count);
    const std::intptr_t possible = count / grain;
    const std::intptr_t available = thread_count();
    const std::intptr_t threads = available < possible ? available : possible;
    if (threads < 2) return part(context, 0, count);
    const std::intptr_t each = ((count + threads - 1) / threads + alignment - 1) / alignment * alignment;
#ifdef _OPENMP
#pragma omp parallel for num_threads(int(threads)) schedule(static, 1)
#endif
    for (std::intptr_t k = 0; k < threads; ++k) {
        const std::intptr_t start = k * each;
        const std::intptr_t stop = start + each < count ? start + each : count;
        if (start < stop) part(context, start, stop);
    }
}

}  // namespace rectifier
