// rows.h — what happens to a row between two products: norm, gate, residual, rotation, embedding.
// Memory-bound; each function reads its operands once (the norm twice, the second time from L1).

// Calls `body` for every row of the slice, then for every vector of a row; `n` is how many lanes count.
#define FOR_ROWS(a, slice)                                                                       \
    for (ptrdiff_t t = (slice) * (a)->rows_per_slice,                                            \
                   t_end = smaller(t + (a)->rows_per_slice, (a)->row_count);                     \
         t < t_end; t++)
#define FOR_VECTORS(count)                                                                       \
    for (ptrdiff_t i = 0, n = smaller(LANES, (count)); n > 0; i += LANES, n = smaller(LANES, (count) - i))

INLINE vec load_lanes(const float *p, ptrdiff_t n) { return n == LANES ? load(p) : load_some(p, n); }
INLINE void save_lanes(float *p, vec v, ptrdiff_t n) {
    if (n == LANES) save(p, v);
    else save_some(p, v, n);
}

// out = a · (1 / sqrt(mean(a²) + epsilon)) · b. The squares are summed like a product: by lanes, then folded.
static void rms_norm(const void *arguments, ptrdiff_t slice) {
    const ck_rows *a = arguments;
    FOR_ROWS(a, slice) {
        const float *in = a->a + t * a->a_stride;
        float *out = a->output + t * a->output_stride;
        vec squares = splat(0);
        FOR_VECTORS(a->column_count) {
            vec x = load_lanes(in + i, n);
            squares = fused(x, x, squares);
        }
        vec scale = splat(1.0f / sqrtf(fold(squares) / (float)a->column_count + a->epsilon));
        FOR_VECTORS(a->column_count)
            save_lanes(out + i, load_lanes(in + i, n) * scale * load_lanes(a->b + i, n), n);
    }
}

// out = a · sigmoid(a) · b. For very negative a the exponential is infinite and the result −0.
static void silu_multiply(const void *arguments, ptrdiff_t slice) {
    const ck_rows *a = arguments;
    FOR_ROWS(a, slice) {
        const float *gate = a->a + t * a->a_stride, *up = a->b + t * a->b_stride;
        float *out = a->output + t * a->output_stride;
        FOR_VECTORS(a->column_count) {
            vec g = load_lanes(gate + i, n);
            save_lanes(out + i, g / (splat(1) + exponential(-g)) * load_lanes(up + i, n), n);
        }
    }
}

// out = gelu(a) · b, where gelu(a) = a · (1 + tanh u) / 2 = a · sigmoid(2u) and u = √(2/π) · (a + 0.044715 a³).
static void gelu_multiply(const void *arguments, ptrdiff_t slice) {
    const ck_rows *a = arguments;
    FOR_ROWS(a, slice) {
        const float *gate = a->a + t * a->a_stride, *up = a->b + t * a->b_stride;
        float *out = a->output + t * a->output_stride;
        FOR_VECTORS(a->column_count) {
            vec g = load_lanes(gate + i, n);
            vec u = g * fused(g * g, splat(0.044715f), splat(1)) * splat(0x1.988454p-1f);
            save_lanes(out + i, g / (splat(1) + exponential(splat(-2) * u)) * load_lanes(up + i, n), n);
        }
    }
}

// cap · tanh(x / cap), tanh y = 1 − 2 / (e^2y + 1): within a rounding of cap, also where the exponential is infinite.
INLINE vec capped(vec x, vec cap) {
    return cap * (splat(1) - splat(2) / (exponential(splat(2) * x / cap) + splat(1)));
}

static void soft_cap(const void *arguments, ptrdiff_t slice) {
    const ck_rows *a = arguments;
    FOR_ROWS(a, slice) {
        const float *in = a->a + t * a->a_stride;
        float *out = a->output + t * a->output_stride;
        FOR_VECTORS(a->column_count) save_lanes(out + i, capped(load_lanes(in + i, n), splat(a->cap)), n);
    }
}

static void scale(const void *arguments, ptrdiff_t slice) {
    const ck_rows *a = arguments;
    FOR_ROWS(a, slice) {
        const float *in = a->a + t * a->a_stride;
        float *out = a->output + t * a->output_stride;
        FOR_VECTORS(a->column_count) save_lanes(out + i, load_lanes(in + i, n) * splat(a->factor), n);
    }
}

static void add(const void *arguments, ptrdiff_t slice) {
    const ck_rows *a = arguments;
    FOR_ROWS(a, slice) {
        const float *x = a->a + t * a->a_stride, *y = a->b + t * a->b_stride;
        float *out = a->output + t * a->output_stride;
        FOR_VECTORS(a->column_count) save_lanes(out + i, load_lanes(x + i, n) + load_lanes(y + i, n), n);
    }
}

// (x, y) → (x·cos − y·sin, x·sin + y·cos), every product rounded: the compiler may vectorise, the bits stay.
static void rotate(const void *arguments, ptrdiff_t slice) {
    const ck_rotary *a = arguments;
    const ptrdiff_t step = a->adjacent ? 2 : 1, apart = a->adjacent ? 1 : a->pair_count;
    FOR_ROWS(a, slice) {
        const float *cosine = a->cosine + a->position[t] * a->pair_count;
        const float *sine = a->sine + a->position[t] * a->pair_count;
        for (ptrdiff_t h = 0; h < a->head_count; h++) {
            float *head = a->rows + t * a->stride + h * a->head_width;
            for (ptrdiff_t i = 0; i < a->pair_count; i++) {
                float x = head[i * step], y = head[i * step + apart];
                head[i * step] = x * cosine[i] - y * sine[i];
                head[i * step + apart] = x * sine[i] + y * cosine[i];
            }
        }
    }
}

INLINE void dequantise(const int type, const char *row, float *out, ptrdiff_t count) {
    FOR_VECTORS(count) {
        if (n == LANES) save(out + i, load_as(type, row, i & ~31, i & 31));
        else save_some(out + i, load_some_as(type, row, i, n), n);
    }
}

static void gather(const void *arguments, ptrdiff_t slice) {
    const ck_gather *a = arguments;
    FOR_ROWS(a, slice) {
        const char *row = (const char *)a->table + (size_t)a->index[t] * a->table_stride;
        float *out = a->output + t * a->output_stride;
        switch (a->element_type) {
        case CK_F32: dequantise(CK_F32, row, out, a->column_count); break;
        case CK_F16: dequantise(CK_F16, row, out, a->column_count); break;
        case CK_BF16: dequantise(CK_BF16, row, out, a->column_count); break;
        default: expand_row(a->element_type, (const uint8_t *)row, out, a->column_count); break;
        }
    }
}
