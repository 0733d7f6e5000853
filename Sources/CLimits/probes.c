// probes.c — loops that do nothing useful, as fast as possible.
//
// Each keeps twelve independent accumulators, more than latency × throughput of any current core, and hides them from
// the optimiser with an empty asm, so that nothing is hoisted, merged or dropped.

#include "climits_probes.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TWELVE(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)

__attribute__((target("avx512f"))) static float read_avx512(const float *numbers, size_t count) {
    __m512 a = _mm512_setzero_ps(), b = a, c = a, d = a;
    size_t i = 0;
    for (; i + 64 <= count; i += 64) {
        a = _mm512_add_ps(a, _mm512_loadu_ps(numbers + i));
        b = _mm512_add_ps(b, _mm512_loadu_ps(numbers + i + 16));
        c = _mm512_add_ps(c, _mm512_loadu_ps(numbers + i + 32));
        d = _mm512_add_ps(d, _mm512_loadu_ps(numbers + i + 48));
    }
    return _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(a, b), _mm512_add_ps(c, d)));
}

__attribute__((target("avx2"))) static float read_avx2(const float *numbers, size_t count) {
    __m256 a = _mm256_setzero_ps(), b = a, c = a, d = a;
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        a = _mm256_add_ps(a, _mm256_loadu_ps(numbers + i));
        b = _mm256_add_ps(b, _mm256_loadu_ps(numbers + i + 8));
        c = _mm256_add_ps(c, _mm256_loadu_ps(numbers + i + 16));
        d = _mm256_add_ps(d, _mm256_loadu_ps(numbers + i + 24));
    }
    float lanes[8];
    _mm256_storeu_ps(lanes, _mm256_add_ps(_mm256_add_ps(a, b), _mm256_add_ps(c, d)));
    return lanes[0] + lanes[1] + lanes[2] + lanes[3] + lanes[4] + lanes[5] + lanes[6] + lanes[7];
}

__attribute__((target("avx512f"))) static double f32_avx512(int64_t rounds) {
    __m512 x = _mm512_set1_ps(0.999f), y = _mm512_set1_ps(1e-9f);
#define BEGIN(n) __m512 s##n = _mm512_set1_ps(1.0f + n);
    TWELVE(BEGIN)
#undef BEGIN
    for (int64_t round = 0; round < rounds; round++) {
#define STEP(n) s##n = _mm512_fmadd_ps(s##n, x, y); __asm__ volatile("" : "+v"(s##n));
        TWELVE(STEP)
#undef STEP
    }
    return (double)rounds * 12 * 16 * 2;
}

__attribute__((target("avx2,fma"))) static double f32_avx2(int64_t rounds) {
    __m256 x = _mm256_set1_ps(0.999f), y = _mm256_set1_ps(1e-9f);
#define BEGIN(n) __m256 s##n = _mm256_set1_ps(1.0f + n);
    TWELVE(BEGIN)
#undef BEGIN
    for (int64_t round = 0; round < rounds; round++) {
#define STEP(n) s##n = _mm256_fmadd_ps(s##n, x, y); __asm__ volatile("" : "+x"(s##n));
        TWELVE(STEP)
#undef STEP
    }
    return (double)rounds * 12 * 8 * 2;
}

__attribute__((target("avx512f,avx512vnni"))) static double int8_avx512(int64_t rounds) {
    __m512i x = _mm512_set1_epi8(3), y = _mm512_set1_epi8(5);
#define BEGIN(n) __m512i s##n = _mm512_set1_epi32(n);
    TWELVE(BEGIN)
#undef BEGIN
    for (int64_t round = 0; round < rounds; round++) {
#define STEP(n) s##n = _mm512_dpbusd_epi32(s##n, x, y); __asm__ volatile("" : "+v"(s##n));
        TWELVE(STEP)
#undef STEP
    }
    return (double)rounds * 12 * 64 * 2;
}

__attribute__((target("avx512f,avx512bf16"))) static double bf16_avx512(int64_t rounds) {
    __m512bh x = (__m512bh)_mm512_set1_epi16(0x3f00), y = (__m512bh)_mm512_set1_epi16(0x3f00);
#define BEGIN(n) __m512 s##n = _mm512_set1_ps(1.0f + n);
    TWELVE(BEGIN)
#undef BEGIN
    for (int64_t round = 0; round < rounds; round++) {
#define STEP(n) s##n = _mm512_dpbf16_ps(s##n, x, y); __asm__ volatile("" : "+v"(s##n));
        TWELVE(STEP)
#undef STEP
    }
    return (double)rounds * 12 * 32 * 2;
}

__attribute__((target("amx-tile,amx-int8"))) static double int8_amx(int64_t rounds) {
    struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } shapes = {.palette = 1};
    for (int tile = 0; tile < 8; tile++) shapes.row_bytes[tile] = 64, shapes.rows[tile] = 16;
    _tile_loadconfig(&shapes);  // and zeroes them
    for (int64_t round = 0; round < rounds; round++) {
        _tile_dpbssd(0, 4, 6);
        _tile_dpbssd(1, 4, 7);
        _tile_dpbssd(2, 5, 6);
        _tile_dpbssd(3, 5, 7);
    }
    _tile_release();
    return (double)rounds * 4 * 16 * 16 * 64 * 2;
}

/// vpmaddubsw, vpmaddwd and vpaddd: what AVX2 has in place of vpdpbusd.
__attribute__((target("avx2"))) static double int8_avx2(int64_t rounds) {
    __m256i x = _mm256_set1_epi8(3), y = _mm256_set1_epi8(5), one = _mm256_set1_epi16(1);
#define BEGIN(n) __m256i s##n = _mm256_set1_epi32(n);
    TWELVE(BEGIN)
#undef BEGIN
    for (int64_t round = 0; round < rounds; round++) {
#define STEP(n)                                                                                                \
    {                                                                                                          \
        __m256i product = _mm256_maddubs_epi16(x, y);                                                          \
        __asm__ volatile("" : "+x"(product));                                                                  \
        s##n = _mm256_add_epi32(s##n, _mm256_madd_epi16(product, one));                                        \
        __asm__ volatile("" : "+x"(s##n));                                                                     \
    }
        TWELVE(STEP)
#undef STEP
    }
    return (double)rounds * 12 * 32 * 2;
}
#endif

static float read_portable(const float *numbers, size_t count) {
    float a = 0, b = 0, c = 0, d = 0;
    for (size_t i = 0; i + 4 <= count; i += 4) {
        a += numbers[i];
        b += numbers[i + 1];
        c += numbers[i + 2];
        d += numbers[i + 3];
    }
    return a + b + c + d;
}

static double arithmetic_portable(int64_t rounds) {
    float a = 1, b = 2, c = 3, d = 4;
    for (int64_t round = 0; round < rounds; round++) {
        a = a * 0.999f + 1e-9f;
        b = b * 0.999f + 1e-9f;
        c = c * 0.999f + 1e-9f;
        d = d * 0.999f + 1e-9f;
        __asm__ volatile("" ::: "memory");
    }
    volatile float sink = a + b + c + d;
    (void)sink;
    return (double)rounds * 4 * 2;
}

float climits_read(const float *numbers, size_t count) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return read_avx512(numbers, count);
    if (__builtin_cpu_supports("avx2")) return read_avx2(numbers, count);
#endif
    return read_portable(numbers, count);
}

double climits_f32_operations(int64_t rounds) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return f32_avx512(rounds);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return f32_avx2(rounds);
#endif
    return arithmetic_portable(rounds);
}

double climits_bf16_operations(int64_t rounds) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512bf16")) return bf16_avx512(rounds);
#endif
    return climits_f32_operations(rounds);
}

double climits_int8_operations(int64_t rounds, int tiles) {
#if defined(__x86_64__)
    if (tiles) return int8_amx(rounds / 10);
    if (__builtin_cpu_supports("avx512vnni")) return int8_avx512(rounds);
    if (__builtin_cpu_supports("avx2")) return int8_avx2(rounds);
#endif
    return arithmetic_portable(rounds);
}
