// vector.h — a vector of LANES numbers: loads that convert, the fused product, the fold, the exponential.
#include <math.h>
#include <string.h>

#include "ckernels.h"

#define INLINE static inline __attribute__((always_inline))
// The small loops over a tile must vanish, so that its sums live in registers.
#define UNROLL _Pragma("clang loop unroll(full)")

typedef float vec __attribute__((ext_vector_type(LANES)));
typedef int32_t ivec __attribute__((ext_vector_type(LANES)));
typedef uint32_t uvec __attribute__((ext_vector_type(LANES)));
typedef uint16_t u16vec __attribute__((ext_vector_type(LANES)));
typedef int8_t i8vec __attribute__((ext_vector_type(LANES)));
typedef float vec4 __attribute__((ext_vector_type(4)));

INLINE ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
INLINE ptrdiff_t larger(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }
INLINE vec splat(float x) { return (vec)x; }
INLINE vec choose(ivec mask, vec yes, vec no) { return (vec)((mask & (ivec)yes) | (~mask & (ivec)no)); }

INLINE ivec lane_numbers(void) {
    ivec numbers;
    UNROLL for (int l = 0; l < LANES; l++) numbers[l] = l;
    return numbers;
}

// a · b + c: one rounding where the CPU has the instruction, two in the portable set.
INLINE vec fused(vec a, vec b, vec c) {
#if FUSED
    return __builtin_elementwise_fma(a, b, c);
#else
    return a * b + c;
#endif
}

// ---- Memory. Tails are whole vectors padded with zeros: the last numbers of a row go through the same arithmetic.

INLINE vec load(const float *p) { vec v; memcpy(&v, p, sizeof v); return v; }
INLINE int16_t load_16_bits(const void *p) { int16_t bits; memcpy(&bits, p, sizeof bits); return bits; }
INLINE void save(float *p, vec v) { memcpy(p, &v, sizeof v); }
INLINE vec load_some(const float *p, ptrdiff_t n) { vec v = 0; memcpy(&v, p, (size_t)n * sizeof *p); return v; }
INLINE void save_some(float *p, vec v, ptrdiff_t n) { memcpy(p, &v, (size_t)n * sizeof *p); }

// LANES stored numbers as f32: numbers k + s … of a row, k a multiple of 32 if the type is Q8_0, and s + LANES ≤ 32.
// Every conversion is exact, also Q8_0's: an 8-bit integer times an 11-bit scale fits 24 bits. So a product equals the
// f32 product of the dequantised weights, bit for bit.
INLINE vec load_as(const int type, const char *row, ptrdiff_t k, ptrdiff_t s) {
    if (type == CK_F32) {
        vec numbers;  // by memcpy from bytes: tensors in files may lie at odd addresses
        memcpy(&numbers, row + 4 * (k + s), sizeof numbers);
        return numbers;
    }
    if (type == CK_F16) return LOAD_F16(row + 2 * (k + s));
    if (type == CK_BF16) {
        u16vec bits;
        memcpy(&bits, row + 2 * (k + s), sizeof bits);
        return (vec)(__builtin_convertvector(bits, uvec) << 16);
    }
    const char *block = row + k / 32 * 34;
    i8vec integers;
    memcpy(&integers, block + 2 + s, sizeof integers);
    return __builtin_convertvector(integers, vec) * SPLAT_F16(block);
}

// The first n < LANES of them, zeros after. Q8_0 rows have no tail: a block is a whole number of vectors.
INLINE vec load_some_as(const int type, const char *row, ptrdiff_t k, ptrdiff_t n) {
    const size_t bytes = type == CK_F32 ? 4 : 2;
    char padded[sizeof(vec)] = {0};
    memcpy(padded, row + bytes * (size_t)k, bytes * (size_t)n);
    return load_as(type, padded, 0, 0);
}

// ---- Fold: the sum of the lanes of four vectors at once. Each is folded in halves, lane l + lane l + LANES/2, down
// to one number; an addition's operands commute, so folding four together gives the bits of folding one.

#if LANES == 16
INLINE vec4 fold_to_4(vec v) {
    typedef float vec8 __attribute__((ext_vector_type(8)));
    vec8 h = v.lo + v.hi;
    return h.lo + h.hi;
}
#elif LANES == 8
INLINE vec4 fold_to_4(vec v) { return v.lo + v.hi; }
#else
INLINE vec4 fold_to_4(vec v) { return v; }
#endif

INLINE vec4 fold_four(vec a, vec b, vec c, vec d) {
    vec4 a4 = fold_to_4(a), b4 = fold_to_4(b), c4 = fold_to_4(c), d4 = fold_to_4(d);
    vec4 ab = __builtin_shufflevector(a4, b4, 0, 1, 4, 5) + __builtin_shufflevector(a4, b4, 2, 3, 6, 7);
    vec4 cd = __builtin_shufflevector(c4, d4, 0, 1, 4, 5) + __builtin_shufflevector(c4, d4, 2, 3, 6, 7);
    return __builtin_shufflevector(ab, cd, 0, 2, 4, 6) + __builtin_shufflevector(ab, cd, 1, 3, 5, 7);
}

typedef int32_t ivec4 __attribute__((ext_vector_type(4)));

// The same tree over integers, where any order gives the same result: `join` is `+` or the maximum.
#define JOIN_HALVES_4(name, join) \
    INLINE ivec4 name##_to_4(ivec v) { \
        ivec4 r = __builtin_shufflevector(v, v, 0, 1, 2, 3); \
        UNROLL for (int l = 4; l < LANES; l += 4) { \
            ivec4 next; \
            memcpy(&next, (const char *)&v + 4 * l, sizeof next); \
            r = join(r, next); \
        } \
        return r; \
    } \
    INLINE ivec4 name##_four(const ivec *v) { \
        ivec4 a = name##_to_4(v[0]), b = name##_to_4(v[1]), c = name##_to_4(v[2]), d = name##_to_4(v[3]); \
        ivec4 ab = join(__builtin_shufflevector(a, b, 0, 1, 4, 5), __builtin_shufflevector(a, b, 2, 3, 6, 7)); \
        ivec4 cd = join(__builtin_shufflevector(c, d, 0, 1, 4, 5), __builtin_shufflevector(c, d, 2, 3, 6, 7)); \
        return join(__builtin_shufflevector(ab, cd, 0, 2, 4, 6), __builtin_shufflevector(ab, cd, 1, 3, 5, 7)); \
    }
#define ADD_INTEGERS(a, b) ((a) + (b))
#define LARGER_INTEGERS(a, b) __builtin_elementwise_max(a, b)
JOIN_HALVES_4(sum, ADD_INTEGERS)
JOIN_HALVES_4(largest, LARGER_INTEGERS)

INLINE float fold(vec v) {
    vec4 f = fold_to_4(v);
    return (f.x + f.z) + (f.y + f.w);
}

// The largest lane of numbers.
INLINE float largest_lane(vec v) {
    vec4 r = -INFINITY;
    UNROLL for (int l = 0; l < LANES; l += 4) {
        vec4 next;
        memcpy(&next, (const char *)&v + 4 * l, sizeof next);
        r = next > r ? next : r;
    }
    r = r.zwxy > r ? r.zwxy : r;
    return r.x > r.y ? r.x : r.y;
}

// ---- The exponential: e^x = 2^n · e^r, n the nearest integer to x / ln 2, |r| ≤ ln 2 / 2.
// e^r ≈ 1 + r + r² · q(r), q of degree 4 with the least maximal relative error, 3.6e-9 (0.06 half-units in the last
// place); the coefficients are our own fit. The whole stays within 1 unit in the last place, 2 in the portable set.
// Below −104 the result is 0, above 88.73 infinity, and a NaN stays a NaN.
INLINE vec exponential(vec x) {
    const float magic = 0x1.8p23f;  // adding it leaves the nearest integer in the low bits
    x = x < splat(-104.0f) ? splat(-104.0f) : x;
    x = x > splat(89.0f) ? splat(89.0f) : x;
    vec shifted = fused(x, splat(0x1.715476p+0f), splat(magic));
    vec n = shifted - splat(magic);
    // ln 2 in two parts; n times the first, 15 bits long, is exact.
    vec r = fused(n, splat(-0x1.62e4p-1f), x);
    r = fused(n, splat(-0x1.7f7d1cp-20f), r);
    vec q = splat(0x1.6a23ccp-10f);
    q = fused(q, r, splat(0x1.123a2p-7f));
    q = fused(q, r, splat(0x1.5558f2p-5f));
    q = fused(q, r, splat(0x1.555492p-3f));
    q = fused(q, r, splat(0x1.fffffcp-2f));
    vec e = fused(q * r, r, r) + splat(1.0f);
#if defined(TIMES_POWER_OF_2)
    return TIMES_POWER_OF_2(e, n);
#else
    // 2^n in two factors: n itself may be below the smallest exponent while the product is a subnormal number.
    ivec exponent = (ivec)shifted - (ivec)splat(magic), half = exponent >> 1;
    return e * (vec)((half + 127) << 23) * (vec)((exponent - half + 127) << 23);
#endif
}

// ---- Bytes: LANES groups of four unsigned weights, and their products with four signed inputs.

typedef uint8_t bytes __attribute__((ext_vector_type(4 * LANES)));

INLINE bytes load_bytes(const void *p) { bytes v; memcpy(&v, p, sizeof v); return v; }
// The high half of every byte, with bits of its neighbour above.
INLINE bytes shift_nibbles(bytes v) {
    typedef uint16_t words __attribute__((ext_vector_type(2 * LANES)));
    return (bytes)((words)v >> 4);
}

// sum[l] + Σ weights[4·l + j] · inputs[j].
INLINE ivec add_byte_products(const int type, ivec sum, bytes weights, const int8_t *inputs) {
    int32_t four;
    memcpy(&four, inputs, sizeof four);
#if defined(FOUR_BYTE_PRODUCTS)
    return FOUR_BYTE_PRODUCTS(type, sum, weights, four);
#else
    (void)type;
    for (int j = 0; j < 4; j++) sum += (ivec)((uvec)weights >> 8 * j & 255) * (int32_t)inputs[j];
    return sum;
#endif
}
