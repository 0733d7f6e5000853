// bf16_tiles.h — F16 and BF16 panels on AMX: one instruction multiplies 16 rows by 16 outputs over 32 inputs, both as bf16.
//
// bf16 has 8 bits of precision; a number of more is cut into an upper part and a rest. An F16 weight, of 11 bits, is the
// sum of the two exactly, a BF16 weight has no rest, and an input, rounded twice, keeps 16 bits or more. The product of
// two rests is left out: together an error of some 4 · 10⁻⁶ of the result.
//
//     inputs  [16 rows][32 bf16]            as the rows lie, upper parts or rests
//     weights [16][16 outputs][2 bf16]      two neighbouring inputs side by side; made so from the panel, once for all rows
//     sums    [16 rows][16 outputs]         f32; two tiles of rows × two of outputs at a time, so that a load serves two
//
// Order of a sum: 32 inputs, as `tdpbf16ps` adds them (the even ones upward, the odd ones upward, each by `fused`; the sum
// of the two to the total): the weights' rests, then the upper parts of both, then the inputs' rests; so upward; then as
// `panel_finish`. Few rows go through the same tiles, in which then only so many rows are in use; or, where cutting takes
// longest, a lone one by hand in the same order.
// Work: 2·M·N·K operations, twice in BF16 and three times in F16; 16 cycles for 16,384 of them.

enum {
    // Inputs whose weights wait in L2: 64 KiB, with their rests 128.
    BF16_INPUTS = 1024,
    BF16_STEPS = BF16_INPUTS / 32,
    // Rows whose sums wait for the inputs behind those.
    BF16_CHUNK = 512,
    // How many steps ahead weights are cut: a tile is not loaded from stores under way. Where no row comes back to them,
    // the next steps' weights take their place while they are still in L1.
    BF16_AHEAD = 2,
    BF16_RING = 4,
    // Numbers of one tile of weights.
    BF16_TILE = 512,
};

INLINE void save_bf16(uint16_t *p, vec v) {
    const __m256bh rounded = _mm512_cvtneps_pbh(v);
    memcpy(p, &rounded, sizeof rounded);
}

// Rows, or with a gain their RMSNorm, as upper parts, nearest and ties to even, and behind these the rests, likewise.
static void round_bf16(const void *arguments, ptrdiff_t slice) {
    const ck_quantize *a = arguments;
    FOR_ROWS(a, slice) {
        const float *in = a->input + t * a->input_stride;
        uint16_t *upper = (uint16_t *)a->output + 2 * t * a->column_count, *rest = upper + a->column_count;
        const vec scale = a->gain ? inverse_rms(in, a->column_count, a->epsilon) : splat(1);
        for (ptrdiff_t k = 0; k < a->column_count; k += LANES) {
            const vec x = a->gain ? load(in + k) * scale * load(a->gain + k) : load(in + k);
            save_bf16(upper + k, x);
            save_bf16(rest + k, x - load_as(CK_BF16, (const char *)upper, k, 0));
        }
    }
}

// 32 inputs' weights of a panel as a tile, and behind two panels' tiles the tile of the rests. Asks for others in between:
// so many lines in one go would hold up the loads.
INLINE void cut_weights(const int type, const char *panel, uint16_t *tile, panels_ahead *ahead, ptrdiff_t lines) {
    UNROLL for (int pair = 0; pair < 16; pair++) {
        if (pair % 4 == 0) ask(ahead, 2, lines);
        const vec even = load_as(type, panel + 64 * pair, 0, 0), odd = load_as(type, panel + 64 * pair + 32, 0, 0);
        const uvec upper = 0xffff0000, even_upper = (uvec)even & upper, odd_upper = (uvec)odd & upper;
        const uvec both = even_upper >> 16 | odd_upper;
        memcpy(tile + 32 * pair, &both, sizeof both);
        if (type == CK_F16) {
            const uvec rests = (uvec)(even - (vec)even_upper) >> 16 | (uvec)(odd - (vec)odd_upper);
            memcpy(tile + 2 * BF16_TILE + 32 * pair, &rests, sizeof rests);
        }
    }
}

// Adds to the sums of tiles 0 … 3 the products of one tile of rows or of two with two panels' weights.
#define MULTIPLY_TILES(two) \
    do { \
        _tile_dpbf16ps(0, 4, 6); \
        _tile_dpbf16ps(1, 4, 7); \
        if (two) _tile_dpbf16ps(2, 5, 6); \
        if (two) _tile_dpbf16ps(3, 5, 7); \
    } while (0)
#define LOAD_INPUTS(two, offset) \
    do { \
        _tile_loadd(4, first + (offset), stride); \
        if (two) _tile_loadd(5, second + (offset), stride); \
    } while (0)
#define LOAD_WEIGHTS(tile) \
    do { \
        _tile_loadd(6, weights + BF16_TILE * (tile), 64); \
        _tile_loadd(7, weights + BF16_TILE * ((tile) + 1), 64); \
    } while (0)

// 32 inputs.
// - rests: how far behind the upper parts.
INLINE void multiply_bf16(
    const int type, const bool two, const uint16_t *first, const uint16_t *second, ptrdiff_t rests, ptrdiff_t stride,
    const uint16_t *weights) {
    LOAD_INPUTS(two, 0);
    if (type == CK_F16) {
        LOAD_WEIGHTS(2);
        MULTIPLY_TILES(two);
    }
    LOAD_WEIGHTS(0);
    MULTIPLY_TILES(two);
    LOAD_INPUTS(two, rests);
    MULTIPLY_TILES(two);
}

// What a column of tiles shares: two panels, cut as far as BF16_INPUTS inputs.
typedef struct {
    const char *panel[2];        // the inputs at hand
    uint16_t *weights;           // [step][rests][panel][16][16][2]
    ptrdiff_t step_count;
    ptrdiff_t ring;              // steps that `weights` has room for, a power of two
    ptrdiff_t input_count;
    bool goes_on;                // with the sums of the inputs before
    panels_ahead ahead;
} bf16_column;

INLINE void cut_step(const int type, bf16_column *c, ptrdiff_t step, ptrdiff_t lines) {
    const ptrdiff_t tiles = type == CK_F16 ? 4 : 2;
    uint16_t *weights = c->weights + (step & (c->ring - 1)) * tiles * BF16_TILE;
    UNROLL for (int j = 0; j < 2; j++)
        cut_weights(type, c->panel[j] + 1024 * step, weights + j * BF16_TILE, &c->ahead, (lines + 7) / 8);
}

// One tile of rows or two over the inputs at hand. The first rows of a column cut the weights on their way.
INLINE void bf16_rows_at_hand(
    const int type, const bool two, const bool cuts, bf16_column *c, const uint16_t *first, const uint16_t *second,
    ptrdiff_t lines, float (*sums)[256]) {
    const ptrdiff_t tiles = type == CK_F16 ? 4 : 2;
    if (c->goes_on) {
        _tile_loadd(0, sums[0], 64);
        _tile_loadd(1, sums[1], 64);
        if (two) {
            _tile_loadd(2, sums[2], 64);
            _tile_loadd(3, sums[3], 64);
        }
    } else {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
    }
    if (cuts) for (ptrdiff_t step = 0; step < smaller(BF16_AHEAD, c->step_count); step++)
        cut_step(type, c, step, 0);
    for (ptrdiff_t step = 0; step < c->step_count; step++) {
        if (cuts && step + BF16_AHEAD < c->step_count) cut_step(type, c, step + BF16_AHEAD, lines);
        else ask(&c->ahead, 2, lines);
        multiply_bf16(
            type, two, first + 32 * step, second + 32 * step, c->input_count, 4 * c->input_count,
            c->weights + (step & (c->ring - 1)) * tiles * BF16_TILE);
    }
    _tile_stored(0, sums[0], 64);
    _tile_stored(1, sums[1], 64);
    if (two) {
        _tile_stored(2, sums[2], 64);
        _tile_stored(3, sums[3], 64);
    }
}

// Rows m … end, at most BF16_CHUNK, over the panels v and v + 1, if the slice has both.
INLINE void bf16_tile_column(
    const int type, const ck_panels *a, const ck_panel_part *part, ptrdiff_t m, ptrdiff_t end, ptrdiff_t v,
    ptrdiff_t last) {
    const ptrdiff_t panel_bytes = 32 * a->input_count, tile_rows = smaller(TILE_ROWS, end);
    const char *panel = (const char *)part->panels + v * panel_bytes;
    _Alignas(64) uint16_t weights[BF16_STEPS * 4 * BF16_TILE];
    _Alignas(64) float sums[BF16_CHUNK / 32][4][256];
    bf16_column column = {
        .weights = weights, .input_count = a->input_count, .ring = end - m <= 32 ? BF16_RING : BF16_STEPS,
        .ahead = panels_from(part, vector_after(a, v, 2, last), 2, panel_bytes, end - m)};
    const ptrdiff_t lines = lines_per_step(&column.ahead, smaller(32, end - m), a->input_count / 32);
    for (ptrdiff_t k = 0; k < a->input_count; k += BF16_INPUTS) {
        column.panel[0] = panel + 32 * k;
        column.panel[1] = column.panel[0] + (v + 1 < last ? panel_bytes : 0);
        column.step_count = smaller(BF16_INPUTS, a->input_count - k) / 32;
        column.goes_on = k > 0;
        for (ptrdiff_t row = m; row < end; row += 32) {
            // The last tile begins among rows that are done already, rather than end behind the input.
            const bool two = row + 16 < end;
            const ptrdiff_t begin[2] = {smaller(row, end - tile_rows), end < row + 32 ? end - tile_rows : row + 16};
            const uint16_t *in = (const uint16_t *)a->input + k;
            const uint16_t *first = in + 2 * begin[0] * a->input_count, *second = in + 2 * begin[1] * a->input_count;
            float(*waiting)[256] = sums[(row - m) / 32];
            if (row > m && two) bf16_rows_at_hand(type, true, false, &column, first, second, lines, waiting);
            else if (row > m) bf16_rows_at_hand(type, false, false, &column, first, second, lines, waiting);
            else if (two) bf16_rows_at_hand(type, true, true, &column, first, second, lines, waiting);
            else bf16_rows_at_hand(type, false, true, &column, first, second, lines, waiting);
            if (k + BF16_INPUTS < a->input_count) continue;
            for (int i = 0; i < 32 && row + i < end; i++) {
                const ptrdiff_t in_tile = row + i - begin[i / 16];
                for (int j = 0; j < 2 && v + j < last; j++)
                    panel_finish(part, row + i, 16 * (v + j), load(waiting[i / 16 * 2 + j] + 16 * in_tile));
            }
        }
    }
}

// ---- One row of F16 weights by hand: what is cut goes straight into the products.

// Denormal operands and results are zeros, as in tiles; but not in what follows the sums.
enum { TINY_IS_ZERO = 0x8040 };

// The sums of row m over the panels v and v + 1.
static __attribute__((noinline)) void f16_one_row_sums(
    const ck_panels *a, const ck_panel_part *part, ptrdiff_t m, ptrdiff_t v, ptrdiff_t last, float (*sums)[16]) {
    const char *row = (const char *)((const uint16_t *)a->input + 2 * m * a->input_count);
    const ptrdiff_t panel_bytes = 32 * a->input_count, apart = v + 1 < last ? panel_bytes : 0;
    const char *panel = (const char *)part->panels + v * panel_bytes;
    panels_ahead ahead = panels_from(part, vector_after(a, v, 2, last), 2, panel_bytes, 1);
    const ptrdiff_t lines = (lines_per_step(&ahead, 1, a->input_count / 32) + 3) / 4;
    vec total[2] = {splat(0), splat(0)};
    for (ptrdiff_t k = 0; k < a->input_count; k += 32) {
        float upper[32], rest[32];
        UNROLL for (int s = 0; s < 32; s += LANES) {
            save(upper + s, load_as(CK_BF16, row, k, s));
            save(rest + s, load_as(CK_BF16, row, a->input_count + k, s));
        }
        // Of two panels, even and odd inputs.
        vec of_weights_rests[2][2], of_upper_parts[2][2], of_inputs_rests[2][2];
        UNROLL for (int i = 0; i < 4; i++)
            of_weights_rests[i / 2][i % 2] = of_upper_parts[i / 2][i % 2] = of_inputs_rests[i / 2][i % 2] = splat(0);
        UNROLL for (int n = 0; n < 32; n++) {
            const int odd = n % 2;
            if (n % 8 == 0) ask(&ahead, 2, lines);
            UNROLL for (int j = 0; j < 2; j++) {
                const vec weight = load_as(CK_F16, panel + j * apart + 32 * (k + n), 0, 0);
                const vec high = (vec)((uvec)weight & 0xffff0000), low = weight - high;
                of_weights_rests[j][odd] = fused(splat(upper[n]), low, of_weights_rests[j][odd]);
                of_upper_parts[j][odd] = fused(splat(upper[n]), high, of_upper_parts[j][odd]);
                of_inputs_rests[j][odd] = fused(splat(rest[n]), high, of_inputs_rests[j][odd]);
            }
        }
        UNROLL for (int j = 0; j < 2; j++) {
            total[j] += of_weights_rests[j][0] + of_weights_rests[j][1];
            total[j] += of_upper_parts[j][0] + of_upper_parts[j][1];
            total[j] += of_inputs_rests[j][0] + of_inputs_rests[j][1];
        }
    }
    save(sums[0], total[0]);
    save(sums[1], total[1]);
}

static void f16_one_row(
    const ck_panels *a, const ck_panel_part *part, ptrdiff_t m, ptrdiff_t end, ptrdiff_t v, ptrdiff_t last) {
    (void)end;  // m + 1
    const unsigned control = _mm_getcsr();
    for (; v < last; v += 2) {
        float sums[2][16];
        _mm_setcsr(control | TINY_IS_ZERO);
        f16_one_row_sums(a, part, m, v, last, sums);
        _mm_setcsr(control);
        for (int j = 0; j < 2 && v + j < last; j++) panel_finish(part, m, 16 * (v + j), load(sums[j]));
    }
}

#define BF16_TILE_ROWS(name, type) \
    static __attribute__((noinline)) void name( \
        const ck_panels *a, const ck_panel_part *part, ptrdiff_t m, ptrdiff_t end, ptrdiff_t v, ptrdiff_t last) { \
        for (; v < last; v += 2) bf16_tile_column(type, a, part, m, end, v, last); \
    }
BF16_TILE_ROWS(f16_tile_rows, CK_F16)
BF16_TILE_ROWS(bf16_tile_rows, CK_BF16)

static void bf16_panels(const void *arguments, ptrdiff_t slice) {
    const ck_panels *a = arguments;
    if (a->element_type == CK_F16 && a->row_count == 1) {
        panel_slice(f16_one_row, BF16_CHUNK, a, slice);
        return;
    }
    tile_shapes shapes = {.palette = 1};
    for (int tile = 0; tile < 8; tile++) {
        shapes.row_bytes[tile] = 64;
        shapes.rows[tile] = (uint8_t)(tile < 6 ? smaller(TILE_ROWS, a->row_count) : TILE_ROWS);
    }
    _tile_loadconfig(&shapes);
    panel_slice(a->element_type == CK_F16 ? f16_tile_rows : bf16_tile_rows, BF16_CHUNK, a, slice);
    _tile_release();
}
