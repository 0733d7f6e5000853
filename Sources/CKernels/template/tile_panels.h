// tile_panels.h — the integer panels on AMX: one instruction multiplies 16 rows by 16 outputs over a block of 32 inputs.
//
// A block's sums are integers, exact in any order, and are converted, scaled and added as `integer_tile` does, block by
// block upward: the bits are the same, so which tile takes a row is a matter of speed alone.
//
//     inputs  [16 rows][32 bytes]         as the rows lie, `stride` bytes apart
//     weights [8][16 outputs][4 bytes]    as a panel's block lies, but signed: made so once for all rows of a slice
//     sums    [16 rows][16 outputs]       int32; to L1 and back, since tiles are not read otherwise
//
// A tile's product takes 50 cycles to come out, so while a block is converted the next one is stored and the one behind
// that multiplied. Meanwhile one of the two ports for f32 products is closed: converting takes 48 cycles of the other, and
// the tile instructions vanish behind them.

enum {
    TILE_ROWS = 16,
    // Fewer rows than this go to `integer_tile`: at four a whole tile, of which some rows are thrown away, is faster.
    TILE_LEAST_ROWS = 4,
    // Blocks whose weights wait in L1, 32 KiB, and rows whose totals wait for the blocks behind those.
    TILE_BLOCKS = 64,
    TILE_CHUNK = 256,
    // How far ahead of its product's block weights are made signed: a tile is not loaded from stores under way.
    TILE_SIGNED = 4,
};

typedef struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_shapes;

// Tiles 0 and 1: sums; 2 and 3: inputs; 4 and 5: weights.
static const tile_shapes TILE_SHAPES = {
    .palette = 1, .row_bytes = {64, 64, 32, 32, 64, 64}, .rows = {16, 16, 16, 16, 8, 8}};

// A block of a panel as signed bytes, in Q8_0's order.
INLINE void signed_block(const int type, const char *block, int8_t *out) {
    bytes group[8];
    UNROLL for (int g = 0; g < 8; g++) {
        if (type == CK_Q8_0) group[g] = load_bytes(block + 64 * g) ^ 0x80;
        else {
            bytes pairs = load_bytes(block + 64 * (g & 3));
            group[g] = ((g < 4 ? pairs : shift_nibbles(pairs)) & 15) - 8;
        }
    }
    memcpy(out, group, sizeof group);
}

// Where the scales of 16 rows are found. Every fourth row is pointed at and the others counted from it: sixteen offsets
// would not fit the registers.
typedef struct {
    const char *every_fourth[TILE_ROWS / 4];
    ptrdiff_t stride, three_strides;
} tile_input;

INLINE float input_scale(const tile_input *in, const int i) {
    const char *fourth = in->every_fourth[i / 4];
    const char *block = i % 4 == 3 ? fourth + in->three_strides : fourth + i % 4 * in->stride;
    return ((const ck_block *)block)->scale;
}

// Some rows' sums of one block, as `integer_tile` adds them.
INLINE void add_tile_rows(
    const int first, const int last, const int32_t *sums, vec scales, const tile_input *in, vec *total) {
    UNROLL for (int i = first; i < last; i++) {
        ivec sum;
        memcpy(&sum, sums + 16 * i, sizeof sum);
        total[i] = fused(__builtin_convertvector(sum, vec), scales * splat(input_scale(in, i)), total[i]);
        // Row by row: the compiler would rather begin them all, which takes more registers than there are.
        __asm__ volatile("" : "+v"(total[i]));
    }
}

// Numbers of tiles must be literals.
#define TILE_PRODUCT(t, b) \
    do { \
        _tile_zero(t); \
        _tile_loadd(2 + t, first_row + (b), in.stride); \
        _tile_loadd(4 + t, weights + 512 * (b), 64); \
        _tile_dpbssd(t, 2 + t, 4 + t); \
    } while (0)
#define TILE_STORE(t) _tile_stored(t, sums[t], 64)
// Adds block b, whose sums are stored; meanwhile stores the next block's, multiplies the one behind that and, for the
// first rows of a column, makes one further on signed.
#define TILE_STEP(t, other, b) \
    do { \
        ask(ahead, 1, lines); \
        if (stored && b + TILE_SIGNED < block_count) \
            signed_block(type, stored + block_bytes * (b + TILE_SIGNED), weights + 512 * (b + TILE_SIGNED)); \
        if (b + 2 < block_count) TILE_PRODUCT(t, b + 2); \
        const vec scales = LOAD_F16(weight_scales + 32 * (b)); \
        add_tile_rows(0, 8, sums[t], scales, &in, total); \
        if (b + 1 < block_count) TILE_STORE(other); \
        add_tile_rows(8, TILE_ROWS, sums[t], scales, &in, total); \
        UNROLL for (int i = 0; i < TILE_ROWS / 4; i++) in.every_fourth[i] += sizeof(ck_block); \
    } while (0)

// Adds some blocks of 16 rows and 16 outputs to their totals.
// - stored: the blocks as they lie in the panel, or NULL: `weights` has them already.
INLINE void tile_sums(
    const int type, const ck_block *first_row, ptrdiff_t row_blocks, const char *stored, int8_t *weights,
    const char *weight_scales, ptrdiff_t block_count, vec *total, panels_ahead *ahead) {
    const ptrdiff_t block_bytes = type == CK_Q4_0 ? 256 : 512;
    _Alignas(64) int32_t sums[2][16 * TILE_ROWS];
    tile_input in = {.stride = row_blocks * (ptrdiff_t)sizeof(ck_block)};
    in.three_strides = 3 * in.stride;
    for (int i = 0; i < TILE_ROWS / 4; i++) in.every_fourth[i] = (const char *)(first_row + 4 * i * row_blocks);
    const ptrdiff_t lines = lines_per_step(ahead, TILE_ROWS, row_blocks);
    if (stored) for (ptrdiff_t b = 0; b < smaller(TILE_SIGNED, block_count); b++)
        signed_block(type, stored + block_bytes * b, weights + 512 * b);
    TILE_PRODUCT(0, 0);
    if (block_count > 1) TILE_PRODUCT(1, 1);
    TILE_STORE(0);
    ptrdiff_t b = 0;
    for (; b + 3 < block_count; b += 2) {
        TILE_STEP(0, 1, b);
        TILE_STEP(1, 0, b + 1);
    }
    TILE_STEP(0, 1, b);
    if (b + 1 < block_count) TILE_STEP(1, 0, b + 1);
    if (b + 2 < block_count) TILE_STEP(0, 1, b + 2);
}

// Rows m … end, at least 16, over panel v.
INLINE void tile_column(
    const int type, const ck_panels *a, const ck_panel_part *part, ptrdiff_t m, ptrdiff_t end, ptrdiff_t v,
    ptrdiff_t next) {
    const ptrdiff_t row_blocks = a->input_count / 32, block_bytes = type == CK_Q4_0 ? 256 : 512;
    const ptrdiff_t panel_bytes = row_blocks * (block_bytes + 32);
    const char *panel = (const char *)part->panels + v * panel_bytes;
    panels_ahead ahead = panels_from(part, next, 1, panel_bytes, end - m);
    _Alignas(64) int8_t weights[TILE_BLOCKS * 512];
    float unfinished[TILE_CHUNK / TILE_ROWS][TILE_ROWS][LANES];
    for (ptrdiff_t b = 0; b < row_blocks; b += TILE_BLOCKS) {
        const ptrdiff_t block_count = smaller(TILE_BLOCKS, row_blocks - b);
        const char *stored = panel + b * block_bytes, *scales = panel + row_blocks * block_bytes + 32 * b;
        for (ptrdiff_t row = m; row < end; row += TILE_ROWS) {
            // The last tile begins among rows that are done already, rather than end behind the input.
            const ptrdiff_t first = smaller(row, end - TILE_ROWS);
            float(*waiting)[LANES] = unfinished[(row - m) / TILE_ROWS];
            vec total[TILE_ROWS];
            UNROLL for (int i = 0; i < TILE_ROWS; i++) total[i] = b > 0 ? load(waiting[i]) : splat(0);
            const ck_block *in = (const ck_block *)a->input + first * row_blocks + b;
            if (b + block_count == row_blocks) ask_for_results(part, first, TILE_ROWS, v, 1);
            tile_sums(type, in, row_blocks, row == m ? stored : NULL, weights, scales, block_count, total, &ahead);
            if (b + block_count < row_blocks) UNROLL for (int i = 0; i < TILE_ROWS; i++) save(waiting[i], total[i]);
            else UNROLL for (int i = 0; i < TILE_ROWS; i++)
                if (first + i >= row) panel_finish(part, first + i, v * LANES, total[i]);
        }
    }
}
static __attribute__((noinline)) void q8_0_tile_column(
    const ck_panels *a, const ck_panel_part *part, ptrdiff_t m, ptrdiff_t end, ptrdiff_t v, ptrdiff_t next) {
    tile_column(CK_Q8_0, a, part, m, end, v, next);
}
static __attribute__((noinline)) void q4_0_tile_column(
    const ck_panels *a, const ck_panel_part *part, ptrdiff_t m, ptrdiff_t end, ptrdiff_t v, ptrdiff_t next) {
    tile_column(CK_Q4_0, a, part, m, end, v, next);
}

// Rows m … end over the panels v … last. The few that make no tile go as without AMX, behind every second panel: its
// weights are at hand then, while those of a whole slice may have left L2.
static void tile_rows(
    const ck_panels *a, const ck_panel_part *part, ptrdiff_t m, ptrdiff_t end, ptrdiff_t v, ptrdiff_t last) {
    ck_panels at_hand = *a;
    at_hand.thread_count = 0;
    for (ptrdiff_t stop; m < end; m = stop) {
        stop = smaller(m + TILE_CHUNK, end);
        ptrdiff_t rest = stop - m < TILE_ROWS ? stop - m : (stop - m) % TILE_ROWS;
        if (rest >= TILE_LEAST_ROWS && stop - m > TILE_ROWS) rest = 0;
        for (ptrdiff_t pair = v; pair < last; pair += 2) {
            const ptrdiff_t pair_end = smaller(pair + 2, last);
            for (ptrdiff_t panel = pair; panel < pair_end && rest < stop - m; panel++)
                (a->element_type == CK_Q4_0 ? q4_0_tile_column : q8_0_tile_column)(
                    a, part, m, stop - rest, panel, vector_after(a, panel, 1, last));
            if (rest > 0) rows_for(a->element_type)(&at_hand, part, stop - rest, stop, pair, pair_end);
        }
    }
}

// One tile and a few rows more are best taken by `integer_tile` alone.
INLINE bool fills_tiles(ptrdiff_t rows) {
    return rows >= TILE_ROWS && (rows == TILE_ROWS || rows >= TILE_ROWS + TILE_LEAST_ROWS);
}

// A thread's tiles are taken into use for a slice only: while they are, switching to another thread saves 8 KiB more.
static void tile_panels(const void *arguments, ptrdiff_t slice) {
    const ck_panels *a = arguments;
    if (!is_integer(a->element_type) || !fills_tiles(a->row_count)) {
        panels(arguments, slice);
        return;
    }
    _tile_loadconfig(&TILE_SHAPES);
    panel_slice(tile_rows, rows_at_hand(a), a, slice);
    _tile_release();
}

static void tile_gated(const void *arguments, ptrdiff_t slice) {
    const ck_gated *a = arguments;
    if (!fills_tiles(a->product.row_count)) {
        gated(arguments, slice);
        return;
    }
    _tile_loadconfig(&TILE_SHAPES);
    gated_slice(tile_rows, a, slice);
    _tile_release();
}
