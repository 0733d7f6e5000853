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
static void quantize_rows(const void *arguments, ptrdiff_t slice) {
    const ck_quantize *a = arguments;
    const int32_t offset = panel_offset(a->element_type);
    FOR_ROWS(a, slice) {
        const float *in = a->input + t * a->input_stride;
        ck_block *out = a->output + t * (a->column_count / 32);
        for (const float *end = in + a->column_count; in < end; in += 32, out++) {
            vec largest = splat(0), invalid = splat(0);
            UNROLL for (int s = 0; s < 32; s += LANES) {
                vec x = load(in + s);
                largest = __builtin_elementwise_max(largest, __builtin_elementwise_abs(x));
                invalid += x * splat(0);  // 0, or NaN for ±∞ and NaN
            }
            float peak = __builtin_reduce_max(largest);
            vec inverse = splat(peak > 0 ? 127.0f / peak : 0);
            ivec total = 0;
            UNROLL for (int s = 0; s < 32; s += LANES) {
                // Adding 1.5 · 2²³ leaves the nearest integer, ties to even, in the low bits.
                vec shifted = load(in + s) * inverse + splat(0x1.8p23f);
                ivec integers = (ivec)shifted - (ivec)splat(0x1.8p23f);
                integers = __builtin_elementwise_max(__builtin_elementwise_min(integers, (ivec)127), (ivec)-127);
                total += integers;
                i8vec narrow = __builtin_convertvector(integers, i8vec);
                memcpy(out->integers + s, &narrow, sizeof narrow);
            }
            out->scale = peak / 127.0f + fold(invalid);
            out->start = -offset * __builtin_reduce_add(total);
        }
    }
}

// LANES outputs of some rows, `vectors` times: neighbouring vectors of outputs, which may lie in two panels.
INLINE void integer_tile(
    const int type, const int rows, const int vectors, const ck_panels *a, const ck_panel_part *part, ptrdiff_t m,
    ptrdiff_t v) {
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

    for (ptrdiff_t b = 0; b < block_count; b++) {
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
    ptrdiff_t v) {
    for (; m + PANEL_ROWS <= end; m += PANEL_ROWS) integer_tile(type, PANEL_ROWS, vectors, a, part, m, v);
    switch (end - m) {
#if PANEL_ROWS > 4
    case 5: integer_tile(type, 5, vectors, a, part, m, v); break;
    case 4: integer_tile(type, 4, vectors, a, part, m, v); break;
#endif
#if PANEL_ROWS > 2
    case 3: integer_tile(type, 3, vectors, a, part, m, v); break;
    case 2: integer_tile(type, 2, vectors, a, part, m, v); break;
#endif
    case 1: integer_tile(type, 1, vectors, a, part, m, v); break;
    default: break;
    }
}

// Rows m … end over the vectors v … last.
INLINE void integer_rows(
    const int type, const ck_panels *a, const ck_panel_part *part, ptrdiff_t m, ptrdiff_t end, ptrdiff_t v,
    ptrdiff_t last) {
    for (; v + PANEL_VECTORS <= last; v += PANEL_VECTORS) integer_column(type, PANEL_VECTORS, a, part, m, end, v);
    for (; v < last; v++) integer_column(type, 1, a, part, m, end, v);
}
