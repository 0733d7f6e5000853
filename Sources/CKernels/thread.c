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
    static _Thread_local cpu_set_t allowed;  // Before the first of the cores that are avoided now.
    static _Thread_local int avoids;
    if (!avoids && (core < 0 || sched_getaffinity(0, sizeof allowed, &allowed) != 0)) return;
    cpu_set_t others = allowed;
    avoids = core >= 0 && core < CPU_SETSIZE;
    if (avoids) CPU_CLR(core, &others);
    if (CPU_COUNT(&others) > 0) sched_setaffinity(0, sizeof others, &others);
}

long ck_preemptions(void) {
    static _Thread_local long before;
    struct rusage usage;
    if (getrusage(RUSAGE_THREAD, &usage) != 0) return 0;
    long since = usage.ru_nivcsw - before;
    before = usage.ru_nivcsw;
    return since;
}
