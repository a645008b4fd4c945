"""How memory is to be handled by every process of a benchmark: what is freed is kept, whoever runs. Else the system's
luck with pages is a tenth of the time."""

#: For glibc's malloc: from which size on memory comes from the system, and how much may be free on top of the heap.
KEPT = {
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(4 << 30),
    "MALLOC_TOP_PAD_": str(64 << 20),
}
