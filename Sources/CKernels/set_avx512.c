// set_avx512.c — the templates for AVX-512: 16 lanes, fused multiply-add, f16 conversion in hardware; and the same with
// integer products of many rows by AMX.
#if defined(__x86_64__)
#include <immintrin.h>

#define SET_TABLE ck_avx512_table
#define SET_NAME "avx512"
#define SET_TARGET "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c,avx512bf16,amx-tile,amx-int8,amx-bf16"
// The table that takes AMX where it can; the compiler itself never does.
#define TILE_TABLE ck_amx_table
#define LANES 16
#define FUSED 1
// 24 sums, 6 inputs and a weight: 31 of 32 registers.
#define LINEAR_ROWS 6
// 4 queries × 4 vectors: 16 sums.
#define ATTENTION_VECTORS 4

#define SPLAT_F16(pointer) _mm512_cvtph_ps(_mm256_set1_epi16(load_16_bits(pointer)))
#define LOAD_F16(pointer) _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(pointer)))
#define STORE_F16(pointer, v) \
    _mm256_storeu_si256((__m256i *)(pointer), _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC))

#define TIMES_POWER_OF_2(v, n) _mm512_scalef_ps(v, n)

// 12 integer sums, 12 totals and 2 vectors of weights.
#define PANEL_ROWS 6
#define PANEL_VECTORS 2
// 24 sums, 2 weights, an input; or 3 rows × 4 vectors.
#define FLOAT_PANEL_ROWS 12
#define FLOAT_PANEL_VECTORS 4
// `vpdpbusd` takes the weights unsigned: 128 is in them.
#define Q8_0_PANEL_OFFSET 128
#define FOUR_BYTE_PRODUCTS(type, sum, w, four) \
    (ivec)_mm512_dpbusd_epi32((__m512i)(sum), (__m512i)(w), _mm512_set1_epi32(four))

// Four products of bytes into each 32-bit sum: 64 numbers in one instruction.
#define BYTES 64
#define ADD_BYTE_PRODUCTS(sum, row, query) \
    (sum) = (ivec)_mm512_dpbusd_epi32((__m512i)(sum), _mm512_loadu_si512(row), _mm512_loadu_si512(query))

#include "template/all.h"
#endif
