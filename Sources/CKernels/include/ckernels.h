// ckernels.h — the SIMD kernels, one header.
#ifndef SWIFTLET_CKERNELS_H
#define SWIFTLET_CKERNELS_H
#include <stdint.h>
#include <stddef.h>
#endif
