// callocations.h — counts what a stretch of a program allocates, on all its threads.
// Linked into a test program, these functions stand before the C library's own malloc and its kin.
#ifndef SWIFTLET_CALLOCATIONS_H
#define SWIFTLET_CALLOCATIONS_H

#include <stdbool.h>
#include <stdint.h>

/// Whether the count means anything: not with a sanitizer, which brings an allocator of its own.
bool callocations_are_counted(void);

/// Begins to count from zero.
void callocations_begin(void);

/// Ends it. Returns the number of calls of malloc, calloc, realloc, aligned_alloc, memalign and posix_memalign since
/// then, and writes the call stacks of the first of them to standard error.
int64_t callocations_end(void);

#endif
