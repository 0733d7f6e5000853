// openblas.h — OpenBLAS loaded at run time, so that its choice of CPU can be corrected before it starts.
#ifndef SWIFTLET_OPENBLAS_H
#define SWIFTLET_OPENBLAS_H
#include <stdbool.h>
#include <stddef.h>

/// Loads libopenblas.so.0 once, with one thread and, where it would misjudge the CPU, the right kernels.
/// Returns whether the library is there. Safe to call from any thread, any number of times; call it before other
/// threads read the environment.
bool swiftlet_openblas_load(void);

/// The loaded library's description of itself (version, kernels), or NULL.
const char *swiftlet_openblas_configuration(void);

/// out[M, N] = in[M, K] · W[N, K]ᵀ, added to out's old value if `accumulate`. Row-major, strides in numbers, f32.
/// - Requires `swiftlet_openblas_load()` to have returned true, and sizes and strides that fit an `int`.
void swiftlet_openblas_linear(
    const float *input, ptrdiff_t input_stride, const float *weight, ptrdiff_t weight_stride, float *output,
    ptrdiff_t output_stride, ptrdiff_t row_count, ptrdiff_t input_count, ptrdiff_t output_count, bool accumulate);

#endif
