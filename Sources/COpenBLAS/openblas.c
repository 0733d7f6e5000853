// openblas.c — dlopen instead of linking: OpenBLAS reads its variables while it loads, before any constructor of ours.
// Debian 12's 0.3.21 takes newer AVX-512 CPUs for Haswell, at half the speed.
#define _POSIX_C_SOURCE 200809L  // setenv
#include "openblas.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, TRANSPOSE = 112 };  // CBLAS's own numbers

typedef void sgemm_function(
    int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
    const float *b, int ldb, float beta, float *c, int ldc);

static sgemm_function *sgemm;
static const char *configuration;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    // The user's own settings win (overwrite = 0).
    setenv("OPENBLAS_NUM_THREADS", "1", 0);
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
#endif
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    // Debian's alternatives may put the 32-bit-integer build here only; the 64-bit one has another name.
    sgemm = (sgemm_function *)dlsym(library, "cblas_sgemm");
    const char *(*describe)(void) = (const char *(*)(void))dlsym(library, "openblas_get_config");
    if (describe) configuration = describe();
}

bool swiftlet_openblas_load(void) {
    pthread_once(&once, load);
    return sgemm != NULL;
}

const char *swiftlet_openblas_configuration(void) { return configuration; }

void swiftlet_openblas_linear(
    const float *input, ptrdiff_t input_stride, const float *weight, ptrdiff_t weight_stride, float *output,
    ptrdiff_t output_stride, ptrdiff_t row_count, ptrdiff_t input_count, ptrdiff_t output_count, bool accumulate) {
    sgemm(
        ROW_MAJOR, NO_TRANSPOSE, TRANSPOSE, (int)row_count, (int)output_count, (int)input_count, 1, input,
        (int)input_stride, weight, (int)weight_stride, accumulate ? 1 : 0, output, (int)output_stride);
}
