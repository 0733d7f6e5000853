// ckernels.h — the SIMD kernels behind one header.
// Every operation is a *slice function*: it takes its arguments by pointer and the number of the slice to compute,
// so that a thread pool can hand slices out in any order. Slices never share an output element, and no sum crosses
// a slice: how the work is cut, and who does it, cannot change a bit. README.md tells the order of every sum.
#ifndef SWIFTLET_CKERNELS_H
#define SWIFTLET_CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Element types; the same codes as Kernels.ElementType. Those from CK_Q4_0 on are expanded to f32 (quants.h).
enum {
    CK_F32 = 0, CK_F16 = 1, CK_BF16 = 2, CK_Q8_0 = 3, CK_Q4_0 = 4, CK_Q4_1 = 5, CK_Q5_0 = 6, CK_Q5_1 = 7,
    CK_Q4_K = 8, CK_Q5_K = 9, CK_Q6_K = 10, CK_Q2_K = 11, CK_Q3_K = 12, CK_IQ4_NL = 13, CK_IQ4_XS = 14,
    CK_ELEMENT_TYPES = 15
};
// The widest row of those types that a product takes: the room of its scratch on the stack.
enum { CK_MAXIMUM_EXPANDED_WIDTH = 65536 };

// Attention's fixed absolute segments: positions 0…255, 256…511, …
enum { CK_SEGMENT = 256 };
// The widest head the attention scratch on the stack has room for.
enum { CK_MAXIMUM_HEAD_WIDTH = 256 };

// out[M, N] = in[M, K] · W[N, K]ᵀ, then + bias[N], then + out's old value if accumulate.
// Slice s covers outputs [s · outputs_per_slice, …) of all rows.
typedef struct {
    const float *input;          // [M, K]
    ptrdiff_t input_stride;      // numbers between rows
    const void *weight;          // [N, K], any alignment
    size_t weight_stride;        // bytes between rows
    float *output;               // [M, N]
    ptrdiff_t output_stride;
    const float *bias;           // [N] or NULL
    ptrdiff_t row_count;         // M
    ptrdiff_t input_count;       // K; a whole number of blocks
    ptrdiff_t output_count;      // N
    ptrdiff_t outputs_per_slice;
    int32_t element_type;
    bool accumulate;
} ck_linear;

// 32 inputs rounded to 8 bits: x ≈ scale · integer.
typedef struct {
    int8_t integers[32];
    float scale;
    int32_t start;               // what the block's integer sum starts from: −(offset of the weights) · Σ integers
} ck_block;

// Rounds rows, as `panels` or `bf16_panels` want them; with a gain, their RMSNorm. Slice s covers rows [s · rows_per_slice, …).
typedef struct {
    const float *input;          // [T, K]
    ptrdiff_t input_stride;
    void *output;                // ck_block [T, K/32], or bf16 [T, 2, K]: upper parts, rests
    ptrdiff_t row_count, column_count, rows_per_slice;
    int32_t element_type;        // of the weights: CK_Q8_0 or CK_Q4_0; bf16 takes no notice of it
    const float *gain;           // [K], or NULL: no norm
    float epsilon;
} ck_quantize;

// Several matrices times the same rows: a layer's queries, keys and values are one job. Slice s covers some
// panels of one part and all rows.
typedef struct {
    const void *panels;          // [⌈N/16⌉] panels of 16 outputs (README.md)
    float *output;               // [M, N]
    ptrdiff_t output_stride;
    const float *bias;           // [N] or NULL
    ptrdiff_t output_count;      // N
    ptrdiff_t slice_count;
    bool accumulate;
} ck_panel_part;
typedef struct {
    const void *input;           // ck_block [M, K/32] for CK_Q8_0 and CK_Q4_0, K a multiple of 32; else f32 [M, K];
                                 // in `bf16_panels` bf16 [M, 2, K], K a multiple of 32
    ptrdiff_t input_stride;      // of f32 rows
    ptrdiff_t row_count;         // M
    ptrdiff_t input_count;       // K
    ptrdiff_t panels_per_slice;
    ptrdiff_t thread_count;      // that share the job: says only which weights to ask memory for
    int32_t element_type;        // CK_Q8_0, CK_Q4_0, CK_F32, CK_F16 or CK_BF16
    const ck_panel_part *part;
} ck_panels;

// activation(gate · in) · (up · in), rounded for the product that follows: both products of 32 outputs stay in L1 until
// they have become a block. Slice s covers panels_per_slice panels, an even number, of both matrices and all rows.
typedef struct {
    ck_panels product;           // CK_Q8_0 or CK_Q4_0; two parts of N outputs, a multiple of 32, without `output`
    ck_block *output;            // [M, N/32]
    int32_t output_type;         // of the weights of the product that follows
    bool gelu;                   // gelu by its tanh formula; else silu
} ck_gated;

// Row operations: out[T, D] from a[T, D] and b[T, D], whose numbers only operations with two operands use; the norms
// take a vector b[D], or for layer_norm the two rows b[2, D].
// Slice s covers rows [s · rows_per_slice, …). Output may be an operand.
typedef struct {
    const float *a;
    ptrdiff_t a_stride;
    const float *b;
    ptrdiff_t b_stride;
    float *output;
    ptrdiff_t output_stride;
    ptrdiff_t row_count, column_count, rows_per_slice;
    float epsilon;               // the norms only
    float factor;                // scale only
    float cap;                   // soft_cap only
} ck_rows;

// Rotates the first 2 · pair_count numbers of every head of every row, in place.
typedef struct {
    float *rows;                 // [T, H · K]
    ptrdiff_t stride;
    const int32_t *position;     // [T]
    const float *cosine, *sine;  // [positions, pair_count]
    ptrdiff_t row_count, head_count, head_width, pair_count, rows_per_slice;
    bool adjacent;               // pairs (2i, 2i+1) instead of (i, i + pair_count)
} ck_rotary;

// Rows of a matrix as f32: out[t] = table[index[t]].
typedef struct {
    const void *table;
    size_t table_stride;         // bytes
    const int32_t *index;
    float *output;
    ptrdiff_t output_stride, row_count, column_count, rows_per_slice;
    int32_t element_type;
} ck_gather;

// An element type of the cache alone: int8, with one f32 scale per token and KV head.
enum { CK_INT8 = 100 };

// One layer of the paged cache. Inside a block and KV head the keys lie feature by feature, [P, G, K, C], so that a
// vector holds one feature of neighbouring tokens; the values token by token, [P, G, C, K]. In an int8 cache the C
// scales of a block and KV head stand behind its K · C integers, among the keys and among the values.
typedef struct {
    void *keys, *values;
    int32_t element_type;        // CK_F16, CK_F32 or CK_INT8
    int32_t tokens_per_block;    // C: 16, 32, 64, 128 or 256
    ptrdiff_t block_count;       // P
    ptrdiff_t head_count;        // G
    ptrdiff_t head_width;        // K
} ck_kv_layer;

typedef struct {
    ck_kv_layer layer;
    const float *key, *value;    // [T, G · K]
    ptrdiff_t key_stride, value_stride;
    const int32_t *slot;         // [T]: block · C + offset; negative: store nothing
    ptrdiff_t row_count, rows_per_slice;
} ck_store;

// Causal attention of T query rows over the paged cache.
typedef struct {
    ck_kv_layer layer;
    const float *query;          // [T, H · K]
    ptrdiff_t query_stride;
    float *context;              // [T, H · K]
    ptrdiff_t context_stride;
    const int32_t *position;     // [T]: the row sees the last `window` of the positions 0…position
    const int32_t *table_start;  // [T]: where the row's block table starts in block_table
    const int32_t *block_table;
    ptrdiff_t row_count, head_count, rows_per_slice;
    ptrdiff_t window;            // at least 1; PTRDIFF_MAX: no bound
    float scale;
    float soft_cap;              // scores s become soft_cap · tanh(s / soft_cap); 0: they stay
    // attend_segment and merge_segments only: one [maximum, sum, K numbers] per (row, head, segment).
    float *partial;
    ptrdiff_t segment_count;     // segments per row in `partial`
} ck_attention;

// One row of logits. A NaN counts as −∞.
typedef struct {
    const float *logits;
    float *output;               // exponentials only
    ptrdiff_t count;
    float maximum, inverse_temperature;
} ck_logits;

// Inner products of one vector with rows of a table: out[i] = query · table[index[i]].
typedef struct {
    const void *query;           // [width]: bytes as in the table, or f32 for a table of f16
    const void *table;           // [*, width]: int8 stored as x ^ 0x80, or f16; every row at a multiple of `width`
    const uint32_t *index;       // [count], or NULL: the first `count` rows
    void *output;                // [count]: int32, or f32
    ptrdiff_t count;
    ptrdiff_t width;             // a multiple of 64, at most CK_MAXIMUM_VECTOR_WIDTH
} ck_vectors;
enum { CK_MAXIMUM_VECTOR_WIDTH = 4096 };

typedef void ck_slice(const void *arguments, ptrdiff_t slice);

// The dispatch table: one per instruction set.
typedef struct {
    const char *name;
    int32_t lanes;               // numbers in a vector: part of the order of sums
    ck_slice *linear;            // ck_linear
    ck_slice *quantize_rows;     // ck_quantize
    ck_slice *panels;            // ck_panels
    ck_slice *gated;             // ck_gated
    ck_slice *round_bf16;        // ck_quantize, and
    ck_slice *bf16_panels;       // ck_panels with CK_F16 or CK_BF16: NULL but in sets that multiply bf16
    ck_slice *rms_norm;          // ck_rows: b is the weight vector
    ck_slice *layer_norm;        // ck_rows: b is two rows, scale and shift
    ck_slice *gelu;              // ck_rows: a · Φ(a)
    ck_slice *silu_multiply;     // ck_rows: a · sigmoid(a) · b
    ck_slice *gelu_multiply;     // ck_rows: gelu(a) · b, gelu by its tanh formula
    ck_slice *add;               // ck_rows
    ck_slice *scale;             // ck_rows: a · factor
    ck_slice *soft_cap;          // ck_rows: cap · tanh(a / cap)
    ck_slice *rotate;            // ck_rotary
    ck_slice *gather;            // ck_gather
    ck_slice *store;             // ck_store
    ck_slice *attend;            // ck_attention: slice = rows_per_slice rows × one KV head, all segments
    ck_slice *attend_segment;    // ck_attention: slice = one row × one KV head × one segment, into `partial`
    ck_slice *merge_segments;    // ck_attention: slice = one row; `partial` into `context`
    ptrdiff_t (*argmax)(const ck_logits *);  // the lowest index among equals
    double (*sum_of_exponentials)(const ck_logits *);
    double (*exponentials)(const ck_logits *);
    void (*exp_array)(const float *in, float *out, ptrdiff_t count);
    void (*dot_bytes)(const ck_vectors *);
    void (*dot_halves)(const ck_vectors *);
} ck_table;

// CK_AMX is CK_AVX512 to the bit, faster, but for `bf16_panels`.
enum { CK_PORTABLE = 0, CK_AVX2 = 1, CK_AVX512 = 2, CK_AMX = 3 };

/// The table of an instruction set, or NULL where this CPU (or this build) lacks it. CK_PORTABLE is always there.
const ck_table *ck_table_for(int set);

/// Names the calling thread for debuggers and `top -H`: at most 15 bytes.
void ck_name_thread(const char *name);

/// The core that the calling thread runs on; it may be another one at once.
int ck_core(void);

/// Keeps the calling thread off `core` if it may run elsewhere, and lets it go wherever it could before again when
/// `core` is −1.
void ck_avoid_core(int core);

/// How often the calling thread was taken off its core against its will since it last asked.
long ck_preemptions(void);

/// Moves a CRC-32C's state (inverted, as between its first and last step) over some bytes; false, and nothing done, on
/// a CPU without an instruction for it.
bool ck_crc32c(uint32_t *state, const void *bytes, size_t count);

/// Tells the CPU that this is a spinning wait.
static inline void ck_relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
