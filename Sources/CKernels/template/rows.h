// rows.h — what happens to a row between two products: norms, activations, residual, rotation, embedding.
// Memory-bound; each function reads its operands once (the norms two or three times, after the first from L1).

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

// Zeros in the lanes from n on: a padded lane must not count once something has been subtracted from it.
INLINE vec first_lanes(vec v, ptrdiff_t n) {
    for (ptrdiff_t lane = n; lane < LANES; lane++) v[lane] = 0;
    return v;
}

// 1 / sqrt(mean(x²) + epsilon). The squares are summed like a product: by lanes, then folded.
INLINE vec inverse_rms(const float *x, ptrdiff_t count, float epsilon) {
    vec squares = splat(0);
    FOR_VECTORS(count) {
        vec v = load_lanes(x + i, n);
        squares = fused(v, v, squares);
    }
    return splat(1.0f / sqrtf(fold(squares) / (float)count + epsilon));
}

// out = a · (1 / sqrt(mean(a²) + epsilon)) · b.
static void rms_norm(const void *arguments, ptrdiff_t slice) {
    const ck_rows *a = arguments;
    FOR_ROWS(a, slice) {
        const float *in = a->a + t * a->a_stride;
        float *out = a->output + t * a->output_stride;
        const vec scale = inverse_rms(in, a->column_count, a->epsilon);
        FOR_VECTORS(a->column_count)
            save_lanes(out + i, load_lanes(in + i, n) * scale * load_lanes(a->b + i, n), n);
    }
}

// out = (a − mean) · (1 / sqrt(variance + epsilon)) · scale + shift, scale and shift being the two rows of b. The variance
// is the mean of the squared differences, taken in a second pass: the difference of two large sums would lose it.
static void layer_norm(const void *arguments, ptrdiff_t slice) {
    const ck_rows *a = arguments;
    const float *scale = a->b, *shift = a->b + a->b_stride;
    FOR_ROWS(a, slice) {
        const float *in = a->a + t * a->a_stride;
        float *out = a->output + t * a->output_stride;
        vec sum = splat(0), squares = splat(0);
        FOR_VECTORS(a->column_count) sum = sum + load_lanes(in + i, n);
        const vec mean = splat(fold(sum) / (float)a->column_count);
        FOR_VECTORS(a->column_count) {
            vec x = load_lanes(in + i, n) - mean;
            if (n < LANES) x = first_lanes(x, n);
            squares = fused(x, x, squares);
        }
        const vec inverse = splat(1.0f / sqrtf(fold(squares) / (float)a->column_count + a->epsilon));
        FOR_VECTORS(a->column_count) {
            vec x = (load_lanes(in + i, n) - mean) * inverse;
            save_lanes(out + i, fused(x, load_lanes(scale + i, n), load_lanes(shift + i, n)), n);
        }
    }
}

// ---- Numbers on their own

// x · Φ(x), Φ the normal distribution: GELU with the error function, not its tanh approximation.
//
// x · Φ(x) = max(x, 0) − |x| · Q(|x|), Q(z) = 1 − Φ(z) the tail, so that nothing cancels for negative x. The tail is
// e^(−z²/2) · t · p(t) with t = 1 / (1 + 0.27 z); p, of degree 8, is our own fit with the least maximal relative error,
// 2.4e-8 up to z = 14.5, beyond which Q is 0 in f32.
INLINE vec gelu_by_tail(vec x) {
    vec z = choose(x < splat(0), -x, x);
    z = choose(z > splat(16), splat(16), z);  // infinity · 0 would be no number
    const vec e = exponential(z * z * splat(-0.5f)), t = splat(1) / fused(z, splat(0x1.147ae2p-2f), splat(1));
    const float coefficients[] = {
        -0x1.030b18p-3f, 0x1.5bb8fap-3f, -0x1.1b7d1p-4f, 0x1.b9a794p-4f, 0x1.271d68p-4f, 0x1.a1043p-4f, 0x1.b87eep-4f,
        0x1.b9394cp-4f};
    vec p = splat(0x1.da7fccp-6f);
    UNROLL for (int i = 0; i < 8; i++) p = fused(p, t, splat(coefficients[i]));
    return choose(x > splat(0), x, splat(0)) - z * e * (p * t);
}

// x · (1 + tanh u) / 2 = x · sigmoid(2u), where u = √(2/π) · (x + 0.044715 x³).
INLINE vec gelu_by_tanh(vec x) {
    vec u = x * fused(x * x, splat(0.044715f), splat(1)) * splat(0x1.988454p-1f);
    return x / (splat(1) + exponential(splat(-2) * u));
}

// x · sigmoid(x). For very negative x the exponential is infinite and the result −0.
INLINE vec silu(vec x) { return x / (splat(1) + exponential(-x)); }

// cap · tanh(x / cap), tanh y = 1 − 2 / (e^2y + 1): within a rounding of cap, also where the exponential is infinite.
INLINE vec capped(vec x, vec cap) {
    return cap * (splat(1) - splat(2) / (exponential(splat(2) * x / cap) + splat(1)));
}

// Every number of the slice's rows from `a` and, where it is read, the one of `b` at the same place.
#define ROW_OPERATION(name, result) \
    static void name(const void *arguments, ptrdiff_t slice) { \
        const ck_rows *rows = arguments; \
        FOR_ROWS(rows, slice) FOR_VECTORS(rows->column_count) { \
            const vec a = load_lanes(rows->a + t * rows->a_stride + i, n); \
            const vec b = load_lanes(rows->b + t * rows->b_stride + i, n); \
            (void)b; \
            save_lanes(rows->output + t * rows->output_stride + i, result, n); \
        } \
    }
ROW_OPERATION(gelu, gelu_by_tail(a))
ROW_OPERATION(silu_multiply, silu(a) * b)
ROW_OPERATION(gelu_multiply, gelu_by_tanh(a) * b)
ROW_OPERATION(add, a + b)
ROW_OPERATION(scale, a * splat(rows->factor))
ROW_OPERATION(soft_cap, capped(a, splat(rows->cap)))

// ---- Rotation, embedding

// (x, y) → (x·cos − y·sin, x·sin + y·cos), every product rounded, in vectors or alone.
static void rotate(const void *arguments, ptrdiff_t slice) {
    const ck_rotary *a = arguments;
    const ptrdiff_t step = a->adjacent ? 2 : 1, apart = a->adjacent ? 1 : a->pair_count;
    FOR_ROWS(a, slice) {
        const float *cosine = a->cosine + a->position[t] * a->pair_count;
        const float *sine = a->sine + a->position[t] * a->pair_count;
        for (ptrdiff_t h = 0; h < a->head_count; h++) {
            float *head = a->rows + t * a->stride + h * a->head_width;
            ptrdiff_t i = 0;
            for (; !a->adjacent && i + LANES <= a->pair_count; i += LANES) {
                const vec x = load(head + i), y = load(head + i + apart), c = load(cosine + i), s = load(sine + i);
                save(head + i, x * c - y * s);
                save(head + i + apart, x * s + y * c);
            }
            for (; i < a->pair_count; i++) {
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
