// cache.h — how the paged cache keeps keys and values: sizes, loads and stores.
// An int8 cache keeps one scale per token and KV head, so that a scale costs one operation per token and query, none
// per feature. Quantisation rounds the same way in every instruction set.

INLINE size_t element_bytes(int type) { return type == CK_F32 ? 4 : type == CK_F16 ? 2 : 1; }

// The bytes of one block's and KV head's numbers: K · C of them.
INLINE size_t number_bytes(const int type, const ck_kv_layer *l) {
    return element_bytes(type) * (size_t)l->head_width * (size_t)l->tokens_per_block;
}

// The same with the C scales that stand behind the numbers of an int8 cache.
INLINE size_t head_bytes(const int type, const ck_kv_layer *l) {
    return number_bytes(type, l) + (type == CK_INT8 ? sizeof(float) * (size_t)l->tokens_per_block : 0);
}

// LANES numbers of the cache from number i on, as f32; those of an int8 cache without their scales.
INLINE vec load_cached(const int type, const char *numbers, ptrdiff_t i) {
    if (type != CK_INT8) return load_as(type, numbers, i, 0);
    i8vec integers;
    memcpy(&integers, numbers + i, sizeof integers);
    return __builtin_convertvector(integers, vec);
}

// The first n < LANES of them, zeros after.
INLINE vec load_some_cached(const int type, const char *numbers, ptrdiff_t i, ptrdiff_t n) {
    char padded[sizeof(vec)] = {0};
    memcpy(padded, numbers + element_bytes(type) * (size_t)i, element_bytes(type) * (size_t)n);
    return load_cached(type, padded, 0);
}

// The integers of x ≈ scale · integer, each nearest to x / scale; the scale, max |x| / 127, is returned. No number is
// further than half a scale from what it becomes. A number that is not finite makes the scale NaN, so that a failing
// model stays visible; what is too small for a reciprocal becomes zeros.
INLINE float quantize(const float *x, ptrdiff_t width, int8_t *integers) {
    vec largest = splat(0), finite = splat(0);
    FOR_VECTORS(width) {
        vec v = load_lanes(x + i, n), magnitude = choose(v < splat(0), -v, v);
        largest = choose(magnitude > largest, magnitude, largest);
        finite = finite + v * splat(0);
    }
    float maximum = 0;
    for (int lane = 0; lane < LANES; lane++) maximum = largest[lane] > maximum ? largest[lane] : maximum;
    if (maximum < 0x1p-120f) maximum = 0;
    const vec inverse = splat(maximum > 0 ? 127 / maximum : 0);
    FOR_VECTORS(width) {
        // Adding 1.5 · 2²³ leaves the nearest integer, ties to even, in the low bits.
        vec shifted = load_lanes(x + i, n) * inverse + splat(0x1.8p23f);
        i8vec rounded = __builtin_convertvector((ivec)shifted - (ivec)splat(0x1.8p23f), i8vec);
        memcpy(integers + i, &rounded, sizeof rounded);
    }
    return maximum / 127 + fold(finite);
}

// One token into its slot: keys feature by feature, C apart; values side by side.
INLINE void store_token(
    const int type, const ck_kv_layer *l, ptrdiff_t offset, const float *key, const float *value, char *keys,
    char *values) {
    const ptrdiff_t width = l->head_width, tokens = l->tokens_per_block;
    if (type == CK_F32) {
        for (ptrdiff_t k = 0; k < width; k++) memcpy(keys + 4 * (k * tokens + offset), key + k, sizeof *key);
        memcpy(values + 4 * offset * width, value, (size_t)width * sizeof *value);
    } else if (type == CK_F16) {
        uint16_t halves[LANES];
        FOR_VECTORS(width) {
            STORE_F16(halves, load_lanes(key + i, n));
            for (ptrdiff_t k = 0; k < n; k++)
                memcpy(keys + 2 * ((i + k) * tokens + offset), halves + k, sizeof *halves);
            STORE_F16(halves, load_lanes(value + i, n));
            memcpy(values + 2 * (offset * width + i), halves, (size_t)n * sizeof *halves);
        }
    } else {
        int8_t integers[CK_MAXIMUM_HEAD_WIDTH + LANES];
        float scale = quantize(key, width, integers);
        for (ptrdiff_t k = 0; k < width; k++) keys[k * tokens + offset] = integers[k];
        memcpy(keys + number_bytes(type, l) + 4 * offset, &scale, sizeof scale);
        scale = quantize(value, width, integers);
        memcpy(values + offset * width, integers, (size_t)width);
        memcpy(values + number_bytes(type, l) + 4 * offset, &scale, sizeof scale);
    }
}

INLINE void store_rows(const int type, const ck_store *a, ptrdiff_t begin, ptrdiff_t end) {
    const ck_kv_layer *l = &a->layer;
    for (ptrdiff_t t = begin; t < end; t++) {
        if (a->slot[t] < 0) continue;
        ptrdiff_t block = a->slot[t] / l->tokens_per_block, offset = a->slot[t] % l->tokens_per_block;
        for (ptrdiff_t g = 0; g < l->head_count; g++) {
            size_t base = (size_t)(block * l->head_count + g) * head_bytes(type, l);
            store_token(
                type, l, offset, a->key + t * a->key_stride + g * l->head_width,
                a->value + t * a->value_stride + g * l->head_width, (char *)l->keys + base, (char *)l->values + base);
        }
    }
}

static void store(const void *arguments, ptrdiff_t slice) {
    const ck_store *a = arguments;
    ptrdiff_t begin = slice * a->rows_per_slice, end = smaller(begin + a->rows_per_slice, a->row_count);
    switch (a->layer.element_type) {
    case CK_F32: store_rows(CK_F32, a, begin, end); break;
    case CK_F16: store_rows(CK_F16, a, begin, end); break;
    default: store_rows(CK_INT8, a, begin, end); break;
    }
}

