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

// 4 integer sums, 4 totals, 2 vectors of weights, and what their products pass through.
#define PANEL_ROWS 2
#define PANEL_VECTORS 2
// 12 sums, 2 weights, an input; or 3 rows × 4 vectors.
#define FLOAT_PANEL_ROWS 6
#define FLOAT_PANEL_VECTORS 4
// `vpmaddubsw` adds two products in 16 bits: with Q8_0's weights as magnitudes, and their signs given to the input,
// they fit (2 · 128 · 127), so nothing is offset. Q4_0's fit as they are.
#define Q8_0_PANEL_OFFSET 0
#define SIGNED_PANEL(w) ((__m256i)(w) ^ _mm256_set1_epi8((char)0x80))
#define PAIRS_OF_BYTE_PRODUCTS(type, w, four) \
    ((type) == CK_Q4_0 \
        ? _mm256_maddubs_epi16((__m256i)(w), _mm256_set1_epi32(four)) \
        : _mm256_maddubs_epi16(_mm256_abs_epi8(SIGNED_PANEL(w)), \
                               _mm256_sign_epi8(_mm256_set1_epi32(four), SIGNED_PANEL(w))))
#define FOUR_BYTE_PRODUCTS(type, sum, w, four) \
    ((sum) + (ivec)_mm256_madd_epi16(PAIRS_OF_BYTE_PRODUCTS(type, w, four), _mm256_set1_epi16(1)))

// `vpmaddubsw` would saturate: the bytes are widened to 16 bits, whose pairs of products fit 32.
#define BYTES 16
#define ADD_BYTE_PRODUCTS(sum, row, query) \
    (sum) += (ivec)_mm256_madd_epi16(_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(row))), \
                                     _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(query))))

#include "template/all.h"
#endif
