// vectors.h — inner products of one vector with many, for nearest neighbours.
// int8 numbers are stored as x ^ 0x80, that is x + 128 as an unsigned byte, because the instruction that adds four
// products of bytes takes one operand unsigned. Σ (x + 128) · q = Σ x · q + 128 · Σ q, and the last term belongs to the
// query: it is computed once and taken off. Integer sums are exact, so all sets agree to the bit.

INLINE const char *vector_row(const ck_vectors *a, ptrdiff_t i, size_t bytes) {
    return (const char *)a->table + (size_t)(a->index ? a->index[i] : i) * (size_t)a->width * bytes;
}

// Rows of a graph's neighbours lie anywhere: asks for one while those before it are summed.
INLINE void prefetch_row(const ck_vectors *a, ptrdiff_t i, size_t bytes) {
    if (i >= a->count) return;
    const char *row = vector_row(a, i, bytes);
    for (size_t offset = 0; offset < (size_t)a->width * bytes; offset += 64) __builtin_prefetch(row + offset);
}

enum { ROWS_AHEAD = 3 };

// 2 · width operations a row, and width bytes read: bound by memory wherever the rows are not in the cache.
static void dot_bytes(const ck_vectors *a) {
    int8_t query[CK_MAXIMUM_VECTOR_WIDTH];
    int32_t query_sum = 0;
    for (ptrdiff_t k = 0; k < a->width; k++) {
        query[k] = (int8_t)(((const uint8_t *)a->query)[k] ^ 0x80);
        query_sum += query[k];
    }
    if (a->index) for (ptrdiff_t i = 0; i < ROWS_AHEAD; i++) prefetch_row(a, i, 1);
    for (ptrdiff_t i = 0; i < a->count; i++) {
        if (a->index) prefetch_row(a, i + ROWS_AHEAD, 1);
        const uint8_t *row = (const uint8_t *)vector_row(a, i, 1);
        ivec sum = 0;
        for (ptrdiff_t k = 0; k < a->width; k += BYTES) ADD_BYTE_PRODUCTS(sum, row + k, query + k);
        ((int32_t *)a->output)[i] = __builtin_reduce_add(sum) - 128 * query_sum;
    }
}

// By lanes, then folded, like every sum of products here.
static void dot_halves(const ck_vectors *a) {
    for (ptrdiff_t i = 0; i < a->count; i++) {
        if (a->index) prefetch_row(a, i + 1, 2);
        const char *row = vector_row(a, i, 2);
        vec sum = splat(0);
        for (ptrdiff_t k = 0; k < a->width; k += LANES)
            sum = fused(load((const float *)a->query + k), LOAD_F16(row + 2 * k), sum);
        ((float *)a->output)[i] = fold(sum);
    }
}
