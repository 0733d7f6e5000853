// dispatch.c — which of the three tables this CPU can run.
#include "ckernels.h"

extern const ck_table ck_portable_table;
#if defined(__x86_64__)
extern const ck_table ck_avx2_table, ck_avx512_table;
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
#endif
    return NULL;
}
