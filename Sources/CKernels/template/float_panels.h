// float_panels.h — the tile of a product with f32, f16 or bf16 weights in panels: for every input k, 16 numbers of 16
// outputs (README.md).
//
// Order of a sum, whatever the tile: the products k = 0, 1, 2, … upward, each by `fused`; then as `panel_finish`. No
// sum crosses lanes and the conversions are exact, so sets that fuse agree to the bit.
// Work: 2·M·N·K operations. An input k costs a tile `vectors` loads of weights, `rows` broadcasts, rows · vectors
// multiply-adds: 14 loads to 24 multiply-adds in AVX-512's large tile.

INLINE void float_tile(
    const int type, const int rows, const int vectors, const ck_panels *a, const ck_panel_part *part, ptrdiff_t m,
    ptrdiff_t v, panels_ahead *ahead) {
    enum { PER_PANEL = 16 / LANES };
    const ptrdiff_t number_bytes = type == CK_F32 ? 4 : 2;
    const char *weight[FLOAT_PANEL_VECTORS];
    const float *in[FLOAT_PANEL_ROWS];
    vec total[FLOAT_PANEL_ROWS][FLOAT_PANEL_VECTORS];
    UNROLL for (int j = 0; j < vectors; j++)
        weight[j] = (const char *)part->panels
            + number_bytes * (16 * a->input_count * ((v + j) / PER_PANEL) + (v + j) % PER_PANEL * LANES);
    UNROLL for (int i = 0; i < rows; i++) {
        in[i] = (const float *)a->input + (m + i) * a->input_stride;
        UNROLL for (int j = 0; j < vectors; j++) total[i][j] = splat(0);
    }

    const ptrdiff_t lines = lines_per_step(ahead, rows, (a->input_count + 7) / 8);
    for (ptrdiff_t k = 0; k < a->input_count; k++) {
        if (k % 8 == 0) ask(ahead, vectors, lines);
        vec w[FLOAT_PANEL_VECTORS];
        UNROLL for (int j = 0; j < vectors; j++) w[j] = load_as(type, weight[j] + 16 * number_bytes * k, 0, 0);
        UNROLL for (int i = 0; i < rows; i++) {
            vec x = splat(in[i][k]);
            UNROLL for (int j = 0; j < vectors; j++) total[i][j] = fused(x, w[j], total[i][j]);
        }
    }

    UNROLL for (int i = 0; i < rows; i++) UNROLL for (int j = 0; j < vectors; j++)
        panel_finish(part, m + i, (v + j) * LANES, total[i][j]);
}

// 16 rows are two tiles of 8 instead of 12 and 4: each asks for half of the next weights, with the same time for it.
INLINE bool splits_evenly(ptrdiff_t rows) { return FLOAT_PANEL_ROWS == 12 && rows == 16; }

// Rows m … end over some vectors of outputs.
INLINE void float_column(
    const int type, const int vectors, const ck_panels *a, const ck_panel_part *part, ptrdiff_t m, ptrdiff_t end,
    ptrdiff_t v, ptrdiff_t next) {
    const ptrdiff_t vector_bytes = a->input_count * (type == CK_F32 ? 4 : 2) * LANES;
    panels_ahead ahead = panels_from(part, next, vectors, vector_bytes, end - m);
    if (vectors <= 2) {
        for (; m + FLOAT_PANEL_ROWS <= end && !splits_evenly(end - m); m += FLOAT_PANEL_ROWS)
            float_tile(type, FLOAT_PANEL_ROWS, vectors, a, part, m, v, &ahead);
#if FLOAT_PANEL_ROWS > 8
        for (; m + 8 <= end; m += 8) float_tile(type, 8, vectors, a, part, m, v, &ahead);
#endif
#if FLOAT_PANEL_ROWS > 4
        for (; m + 4 <= end; m += 4) float_tile(type, 4, vectors, a, part, m, v, &ahead);
#endif
    }
    switch (end - m) {
    case 3: float_tile(type, 3, vectors, a, part, m, v, &ahead); break;
    case 2: float_tile(type, 2, vectors, a, part, m, v, &ahead); break;
    case 1: float_tile(type, 1, vectors, a, part, m, v, &ahead); break;
    default: break;
    }
}

// Rows m … end over the vectors v … last. Few rows have few sums: more vectors at a time keep the multipliers busy while
// a sum waits for itself.
#define FLOAT_ROWS(name, type) \
    static __attribute__((noinline)) void name( \
        const ck_panels *a, const ck_panel_part *part, ptrdiff_t m, ptrdiff_t end, ptrdiff_t v, ptrdiff_t last) { \
        if (end - m <= 3) \
            for (; v + FLOAT_PANEL_VECTORS <= last; v += FLOAT_PANEL_VECTORS) \
                float_column( \
                    type, FLOAT_PANEL_VECTORS, a, part, m, end, v, vector_after(a, v, FLOAT_PANEL_VECTORS, last)); \
        for (; v + 2 <= last; v += 2) float_column(type, 2, a, part, m, end, v, vector_after(a, v, 2, last)); \
        for (; v < last; v++) float_column(type, 1, a, part, m, end, v, vector_after(a, v, 1, last)); \
    }
FLOAT_ROWS(f32_rows, CK_F32)
FLOAT_ROWS(f16_rows, CK_F16)
FLOAT_ROWS(bf16_rows, CK_BF16)
