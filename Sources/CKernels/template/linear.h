// linear.h — out[M, N] = in[M, K] · W[N, K]ᵀ, in register tiles of up to LINEAR_ROWS rows × 4 outputs.
//
// Order of a sum, whatever the tile: lane l adds the products k = l, l + LANES, l + 2·LANES, … upward, each by
// `fused`; the lanes are folded in halves; then + bias, then + the output's old value.
// Work: 2·M·N·K operations; weights are read once per LINEAR_ROWS rows of a slice, from L2 after the first time.

enum { LINEAR_OUTPUTS = 4 };

INLINE void linear_finish(const ck_linear *a, ptrdiff_t m, ptrdiff_t n, float sum) {
    float *out = a->output + m * a->output_stride + n;
    if (a->bias) sum = sum + a->bias[n];
    *out = a->accumulate ? *out + sum : sum;
}

// One vector of products for every sum of the tile: inputs k + s ….
INLINE void linear_step(
    const int type, const int rows, const int outputs, const float *const *x, const char *const *w, ptrdiff_t k,
    ptrdiff_t s, vec (*sum)[LINEAR_OUTPUTS]) {
    vec input[LINEAR_ROWS];
    UNROLL for (int i = 0; i < rows; i++) input[i] = load(x[i] + k + s);
    UNROLL for (int j = 0; j < outputs; j++) {
        vec weight = load_as(type, w[j], k, s);
        UNROLL for (int i = 0; i < rows; i++) sum[i][j] = fused(input[i], weight, sum[i][j]);
    }
}

INLINE void linear_tile(
    const int type, const int rows, const int outputs, const ck_linear *a, ptrdiff_t m, ptrdiff_t n) {
    const float *x[LINEAR_ROWS];
    const char *w[LINEAR_OUTPUTS];
    vec sum[LINEAR_ROWS][LINEAR_OUTPUTS];
    UNROLL for (int j = 0; j < outputs; j++) w[j] = (const char *)a->weight + (size_t)(n + j) * a->weight_stride;
    UNROLL for (int i = 0; i < rows; i++) {
        x[i] = a->input + (m + i) * a->input_stride;
        UNROLL for (int j = 0; j < LINEAR_OUTPUTS; j++) sum[i][j] = splat(0);
    }

    ptrdiff_t k = 0;
    for (; k + 32 <= a->input_count; k += 32)
        UNROLL for (int s = 0; s < 32; s += LANES) linear_step(type, rows, outputs, x, w, k, s, sum);
    if (type != CK_Q8_0) {
        for (; k + LANES <= a->input_count; k += LANES) linear_step(type, rows, outputs, x, w, k, 0, sum);
        ptrdiff_t rest = a->input_count - k;
        if (rest > 0) UNROLL for (int j = 0; j < outputs; j++) {
            vec weight = load_some_as(type, w[j], k, rest);
            UNROLL for (int i = 0; i < rows; i++) sum[i][j] = fused(load_some(x[i] + k, rest), weight, sum[i][j]);
        }
    }

    UNROLL for (int i = 0; i < rows; i++) {
        vec4 folded = fold_four(sum[i][0], sum[i][1], sum[i][2], sum[i][3]);
        UNROLL for (int j = 0; j < outputs; j++) linear_finish(a, m + i, n + j, folded[j]);
    }
}

// A tile's rows over all the outputs of a slice: the rows stay in L1 while the weights stream by. At the end of a
// matrix up to three outputs are left; they are computed one by one.
INLINE void linear_rows(
    const int type, const int rows, const ck_linear *a, ptrdiff_t m, ptrdiff_t begin, ptrdiff_t end) {
    ptrdiff_t n = begin;
    for (; n + LINEAR_OUTPUTS <= end; n += LINEAR_OUTPUTS) linear_tile(type, rows, LINEAR_OUTPUTS, a, m, n);
    for (; n < end; n++)
        for (int i = 0; i < rows; i++) linear_tile(type, 1, 1, a, m + i, n);
}

INLINE void linear_slice(const int type, const ck_linear *a, ptrdiff_t slice) {
    ptrdiff_t begin = slice * a->outputs_per_slice;
    ptrdiff_t end = smaller(begin + a->outputs_per_slice, a->output_count);
    ptrdiff_t m = 0;
    for (; m + LINEAR_ROWS <= a->row_count; m += LINEAR_ROWS) linear_rows(type, LINEAR_ROWS, a, m, begin, end);
    switch (a->row_count - m) {
#if LINEAR_ROWS > 3
    case 5: linear_rows(type, 5, a, m, begin, end); break;
    case 4: linear_rows(type, 4, a, m, begin, end); break;
    case 3: linear_rows(type, 3, a, m, begin, end); break;
#endif
#if LINEAR_ROWS > 2
    case 2: linear_rows(type, 2, a, m, begin, end); break;
#endif
    case 1: linear_rows(type, 1, a, m, begin, end); break;
    default: break;
    }
}

static void linear_slice_f32(const ck_linear *a, ptrdiff_t slice) { linear_slice(CK_F32, a, slice); }

static void linear(const void *arguments, ptrdiff_t slice) {
    const ck_linear *a = arguments;
    switch (a->element_type) {
    case CK_F32: linear_slice_f32(a, slice); break;
    case CK_F16: linear_slice(CK_F16, a, slice); break;
    case CK_BF16: linear_slice(CK_BF16, a, slice); break;
    case CK_Q8_0: linear_slice(CK_Q8_0, a, slice); break;
    default: linear_expanded(a, slice); break;
    }
}
