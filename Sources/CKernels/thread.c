// thread.c — the one thing about threads that Swift cannot say: their names are a GNU extension.
#define _GNU_SOURCE
#include <pthread.h>

#include "ckernels.h"

void ck_name_thread(const char *name) {
#if defined(__linux__)
    pthread_setname_np(pthread_self(), name);
#else
    (void)name;
#endif
}
