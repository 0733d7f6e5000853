// quants.h — GGML's small-block and super-block formats as f32: blocks of a row, and products over rows so expanded.
// Layouts: ggml's block structs (ggml-common.h) and their reference decoding (ggml-quants.c). All little-endian.
//
// A block shares a scale; a super-block of 256 numbers holds 8 or 16 groups whose scales are small integers, times one
// f16. Every number is scale · integer (+ or − offset). Integer · scale fits 24 bits everywhere but in Q6_K, so
// at most one operation rounds, and these loops give ggml's bits however the compiler vectorises them. Integers are
// collected before they are scaled, so that it does: three to five times the speed of the super-blocks with few rows.

INLINE float f16_at(const uint8_t *p) { return SPLAT_F16(p)[0]; }

// ---- Blocks of 32: number j and number j + 16 share a byte.

static void expand_q4_0(const uint8_t *block, float *out) {
    const float scale = f16_at(block);
    const uint8_t *pairs = block + 2;
    for (int j = 0; j < 16; j++) {
        out[j] = scale * (float)((pairs[j] & 15) - 8);
        out[j + 16] = scale * (float)((pairs[j] >> 4) - 8);
    }
}

static void expand_q4_1(const uint8_t *block, float *out) {
    const float scale = f16_at(block), least = f16_at(block + 2);
    const uint8_t *pairs = block + 4;
    for (int j = 0; j < 16; j++) {
        out[j] = scale * (float)(pairs[j] & 15) + least;
        out[j + 16] = scale * (float)(pairs[j] >> 4) + least;
    }
}

// The fifth bits of all 32 numbers stand in one word.
INLINE void five_bits(const uint8_t *word, const uint8_t *pairs, int32_t *out) {
    uint32_t high;
    memcpy(&high, word, sizeof high);
    for (int j = 0; j < 16; j++) {
        out[j] = (int32_t)((pairs[j] & 15) | (high >> j & 1) << 4);
        out[j + 16] = (int32_t)((pairs[j] >> 4) | (high >> (j + 16) & 1) << 4);
    }
}

static void expand_q5_0(const uint8_t *block, float *out) {
    const float scale = f16_at(block);
    int32_t integers[32];
    five_bits(block + 2, block + 6, integers);
    for (int j = 0; j < 32; j++) out[j] = scale * (float)(integers[j] - 16);
}

static void expand_q5_1(const uint8_t *block, float *out) {
    const float scale = f16_at(block), least = f16_at(block + 2);
    int32_t integers[32];
    five_bits(block + 4, block + 8, integers);
    for (int j = 0; j < 32; j++) out[j] = scale * (float)integers[j] + least;
}

static void expand_q8_0(const uint8_t *block, float *out) {
    const float scale = f16_at(block);
    for (int j = 0; j < 32; j++) out[j] = scale * (float)(int8_t)block[2 + j];
}

// The 16 levels of the IQ4 formats, denser near zero.
static const int8_t iq4_levels[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

INLINE void expand_levels(float scale, const uint8_t *pairs, float *out) {
    for (int j = 0; j < 16; j++) {
        out[j] = scale * (float)iq4_levels[pairs[j] & 15];
        out[j + 16] = scale * (float)iq4_levels[pairs[j] >> 4];
    }
}

static void expand_iq4_nl(const uint8_t *block, float *out) { expand_levels(f16_at(block), block + 2, out); }

// ---- Super-blocks of 256.

// 8 groups of 32; a group's scale has 6 bits: 4 in `low`, 2 in `high`, and counts from −32.
static void expand_iq4_xs(const uint8_t *block, float *out) {
    const float scale = f16_at(block);
    const uint8_t *low = block + 4, *pairs = block + 8;
    const uint32_t high = (uint32_t)(block[2] | block[3] << 8);
    for (int g = 0; g < 8; g++) {
        int six = (low[g / 2] >> 4 * (g % 2) & 15) | (int)(high >> 2 * g & 3) << 4;
        expand_levels(scale * (float)(six - 32), pairs + 16 * g, out + 32 * g);
    }
}

// Q4_K and Q5_K: 8 groups; scale and minimum of a group have 6 bits each, packed into 12 bytes. The first four groups
// lie in the low 6 bits of bytes 0–3 and 4–7; of the last four, the low halves in bytes 8–11, the top bits above those.
INLINE void scale_and_minimum(const uint8_t *p, int g, int *scale, int *minimum) {
    if (g < 4) {
        *scale = p[g] & 63;
        *minimum = p[g + 4] & 63;
    } else {
        *scale = (p[g + 4] & 15) | p[g - 4] >> 6 << 4;
        *minimum = p[g + 4] >> 4 | p[g] >> 6 << 4;
    }
}

// Groups 2i and 2i + 1 are the low and high halves of the same 32 bytes; `fifth` has bit g for group g, or is NULL.
INLINE void expand_groups(const uint8_t *block, const uint8_t *fifth, const uint8_t *nibbles, float *out) {
    const float scale = f16_at(block), minimum = f16_at(block + 2);
    for (int g = 0; g < 8; g++) {
        int s, m;
        scale_and_minimum(block + 4, g, &s, &m);
        const float group_scale = scale * (float)s, group_minimum = minimum * (float)m;
        const uint8_t *q = nibbles + 32 * (g / 2);
        int32_t integers[32];
        for (int j = 0; j < 32; j++)
            integers[j] = (q[j] >> 4 * (g % 2) & 15) | (fifth ? (fifth[j] >> g & 1) << 4 : 0);
        for (int j = 0; j < 32; j++) out[32 * g + j] = group_scale * (float)integers[j] - group_minimum;
    }
}

static void expand_q4_k(const uint8_t *block, float *out) { expand_groups(block, NULL, block + 16, out); }
static void expand_q5_k(const uint8_t *block, float *out) { expand_groups(block, block + 16, block + 48, out); }

// 16 groups of 16. Four low bits in `low`, two high ones in `high`; the integers count from −32.
static void expand_q6_k(const uint8_t *block, float *out) {
    const float scale = f16_at(block + 208);
    const int8_t *scales = (const int8_t *)block + 192;
    for (int quarter = 0; quarter < 8; quarter++) {  // 32 numbers, two groups
        const int half = quarter / 4, part = quarter % 4;
        const uint8_t *low = block + 64 * half + 32 * (part % 2), *high = block + 128 + 32 * half;
        int32_t integers[32];
        for (int j = 0; j < 32; j++)
            integers[j] = ((low[j] >> 4 * (part / 2) & 15) | (high[j] >> 2 * part & 3) << 4) - 32;
        for (int g = 0; g < 2; g++) {
            const float group_scale = scale * (float)scales[2 * quarter + g];
            for (int j = 0; j < 16; j++) out[32 * quarter + 16 * g + j] = group_scale * (float)integers[16 * g + j];
        }
    }
}

// 16 groups of 16, each with a scale and a minimum of 4 bits.
static void expand_q2_k(const uint8_t *block, float *out) {
    const float scale = f16_at(block + 80), minimum = f16_at(block + 82);
    for (int g = 0; g < 16; g++) {
        const float group_scale = scale * (float)(block[g] & 15), group_minimum = minimum * (float)(block[g] >> 4);
        const uint8_t *q = block + 16 + 32 * (g / 8) + 16 * (g % 2);
        const int shift = 2 * (g / 2 % 4);
        for (int j = 0; j < 16; j++) out[16 * g + j] = group_scale * (float)(q[j] >> shift & 3) - group_minimum;
    }
}

// 16 groups of 16, scales of 6 bits counting from −32. A number has two low bits and one high bit, which adds 4; they
// count from −4.
static void expand_q3_k(const uint8_t *block, float *out) {
    const float scale = f16_at(block + 108);
    const uint8_t *scales = block + 96;
    for (int g = 0; g < 16; g++) {
        int low = g < 8 ? scales[g] & 15 : scales[g - 8] >> 4;
        int six = low | (scales[8 + g % 4] >> 2 * (g / 4) & 3) << 4;
        const float group_scale = scale * (float)(six - 32);
        const uint8_t *high = block + 16 * (g % 2), *q = block + 32 + 32 * (g / 8) + 16 * (g % 2);
        const int shift = 2 * (g / 2 % 4), bit = g / 2;
        for (int j = 0; j < 16; j++) {
            int integer = (q[j] >> shift & 3) | (high[j] >> bit & 1) << 2;
            out[16 * g + j] = group_scale * (float)(integer - 4);
        }
    }
}

// ---- Rows

#define EXPAND_BLOCKS(name, bytes, numbers) \
    for (ptrdiff_t k = 0; k < count; k += (numbers), row += (bytes)) name(row, out + k)

// A row of `count` numbers, a whole number of blocks, of one of this file's types.
static void expand_row(int type, const uint8_t *row, float *out, ptrdiff_t count) {
    switch (type) {
    case CK_Q8_0: EXPAND_BLOCKS(expand_q8_0, 34, 32); break;
    case CK_Q4_0: EXPAND_BLOCKS(expand_q4_0, 18, 32); break;
    case CK_Q4_1: EXPAND_BLOCKS(expand_q4_1, 20, 32); break;
    case CK_Q5_0: EXPAND_BLOCKS(expand_q5_0, 22, 32); break;
    case CK_Q5_1: EXPAND_BLOCKS(expand_q5_1, 24, 32); break;
    case CK_IQ4_NL: EXPAND_BLOCKS(expand_iq4_nl, 18, 32); break;
    case CK_IQ4_XS: EXPAND_BLOCKS(expand_iq4_xs, 136, 256); break;
    case CK_Q2_K: EXPAND_BLOCKS(expand_q2_k, 84, 256); break;
    case CK_Q3_K: EXPAND_BLOCKS(expand_q3_k, 110, 256); break;
    case CK_Q4_K: EXPAND_BLOCKS(expand_q4_k, 144, 256); break;
    case CK_Q5_K: EXPAND_BLOCKS(expand_q5_k, 176, 256); break;
    case CK_Q6_K: EXPAND_BLOCKS(expand_q6_k, 210, 256); break;
    }
}

// ---- The product: a few weight rows at a time become f32 and go through the f32 product of `linear.h`, for all rows
// of the batch. So the order of sums, and every bit, is that of f32 weights of the same values. A weight is expanded
// once per step, whatever the number of rows.

static void linear_slice_f32(const ck_linear *a, ptrdiff_t slice);

static void linear_expanded(const ck_linear *a, ptrdiff_t slice) {
    // 256 KiB of stack; in practice the part that is used, 4 rows of K, stays in L2.
    float weights[CK_MAXIMUM_EXPANDED_WIDTH];
    const ptrdiff_t begin = slice * a->outputs_per_slice;
    const ptrdiff_t end = smaller(begin + a->outputs_per_slice, a->output_count);
    const ptrdiff_t group = smaller(4, CK_MAXIMUM_EXPANDED_WIDTH / larger(a->input_count, 1));
    for (ptrdiff_t n = begin; n < end; n += group) {
        ck_linear part = *a;
        part.output_count = part.outputs_per_slice = smaller(group, end - n);
        for (ptrdiff_t j = 0; j < part.output_count; j++)
            expand_row(
                a->element_type, (const uint8_t *)a->weight + (size_t)(n + j) * a->weight_stride,
                weights + j * a->input_count, a->input_count);
        part.element_type = CK_F32;
        part.weight = weights;
        part.weight_stride = (size_t)a->input_count * sizeof *weights;
        part.output = a->output + n;
        part.bias = a->bias ? a->bias + n : NULL;
        linear_slice_f32(&part, 0);
    }
}
