// attention.h — causal attention straight from the paged cache, by online softmax over fixed absolute segments.
// Design: PagedAttention, Kwon et al. 2023, arXiv:2309.06180; online softmax, Milakov and Gimelshein 2018,
// arXiv:1805.02867, with this project's fixed segments.
//
// Order of sums for one (row, query head), whatever else is computed beside it:
//   score of a token   features 0…K−1 upward, one lane per token; then · scale, then the soft cap
//   inside a segment   of CK_SEGMENT positions: its maximum; e^(score − maximum), summed like a product (by lanes,
//                      folded); weighted values added token by token upward
//   between segments   merged in the order 0, 1, 2, …
// Tokens after the row's position, or before its window, take no part at all: what an unused slot holds, even NaN, is
// never added, and vectors of tokens that nobody sees are not read. Lanes and segments are those of the absolute
// positions, so that a window moves nothing: its lanes before the first token seen add zeros.
// In an int8 cache scores and sums are taken over integers; a token's key scale multiplies its score, its value scale
// its softmax numerator.
// Work: 4·K operations per (query head, token); a KV head's blocks are read once for up to ATTENTION_QUERIES queries.

// ---- Between segments

// Adds a segment's (maximum, sum, values) to the running ones, whose sum is 0 before the first: both are scaled to the
// larger maximum first.
static void merge(
    float *running_maximum, float *running_sum, float *context, float maximum, float sum, const float *value,
    ptrdiff_t width) {
    if (*running_sum == 0) {
        *running_maximum = maximum;
        *running_sum = sum;
        memcpy(context, value, (size_t)width * sizeof *context);
        return;
    }
    float both = maximum > *running_maximum ? maximum : *running_maximum;
    vec old = exponential(splat(*running_maximum - both)), new = exponential(splat(maximum - both));
    *running_maximum = both;
    *running_sum = *running_sum * old[0] + sum * new[0];
    FOR_VECTORS(width) save_lanes(context + i, load_lanes(context + i, n) * old + load_lanes(value + i, n) * new, n);
}

static void divide(float *context, float sum, ptrdiff_t width) {
    const vec inverse = splat(1 / sum);
    FOR_VECTORS(width) save_lanes(context + i, load_lanes(context + i, n) * inverse, n);
}

static void attend_group(const query_group *group) {
    const ptrdiff_t width = group->arguments->layer.head_width;
    float running_maximum[ATTENTION_QUERIES], running_sum[ATTENTION_QUERIES];
    ptrdiff_t first = PTRDIFF_MAX, last = 0;
    for (ptrdiff_t i = 0; i < group->query_count; i++) {
        running_sum[i] = 0;
        first = smaller(first, first_seen(group->arguments, group->position[i]));
        last = larger(last, group->position[i]);
    }
    segment_result r;
    for (ptrdiff_t s = first / CK_SEGMENT; s <= last / CK_SEGMENT; s++) {
        attend_one_segment(group, s, &r);
        for (ptrdiff_t i = 0; i < group->query_count; i++)
            if (r.begin[i] < r.end[i])
                merge(&running_maximum[i], &running_sum[i], group->context[i], r.maximum[i], r.sum[i], r.value[i], width);
    }
    for (ptrdiff_t i = 0; i < group->query_count; i++) divide(group->context[i], running_sum[i], width);
}

// ---- Slices

// Collects queries (row by row, the heads that share `kv_head`) from (row, head) on while the block table stays the
// same and there is room. Returns false when [row, end) is used up.
static bool next_group(
    query_group *group, const ck_attention *a, ptrdiff_t kv_head, ptrdiff_t *row, ptrdiff_t *head, ptrdiff_t end) {
    const ptrdiff_t shared = a->head_count / a->layer.head_count, width = a->layer.head_width;
    if (*row >= end) return false;
    group->arguments = a;
    group->kv_head = kv_head;
    group->query_count = 0;
    const int32_t start = a->table_start[*row];
    group->table = a->block_table + start;
    while (*row < end && a->table_start[*row] == start && group->query_count < ATTENTION_QUERIES) {
        ptrdiff_t i = group->query_count++, column = (kv_head * shared + *head) * width;
        group->query[i] = a->query + *row * a->query_stride + column;
        group->context[i] = a->context + *row * a->context_stride + column;
        group->position[i] = a->position[*row];
        if (++*head == shared) *head = 0, ++*row;
    }
    return true;
}

static void attend(const void *arguments, ptrdiff_t slice) {
    const ck_attention *a = arguments;
    const ptrdiff_t kv_head = slice % a->layer.head_count;
    ptrdiff_t row = slice / a->layer.head_count * a->rows_per_slice, head = 0;
    const ptrdiff_t end = smaller(row + a->rows_per_slice, a->row_count);
    query_group group;
    while (next_group(&group, a, kv_head, &row, &head, end)) attend_group(&group);
}

INLINE float *partial_at(const ck_attention *a, ptrdiff_t row, ptrdiff_t head, ptrdiff_t segment) {
    return a->partial + ((row * a->head_count + head) * a->segment_count + segment) * (2 + a->layer.head_width);
}

static void attend_segment(const void *arguments, ptrdiff_t slice) {
    const ck_attention *a = arguments;
    const ptrdiff_t heads = a->layer.head_count, width = a->layer.head_width, shared = a->head_count / heads;
    const ptrdiff_t segment = slice / heads % a->segment_count, kv_head = slice % heads;
    ptrdiff_t row = slice / heads / a->segment_count, head = 0, query_head = kv_head * shared;
    const ptrdiff_t this_row = row;
    if (a->position[row] / CK_SEGMENT < segment || first_seen(a, a->position[row]) / CK_SEGMENT > segment) return;
    query_group group;
    segment_result r;
    while (next_group(&group, a, kv_head, &row, &head, this_row + 1)) {
        attend_one_segment(&group, segment, &r);
        for (ptrdiff_t i = 0; i < group.query_count; i++, query_head++) {
            float *partial = partial_at(a, this_row, query_head, segment);
            partial[0] = r.maximum[i];
            partial[1] = r.sum[i];
            memcpy(partial + 2, r.value[i], (size_t)width * sizeof(float));
        }
    }
}

static void merge_segments(const void *arguments, ptrdiff_t row) {
    const ck_attention *a = arguments;
    const ptrdiff_t width = a->layer.head_width;
    for (ptrdiff_t head = 0; head < a->head_count; head++) {
        float *context = a->context + row * a->context_stride + head * width;
        float running_maximum, running_sum = 0;
        for (ptrdiff_t s = first_seen(a, a->position[row]) / CK_SEGMENT; s <= a->position[row] / CK_SEGMENT; s++) {
            const float *partial = partial_at(a, row, head, s);
            merge(&running_maximum, &running_sum, context, partial[0], partial[1], partial + 2, width);
        }
        divide(context, running_sum, width);
    }
}
