// dispatch.c — which of the tables this CPU can run.
#define _GNU_SOURCE
#include "ckernels.h"

#if defined(__linux__) && defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>

// A process must ask for the registers of tiles: they are 8 KiB more to save of each of its threads.
static bool may_use_tiles(void) {
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
    static _Atomic(int) answer;  // 0: not asked yet
    if (answer == 0) answer = syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0 ? 1 : -1;
    return answer > 0;
}
#else
static bool may_use_tiles(void) { return false; }
#endif

extern const ck_table ck_portable_table;
#if defined(__x86_64__)
extern const ck_table ck_avx2_table, ck_avx512_table, ck_amx_table;
#endif

const ck_table *ck_table_for(int set) {
    if (set == CK_PORTABLE) return &ck_portable_table;
#if defined(__x86_64__)
    // Asks the operating system too: a CPU with AVX-512 under a kernel that does not save its registers has none.
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vnni");
    if (set == CK_AVX2 && avx2) return &ck_avx2_table;
    if (set == CK_AVX512 && avx512) return &ck_avx512_table;
    bool amx = avx512 && __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-int8")
        && __builtin_cpu_supports("amx-bf16") && __builtin_cpu_supports("avx512bf16");
    if (set == CK_AMX && amx && may_use_tiles()) return &ck_amx_table;
#endif
    return NULL;
}
