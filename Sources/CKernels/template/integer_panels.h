// integer_panels.h — the tile of a product where weights are small integers and the input is rounded to such.
//
// Weights lie in panels of 16 outputs, unsigned (README.md draws one). A block of 32 inputs costs a tile, per row and
// vector of outputs: 8 × `add_byte_products`, then a conversion, a product of scales and a fused multiply-add.
//
// Order of a sum, whatever the tile: inside a block integers, exact in any order; then the blocks upward, each by one
// `fused`; then as `panel_finish`. No sum crosses lanes, so sets that fuse agree to the bit.
// Work: 2·M·N·K operations; a panel is read once for all the rows of a slice, from L1 or L2 after the first tile.

// Σ (w + offset) · a = Σ w · a + offset · Σ a: what the sum of a block must start from.
INLINE int32_t panel_offset(const int type) { return type == CK_Q4_0 ? 8 : Q8_0_PANEL_OFFSET; }

// Rounds rows to 8 bits, 32 numbers to a scale: x ≈ scale · integer, |integer| ≤ 127. A number that is not finite makes
// its block's scale NaN, so that the fault stays visible in its row.
// Four blocks at a time, which become every `apart`th of `out`: their peaks and sums are folded together, which costs a
// third of folding each.
INLINE void quantize_blocks(
    const int count, const float *in, const int32_t offset, ck_block *out, ptrdiff_t apart) {
    ivec peak_bits[4], total[4];
    UNROLL for (int i = 0; i < 4; i++) peak_bits[i] = total[i] = 0;
    // As integers, magnitudes are ordered as the numbers are, with ∞ and NaN above all.
    UNROLL for (int i = 0; i < count; i++) UNROLL for (int s = 0; s < 32; s += LANES)
        peak_bits[i] = LARGER_INTEGERS(peak_bits[i], (ivec)load(in + 32 * i + s) & 0x7fffffff);
    ivec4 peaks = largest_four(peak_bits);
    vec4 peak = (vec4)peaks;
    ivec4 is_zero = peaks == 0, is_finite = peaks < 0x7f800000;
    vec4 inverse = (vec4)((ivec4)(127.0f / peak) & ~is_zero);
    vec4 scale = (vec4)(((ivec4)(peak / 127.0f) & is_finite) | (0x7fc00000 & ~is_finite));
    UNROLL for (int i = 0; i < count; i++) UNROLL for (int s = 0; s < 32; s += LANES) {
        // Adding 1.5 · 2²³ leaves the nearest integer, ties to even, in the low bits.
        vec shifted = load(in + 32 * i + s) * splat(inverse[i]) + splat(0x1.8p23f);
        ivec integers = (ivec)shifted - (ivec)splat(0x1.8p23f);
        integers = __builtin_elementwise_max(__builtin_elementwise_min(integers, (ivec)127), (ivec)-127);
        total[i] += integers;
        i8vec narrow = __builtin_convertvector(integers, i8vec);
        memcpy(out[i * apart].integers + s, &narrow, sizeof narrow);
    }
    ivec4 start = -offset * sum_four(total);
    UNROLL for (int i = 0; i < count; i++) {
        out[i * apart].scale = scale[i];
        out[i * apart].start = start[i];
    }
}

INLINE void quantize_some(ptrdiff_t count, const float *in, const int32_t offset, ck_block *out, ptrdiff_t apart) {
    ptrdiff_t b = 0;
    for (; b + 4 <= count; b += 4) quantize_blocks(4, in + 32 * b, offset, out + b * apart, apart);
    for (; b < count; b++) quantize_blocks(1, in + 32 * b, offset, out + b * apart, apart);
}

static void quantize_rows(const void *arguments, ptrdiff_t slice) {
    const ck_quantize *a = arguments;
    const int32_t offset = panel_offset(a->element_type);
    FOR_ROWS(a, slice) {
        const float *in = a->input + t * a->input_stride;
        ck_block *out = (ck_block *)a->output + t * (a->column_count / 32);
        const vec scale = a->gain ? inverse_rms(in, a->column_count, a->epsilon) : splat(1);
        for (ptrdiff_t k = 0; k < a->column_count; k += 128) {
            const ptrdiff_t count = smaller(128, a->column_count - k);
            float normed[128];
            if (a->gain)
                for (ptrdiff_t i = 0; i < count; i += LANES)
                    save(normed + i, load(in + k + i) * scale * load(a->gain + k + i));
            quantize_some(count / 32, a->gain ? normed : in + k, offset, out + k / 32, 1);
        }
    }
}

// LANES outputs of some rows, `vectors` times: neighbouring vectors of outputs, which may lie in two panels.
INLINE void integer_tile(
    const int type, const int rows, const int vectors, const ck_panels *a, const ck_panel_part *part, ptrdiff_t m,
    ptrdiff_t v, panels_ahead *ahead) {
    enum { PER_PANEL = 16 / LANES };
    const ptrdiff_t block_count = a->input_count / 32;
    const ptrdiff_t block_bytes = type == CK_Q4_0 ? 256 : 512;
    const ptrdiff_t panel_bytes = block_count * (block_bytes + 32);
    const char *weight[PANEL_VECTORS], *weight_scale[PANEL_VECTORS];
    const ck_block *in[PANEL_ROWS];
    vec total[PANEL_ROWS][PANEL_VECTORS];
    UNROLL for (int j = 0; j < vectors; j++) {
        const char *panel = (const char *)part->panels + (v + j) / PER_PANEL * panel_bytes;
        const ptrdiff_t lane = (v + j) % PER_PANEL * LANES;
        weight[j] = panel + lane * 4;
        weight_scale[j] = panel + block_count * block_bytes + lane * 2;
    }
    UNROLL for (int i = 0; i < rows; i++) {
        in[i] = (const ck_block *)a->input + (m + i) * block_count;
        UNROLL for (int j = 0; j < vectors; j++) total[i][j] = splat(0);
    }

    ask_for_results(part, m, rows, v, vectors);
    const ptrdiff_t lines = lines_per_step(ahead, rows, block_count);
    for (ptrdiff_t b = 0; b < block_count; b++) {
        ask(ahead, vectors, lines);
        ivec sum[PANEL_ROWS][PANEL_VECTORS];
        UNROLL for (int i = 0; i < rows; i++)
            UNROLL for (int j = 0; j < vectors; j++) sum[i][j] = (ivec)in[i][b].start;
        if (type == CK_Q4_0) {
            // Inputs 4·g … 4·g + 3 lie in the low halves of the bytes, those 16 further in the high halves.
            UNROLL for (int g = 0; g < 4; g++) UNROLL for (int j = 0; j < vectors; j++) {
                bytes pairs = load_bytes(weight[j] + b * block_bytes + 64 * g);
                bytes low = pairs & 15, high = shift_nibbles(pairs) & 15;
                UNROLL for (int i = 0; i < rows; i++)
                    sum[i][j] = add_byte_products(CK_Q4_0, sum[i][j], low, in[i][b].integers + 4 * g);
                UNROLL for (int i = 0; i < rows; i++)
                    sum[i][j] = add_byte_products(CK_Q4_0, sum[i][j], high, in[i][b].integers + 4 * g + 16);
            }
        } else {
            UNROLL for (int g = 0; g < 8; g++) UNROLL for (int j = 0; j < vectors; j++) {
                bytes w = load_bytes(weight[j] + b * block_bytes + 64 * g);
                UNROLL for (int i = 0; i < rows; i++)
                    sum[i][j] = add_byte_products(CK_Q8_0, sum[i][j], w, in[i][b].integers + 4 * g);
            }
        }
        UNROLL for (int j = 0; j < vectors; j++) {
            vec s = LOAD_F16(weight_scale[j] + 32 * b);
            UNROLL for (int i = 0; i < rows; i++)
                total[i][j] = fused(__builtin_convertvector(sum[i][j], vec), s * splat(in[i][b].scale), total[i][j]);
        }
    }

    UNROLL for (int i = 0; i < rows; i++) UNROLL for (int j = 0; j < vectors; j++)
        panel_finish(part, m + i, (v + j) * LANES, total[i][j]);
}

// Rows m … end over some vectors of outputs.
INLINE void integer_column(
    const int type, const int vectors, const ck_panels *a, const ck_panel_part *part, ptrdiff_t m, ptrdiff_t end,
    ptrdiff_t v, ptrdiff_t next) {
    const ptrdiff_t vector_bytes = a->input_count / 32 * (type == CK_Q4_0 ? 288 : 544) * LANES / 16;
    panels_ahead ahead = panels_from(part, next, vectors, vector_bytes, end - m);
    for (; m + PANEL_ROWS <= end; m += PANEL_ROWS) integer_tile(type, PANEL_ROWS, vectors, a, part, m, v, &ahead);
    switch (end - m) {
#if PANEL_ROWS > 4
    case 5: integer_tile(type, 5, vectors, a, part, m, v, &ahead); break;
    case 4: integer_tile(type, 4, vectors, a, part, m, v, &ahead); break;
    case 3: integer_tile(type, 3, vectors, a, part, m, v, &ahead); break;
    case 2: integer_tile(type, 2, vectors, a, part, m, v, &ahead); break;
#endif
#if PANEL_ROWS > 1
    case 1: integer_tile(type, 1, vectors, a, part, m, v, &ahead); break;
#endif
    default: break;
    }
}

// Rows m … end over the vectors v … last.
#define INTEGER_ROWS(name, type) \
    static __attribute__((noinline)) void name( \
        const ck_panels *a, const ck_panel_part *part, ptrdiff_t m, ptrdiff_t end, ptrdiff_t v, ptrdiff_t last) { \
        for (; v + PANEL_VECTORS <= last; v += PANEL_VECTORS) \
            integer_column(type, PANEL_VECTORS, a, part, m, end, v, vector_after(a, v, PANEL_VECTORS, last)); \
        for (; v < last; v++) integer_column(type, 1, a, part, m, end, v, vector_after(a, v, 1, last)); \
    }
INTEGER_ROWS(q8_0_rows, CK_Q8_0)
INTEGER_ROWS(q4_0_rows, CK_Q4_0)
