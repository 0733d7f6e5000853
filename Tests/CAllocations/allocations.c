// allocations.c — malloc and its kin, with a count before each.
// They hand over to the C library under the names by which glibc exports its own.

#define _GNU_SOURCE
#include "callocations.h"

#include <errno.h>
#include <execinfo.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif

enum { STACKS = 16, FRAMES = 24 };
static atomic_bool counting;
static atomic_int_fast64_t count;
static void *stacks[STACKS][FRAMES];
static int frame_counts[STACKS];

#if defined(__GLIBC__) && !defined(SANITIZED)
#define COUNTS true

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t number, size_t size);
void *__libc_realloc(void *pointer, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

// backtrace may allocate when it is used first; callocations_begin sees to that.
static void note(void) {
    if (!atomic_load_explicit(&counting, memory_order_relaxed)) return;
    int_fast64_t index = atomic_fetch_add(&count, 1);
    if (index < STACKS) frame_counts[index] = backtrace(stacks[index], FRAMES);
}

void *malloc(size_t size) {
    note();
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    note();
    return __libc_calloc(number, size);
}

void *realloc(void *pointer, size_t size) {
    note();
    return __libc_realloc(pointer, size);
}

void *memalign(size_t alignment, size_t size) {
    note();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    note();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **pointer, size_t alignment, size_t size) {
    note();
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
    void *memory = __libc_memalign(alignment, size);
    if (memory == NULL) return ENOMEM;
    *pointer = memory;
    return 0;
}
#else
#define COUNTS false
#endif

bool callocations_are_counted(void) { return COUNTS; }

void callocations_begin(void) {
    backtrace(stacks[0], FRAMES);
    atomic_store(&count, 0);
    atomic_store(&counting, true);
}

int64_t callocations_end(void) {
    atomic_store(&counting, false);
    int64_t total = atomic_load(&count);
    for (int64_t i = 0; i < total && i < STACKS; i++) {
        (void)!write(STDERR_FILENO, "allocated by\n", 13);
        backtrace_symbols_fd(stacks[i], frame_counts[i], STDERR_FILENO);
    }
    return total;
}
