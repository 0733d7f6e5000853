// set_avx2.c — the templates for AVX2 with FMA and F16C (2013 and later): 8 lanes.
#if defined(__x86_64__)
#include <immintrin.h>

#define SET_TABLE ck_avx2_table
#define SET_NAME "avx2"
#define SET_TARGET "avx2,fma,f16c"
#define LANES 8
#define FUSED 1
// 12 sums, 3 inputs and a weight: all 16 registers.
#define LINEAR_ROWS 3
#define ATTENTION_VECTORS 2

#define SPLAT_F16(pointer) _mm256_cvtph_ps(_mm_set1_epi16(load_16_bits(pointer)))
#define LOAD_F16(pointer) _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(pointer)))
#define STORE_F16(pointer, v) \
    _mm_storeu_si128((__m128i *)(pointer), _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT))

// `vpmaddubsw` would saturate: the bytes are widened to 16 bits, whose pairs of products fit 32.
#define BYTES 16
#define ADD_BYTE_PRODUCTS(sum, row, query) \
    (sum) += (ivec)_mm256_madd_epi16(_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(row))), \
                                     _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(query))))

#include "template/all.h"
#endif
