// Long loops are shared among threads. Built once, not per instruction set.
#pragma once

#include <cstdint>

namespace rectifier {

// Calls part(context, start, stop) so that the parts cover 0 to count, on several threads if each can have at
// least `grain` elements. Parts begin at multiples of `alignment`: no two threads should write to one cache
// line. The number of threads is OpenMP's, so OMP_NUM_THREADS and threadpoolctl hold. In a
// forked child, inside another parallel region, and where OpenMP is missing, it is one.
void share(std::intptr_t count, std::intptr_t grain, std::intptr_t alignment,
           void (*part)(const void* context, std::intptr_t start, std::intptr_t stop), const void* context);

// The number of threads that a very long loop would get now.
int thread_count();

}  // namespace rectifier
