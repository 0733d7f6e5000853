// panels.h — out[M, N] = in[M, K] · W[N, K]ᵀ with weights in panels of 16 outputs (README.md draws one): how the work
// is cut. The tiles are in integer_panels.h and float_panels.h.
//
// A panel is read once for all the rows of a slice, from L1 or L2 after the first tile: two panels stay there while the
// rows stream by.

// LANES sums of row m: + bias, then + the output's old value.
static __attribute__((noinline)) void panel_add(const ck_panel_part *part, float *out, ptrdiff_t n, vec result) {
    const ptrdiff_t lanes = smaller(LANES, part->output_count - n);
    if (lanes <= 0) return;  // the last panel is filled up with zeros
    if (part->bias) result += load_lanes(part->bias + n, lanes);
    if (part->accumulate) result += load_lanes(out, lanes);
    save_lanes(out, result, lanes);
}
INLINE void panel_finish(const ck_panel_part *part, ptrdiff_t m, ptrdiff_t n, vec result) {
    float *out = part->output + m * part->output_stride + n;
    if (part->bias || part->accumulate || n + LANES > part->output_count) panel_add(part, out, n, result);
    else save(out, result);
}

// Asks for the lines that a tile's results go to, and are added to, while its sums are taken: the rows of an output lie
// far apart, and after other products, attention or a norm no longer in L1.
INLINE void ask_for_results(const ck_panel_part *part, ptrdiff_t m, const int rows, ptrdiff_t v, const int vectors) {
    UNROLL for (int i = 0; i < rows; i++) UNROLL for (int j = 0; j < vectors; j++)
        __builtin_prefetch(part->output + (m + i) * part->output_stride + (v + j) * LANES, 1);
}

// Weights that are asked for while others are multiplied: those of the thread's next vectors of outputs, which lie
// right behind, or, after a slice, behind the slices that the other threads will take. Panels are too short for the
// processor to notice that they follow each other. The tiles of all rows share the asking evenly, each as much as it has
// rows, so that memory works all the time: in one go the lines would wait for each other.
typedef struct {
    const char *next;
    ptrdiff_t vector_bytes;
    ptrdiff_t line_count;        // 64 bytes each, of every vector; 0: nothing is asked for
    ptrdiff_t left;              // of them, and half as many of those behind, which are wanted soon after
    ptrdiff_t row_count;         // of all the tiles
} panels_ahead;

// - next: number of the vector that follows; negative: none.
INLINE panels_ahead panels_from(
    const ck_panel_part *part, ptrdiff_t next, int vectors, ptrdiff_t vector_bytes, ptrdiff_t row_count) {
    // Very long panels the processor notices, and they would push each other out of L2.
    const bool asks = next >= 0 && vectors * vector_bytes <= 256 << 10;
    const ptrdiff_t lines = asks ? vector_bytes / 64 : 0;
    const char *weights = (const char *)part->panels + next * vector_bytes;
    return (panels_ahead){weights, vector_bytes, lines, lines * 3 / 2, row_count};
}

// How many lines of each vector a tile of some rows must ask for in each of its steps.
INLINE ptrdiff_t lines_per_step(const panels_ahead *ahead, ptrdiff_t rows, ptrdiff_t step_count) {
    return (ahead->line_count * rows + ahead->row_count * step_count - 1) / (ahead->row_count * step_count);
}

INLINE void ask(panels_ahead *ahead, const int vectors, ptrdiff_t lines) {
    lines = smaller(lines, ahead->left);
    ahead->left -= lines;
    for (ptrdiff_t i = 0; i < lines; i++, ahead->next += 64)
        UNROLL for (int j = 0; j < vectors; j++) __builtin_prefetch(ahead->next + j * ahead->vector_bytes, 0, 2);
}

// A column is some rows' tiles over the same vectors. The number of the vector that the thread takes after vectors v …
// of a slice that ends with `last`; −1 where it takes the same again.
INLINE ptrdiff_t vector_after(const ck_panels *a, ptrdiff_t v, ptrdiff_t vectors, ptrdiff_t last) {
    if (a->thread_count == 0) return -1;
    const ptrdiff_t others = (a->thread_count - 1) * a->panels_per_slice * (16 / LANES);
    return v + vectors < last ? v + vectors : last + others;
}

// Every tile's rows divide this.
enum { WHOLE_TILES = 48 };

INLINE bool is_integer(int32_t type) { return type == CK_Q8_0 || type == CK_Q4_0; }

#include "integer_panels.h"
#include "float_panels.h"

// What takes rows m … end over the vectors v … last of a part.
typedef void panel_rows(
    const ck_panels *a, const ck_panel_part *part, ptrdiff_t m, ptrdiff_t end, ptrdiff_t v, ptrdiff_t last);

INLINE panel_rows *rows_for(int32_t type) {
    switch (type) {
    case CK_Q4_0: return q4_0_rows;
    case CK_Q8_0: return q8_0_rows;
    case CK_F16: return f16_rows;
    case CK_BF16: return bf16_rows;
    default: return f32_rows;
    }
}

// Rows in chunks while all the panels of the slice pass over them.
static void panel_slice(panel_rows *rows, ptrdiff_t chunk, const ck_panels *a, ptrdiff_t slice) {
    const ck_panel_part *part = a->part;
    while (slice >= part->slice_count) slice -= part++->slice_count;
    const ptrdiff_t begin = slice * a->panels_per_slice * (16 / LANES);
    const ptrdiff_t end =
        smaller(begin + a->panels_per_slice * (16 / LANES), (part->output_count + LANES - 1) / LANES);
    for (ptrdiff_t m = 0; m < a->row_count; m += chunk)
        rows(a, part, m, smaller(m + chunk, a->row_count), begin, end);
}

// So many rows stay in L2.
INLINE ptrdiff_t rows_at_hand(const ck_panels *a) {
    const ptrdiff_t row_bytes =
        is_integer(a->element_type) ? a->input_count / 32 * (ptrdiff_t)sizeof(ck_block) : a->input_count * 4;
    return larger((768 << 10) / row_bytes / WHOLE_TILES, 1) * WHOLE_TILES;
}

static void panels(const void *arguments, ptrdiff_t slice) {
    const ck_panels *a = arguments;
    panel_slice(rows_for(a->element_type), rows_at_hand(a), a, slice);
}

// ---- Gate and up

// Rows whose products wait in L1 for each other.
enum { GATED_ROWS = WHOLE_TILES };

static void gated_slice(panel_rows *take_rows, const ck_gated *a, ptrdiff_t slice) {
    const ptrdiff_t blocks = a->product.part->output_count / 32, row_blocks = a->product.input_count / 32;
    const ptrdiff_t pair_bytes = row_blocks * (a->product.element_type == CK_Q4_0 ? 576 : 1088);
    const ptrdiff_t first = slice * a->product.panels_per_slice / 2;
    const ptrdiff_t last = smaller(first + a->product.panels_per_slice / 2, blocks);
    float result[2][GATED_ROWS * 32];
    for (ptrdiff_t b = first; b < last; b++) {
        ck_panels product = a->product;
        for (ptrdiff_t m = 0; m < a->product.row_count; m += GATED_ROWS) {
            const ptrdiff_t rows = smaller(GATED_ROWS, a->product.row_count - m);
            product.input = (const ck_block *)a->product.input + m * row_blocks;
            // What follows: the same weights, this slice's next, or those behind what the other threads take.
            product.thread_count = m + rows < a->product.row_count ? 0 : b + 1 < last ? 1 : a->product.thread_count;
            for (int i = 0; i < 2; i++) {
                ck_panel_part part = a->product.part[i];
                part.panels = (const char *)part.panels + b * pair_bytes;
                part.bias = part.bias ? part.bias + b * 32 : NULL;
                part.output = result[i];
                part.output_stride = part.output_count = 32;
                take_rows(&product, &part, 0, rows, 0, 32 / LANES);
            }
            for (ptrdiff_t i = 0; i < rows * 32; i += LANES) {
                const vec gate = load(result[0] + i);
                save(result[0] + i, (a->gelu ? gelu_by_tanh(gate) : silu(gate)) * load(result[1] + i));
            }
            quantize_some(rows, result[0], panel_offset(a->output_type), a->output + m * blocks + b, blocks);
        }
    }
}

static void gated(const void *arguments, ptrdiff_t slice) {
    const ck_gated *a = arguments;
    gated_slice(rows_for(a->product.element_type), a, slice);
}
