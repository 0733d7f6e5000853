// thread.c — what Swift cannot say about threads: GNU extensions and macros.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include "ckernels.h"

void ck_name_thread(const char *name) {
#if defined(__linux__)
    pthread_setname_np(pthread_self(), name);
#else
    (void)name;
#endif
}

int ck_core(void) { return sched_getcpu(); }

void ck_avoid_core(int core) {
    static _Thread_local cpu_set_t allowed;
    static _Thread_local int is_known;
    if (!is_known && sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    is_known = 1;
    cpu_set_t others = allowed;
    if (core >= 0 && core < CPU_SETSIZE) CPU_CLR(core, &others);
    if (CPU_COUNT(&others) > 0) sched_setaffinity(0, sizeof others, &others);
}

long ck_preemption_count(void) {
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nivcsw : 0;
}
