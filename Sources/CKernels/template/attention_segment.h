// attention_segment.h — attention of some queries over one segment of the paged cache: scores, softmax, weighted values.
// The order of sums stands at the top of attention.h, which calls this.

enum { ATTENTION_QUERIES = 24, ATTENTION_TILE = 6 };

// Queries that share a block table and a KV head, and where their results go.
typedef struct {
    const ck_attention *arguments;
    const int32_t *table;
    ptrdiff_t kv_head, query_count;
    const float *query[ATTENTION_QUERIES];
    float *context[ATTENTION_QUERIES];
    ptrdiff_t position[ATTENTION_QUERIES];
} query_group;

// What a segment contributes: softmax numerators' maximum and sum, and the weighted values.
typedef struct {
    ptrdiff_t begin[ATTENTION_QUERIES], end[ATTENTION_QUERIES];  // tokens of the segment that the query sees
    float maximum[ATTENTION_QUERIES], sum[ATTENTION_QUERIES];
    float weight[ATTENTION_QUERIES][CK_SEGMENT];
    float value[ATTENTION_QUERIES][CK_MAXIMUM_HEAD_WIDTH];
} segment_result;

// Where a segment's keys and values lie: in the cache, or converted to f32, a few tokens at a time.
typedef struct {
    ptrdiff_t block;                             // tokens that lie together
    const char *keys[CK_SEGMENT / LANES];        // per vector of tokens: feature 0 of the first; a feature is `block` wide
    const float *key_scales[CK_SEGMENT / LANES]; // int8: the scale of that token; else NULL
    const char *values[CK_SEGMENT / 16];         // per block
    ptrdiff_t vector_count;
} segment_places;

// While keys are read, memory is asked for the values of their tokens and the keys of the tokens that follow.
typedef struct { const char *values, *keys; } places_ahead;

INLINE places_ahead ahead_of(const int type, const query_group *group, const segment_places *places, ptrdiff_t v) {
    const ptrdiff_t token = v * LANES, width = group->arguments->layer.head_width;
    return (places_ahead){
        places->values[token / places->block] + token % places->block * width * (ptrdiff_t)element_bytes(type),
        places->keys[smaller(v + ATTENTION_VECTORS, places->vector_count - 1)]};
}

// Of feature k, if it begins a line of memory.
INLINE void ask_at(const int type, const places_ahead *ahead, ptrdiff_t block, ptrdiff_t k) {
    const ptrdiff_t bytes = (ptrdiff_t)element_bytes(type);
    if (k % larger(1, 64 / (LANES * bytes)) != 0) return;
    __builtin_prefetch(ahead->values + k * LANES * bytes, 0, 2);
    __builtin_prefetch(ahead->keys + k * block * bytes, 0, 2);
}

// weight[q][token] = scale · query · key for the tokens of the vectors v ..< v + vectors.
INLINE void score_tile(
    const int type, const int queries, const int vectors, const query_group *group, ptrdiff_t q, const bool asks,
    const segment_places *places, ptrdiff_t first, segment_result *result) {
    places_ahead ahead[ATTENTION_VECTORS];
    vec sum[ATTENTION_TILE][ATTENTION_VECTORS];
    UNROLL for (int v = 0; v < vectors; v++) {
        if (asks) ahead[v] = ahead_of(type, group, places, first + v);
        UNROLL for (int i = 0; i < queries; i++) sum[i][v] = splat(0);
    }
    for (ptrdiff_t k = 0; k < group->arguments->layer.head_width; k++) {
        vec key[ATTENTION_VECTORS];
        UNROLL for (int v = 0; v < vectors; v++) {
            if (asks) ask_at(type, &ahead[v], places->block, k);
            key[v] = load_cached(type, places->keys[first + v], k * places->block);
        }
        UNROLL for (int i = 0; i < queries; i++) {
            vec x = splat(group->query[q + i][k]);
            UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = fused(x, key[v], sum[i][v]);
        }
    }
    UNROLL for (int v = 0; v < vectors; v++) {
        vec scale = splat(group->arguments->scale);
        if (places->key_scales[first + v]) scale = scale * load(places->key_scales[first + v]);
        UNROLL for (int i = 0; i < queries; i++)
            save(&result->weight[q + i][(first + v) * LANES], sum[i][v] * scale);
    }
}

// Scores of the tokens from ..< to that any of the queries q … sees.
INLINE void score_tokens(
    const int type, const int queries, const query_group *group, ptrdiff_t q, const bool asks,
    const segment_places *places, ptrdiff_t from, ptrdiff_t to, segment_result *r) {
    ptrdiff_t first = to, last = from;
    for (ptrdiff_t i = q; i < q + queries; i++) {
        first = smaller(first, larger(r->begin[i], from));
        last = larger(last, smaller(r->end[i], to));
    }
    ptrdiff_t v = first / LANES, vectors = (last + LANES - 1) / LANES;
    for (; v + ATTENTION_VECTORS <= vectors; v += ATTENTION_VECTORS)
        score_tile(type, queries, ATTENTION_VECTORS, group, q, asks, places, v, r);
    for (; v < vectors; v++) score_tile(type, queries, 1, group, q, asks, places, v, r);
}

// value[q] += weight[q][j] · V[j] for the tokens j = begin ..< end, upward; features d … of `vectors` whole vectors, or
// of one vector with only `lanes` of its lanes.
INLINE void value_tile(
    const int type, const int queries, const int vectors, const int whole, ptrdiff_t lanes, const query_group *group,
    ptrdiff_t q, const segment_places *places, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t d, segment_result *result) {
    const ptrdiff_t width = group->arguments->layer.head_width, mask = places->block - 1;
    const int shift = __builtin_ctz((unsigned)places->block);
    vec sum[ATTENTION_TILE][ATTENTION_VECTORS];
    UNROLL for (int i = 0; i < queries; i++) UNROLL for (int v = 0; v < vectors; v++)
        sum[i][v] = whole ? load(&result->value[q + i][d + v * LANES]) : load_some(&result->value[q + i][d], lanes);
    for (ptrdiff_t j = begin; j < end; j++) {
        const char *block = places->values[j >> shift];
        ptrdiff_t first = (j & mask) * width + d;
        vec value[ATTENTION_VECTORS];
        UNROLL for (int v = 0; v < vectors; v++)
            value[v] = whole ? load_cached(type, block, first + v * LANES) : load_some_cached(type, block, first, lanes);
        UNROLL for (int i = 0; i < queries; i++) {
            vec p = splat(result->weight[q + i][j]);
            UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = fused(p, value[v], sum[i][v]);
        }
    }
    UNROLL for (int i = 0; i < queries; i++) UNROLL for (int v = 0; v < vectors; v++) {
        if (whole) save(&result->value[q + i][d + v * LANES], sum[i][v]);
        else save_some(&result->value[q + i][d], sum[i][v], lanes);
    }
}

INLINE void value_features(
    const int type, const int queries, const query_group *group, ptrdiff_t q, const segment_places *places,
    ptrdiff_t begin, ptrdiff_t end, segment_result *r) {
    if (begin >= end) return;
    const ptrdiff_t width = group->arguments->layer.head_width;
    ptrdiff_t d = 0;
    for (; d + ATTENTION_VECTORS * LANES <= width; d += ATTENTION_VECTORS * LANES)
        value_tile(type, queries, ATTENTION_VECTORS, 1, 0, group, q, places, begin, end, d, r);
    for (; d + LANES <= width; d += LANES) value_tile(type, queries, 1, 1, 0, group, q, places, begin, end, d, r);
    if (d < width) value_tile(type, queries, 1, 0, width - d, group, q, places, begin, end, d, r);
}

// Weighted values of the tokens from ..< to: together where all the queries see, each for itself before and after.
INLINE void value_tokens(
    const int type, const int queries, const query_group *group, ptrdiff_t q, const segment_places *places,
    ptrdiff_t from, ptrdiff_t to, segment_result *r) {
    ptrdiff_t begin = from, end = to;
    for (ptrdiff_t i = q; i < q + queries; i++) {
        begin = larger(begin, r->begin[i]);
        end = smaller(end, r->end[i]);
    }
    if (begin >= end) begin = end = to;
    for (ptrdiff_t i = q; i < q + queries; i++)
        value_features(type, 1, group, i, places, larger(from, r->begin[i]), smaller(begin, r->end[i]), r);
    value_features(type, queries, group, q, places, begin, end, r);
    for (ptrdiff_t i = q; i < q + queries; i++)
        value_features(type, 1, group, i, places, larger(end, r->begin[i]), smaller(to, r->end[i]), r);
}

// int8: the scales of the values of tokens i … i + LANES − 1, which lie in one block.
INLINE const float *value_scales(const query_group *group, const segment_places *places, ptrdiff_t i) {
    const char *block = places->values[i / places->block];
    return (const float *)(block + number_bytes(CK_INT8, &group->arguments->layer)) + i % places->block;
}

// Masked softmax numerators of a query: lanes of tokens that it does not see become −∞ before anything is compared.
INLINE void softmax(
    const int type, const query_group *group, ptrdiff_t q, const segment_places *places, segment_result *r) {
    const float cap = group->arguments->soft_cap;
    float *weight = r->weight[q];
    const ptrdiff_t seen = r->begin[q], unseen = r->end[q], aligned = seen / LANES * LANES;
    vec best = splat(-INFINITY), sum = splat(0);
    for (ptrdiff_t i = aligned; i < unseen; i += LANES) {
        vec score = load(weight + i);
        if (cap != 0) score = capped(score, splat(cap));
        if (i < seen || i + LANES > unseen) {
            const ivec token = lane_numbers() + (int32_t)i;
            score = choose((token >= (int32_t)seen) & (token < (int32_t)unseen), score, splat(-INFINITY));
        }
        save(weight + i, score);
        best = choose(score > best, score, best);
    }
    const float maximum = largest_lane(best);
    for (ptrdiff_t i = aligned; i < unseen; i += LANES) {
        vec e = exponential(load(weight + i) - splat(maximum));
        sum = sum + e;
        // From here on the weight is of the value's integers.
        if (type == CK_INT8) e = e * load(value_scales(group, places, i));
        save(weight + i, e);
    }
    r->maximum[q] = maximum;
    r->sum[q] = fold(sum);
    memset(r->value[q], 0, (size_t)group->arguments->layer.head_width * sizeof(float));
}

// The first position that a row sees.
INLINE ptrdiff_t first_seen(const ck_attention *a, ptrdiff_t position) {
    return position < a->window ? 0 : position - a->window + 1;
}

// Calls `do_tile(type, queries, group, q, …)` for all the queries of the group, ATTENTION_TILE at a time.
#define FOR_TILES(do_tile, type, group, ...) \
    for (ptrdiff_t q = 0; q < (group)->query_count; q += ATTENTION_TILE) switch ((group)->query_count - q) { \
        default: do_tile(type, 6, group, q, __VA_ARGS__); break; \
        case 5: do_tile(type, 5, group, q, __VA_ARGS__); break; \
        case 4: do_tile(type, 4, group, q, __VA_ARGS__); break; \
        case 3: do_tile(type, 3, group, q, __VA_ARGS__); break; \
        case 2: do_tile(type, 2, group, q, __VA_ARGS__); break; \
        case 1: do_tile(type, 1, group, q, __VA_ARGS__); break; \
    }

// A segment's tokens 0 ..< last, keys and values converted as often as they are read: for one tile of queries.
INLINE void direct_segment(
    const int type, const query_group *group, const segment_places *places, ptrdiff_t last, segment_result *r) {
    FOR_TILES(score_tokens, type, group, q == 0, places, 0, last, r)
    for (ptrdiff_t q = 0; q < group->query_count; q++) softmax(type, group, q, places, r);
    FOR_TILES(value_tokens, type, group, places, 0, last, r)
}

// The same for many queries: keys and values are converted once for all of them, as many as L1 holds beside the rest.
enum { CONVERTED_TOKENS = 64 };

static void scores_f32(
    const query_group *group, const segment_places *places, ptrdiff_t from, ptrdiff_t to, segment_result *r) {
    FOR_TILES(score_tokens, CK_F32, group, false, places, from, to, r)
}
static void values_f32(
    const query_group *group, const segment_places *places, ptrdiff_t from, ptrdiff_t to, segment_result *r) {
    FOR_TILES(value_tokens, CK_F32, group, places, from, to, r)
}

INLINE void converted_segment(
    const int type, const query_group *group, const segment_places *places, ptrdiff_t last, segment_result *r) {
    const ptrdiff_t width = group->arguments->layer.head_width;
    float room[CONVERTED_TOKENS * CK_MAXIMUM_HEAD_WIDTH];
    segment_places converted = *places;
    converted.block = CONVERTED_TOKENS;
    ptrdiff_t first = CK_SEGMENT;
    for (ptrdiff_t q = 0; q < group->query_count; q++) first = smaller(first, r->begin[q]);
    first = first / CONVERTED_TOKENS * CONVERTED_TOKENS;

    for (ptrdiff_t from = first; from < last; from += CONVERTED_TOKENS) {
        const ptrdiff_t to = smaller(from + CONVERTED_TOKENS, last);
        for (ptrdiff_t v = from / LANES; v * LANES < to; v++) {
            float *key = room + v * LANES % CONVERTED_TOKENS;
            const places_ahead ahead = ahead_of(type, group, places, v);
            converted.keys[v] = (const char *)key;
            for (ptrdiff_t k = 0; k < width; k++) {
                ask_at(type, &ahead, places->block, k);
                save(key + k * CONVERTED_TOKENS, load_cached(type, places->keys[v], k * places->block));
            }
        }
        scores_f32(group, &converted, from, to, r);
    }
    for (ptrdiff_t q = 0; q < group->query_count; q++) softmax(type, group, q, places, r);
    for (ptrdiff_t from = first; from < last; from += CONVERTED_TOKENS) {
        const ptrdiff_t to = smaller(from + CONVERTED_TOKENS, last);
        converted.values[from / CONVERTED_TOKENS] = (const char *)room;
        for (ptrdiff_t j = from; j < to; j++) {
            const char *block = places->values[j / places->block];
            const ptrdiff_t token = j % places->block * width;
            float *value = room + (j - from) * width;
            ptrdiff_t d = 0;
            for (; d + LANES <= width; d += LANES) save(value + d, load_cached(type, block, token + d));
            if (d < width) save_some(value + d, load_some_cached(type, block, token + d, width - d), width - d);
        }
        values_f32(group, &converted, from, to, r);
    }
}

// All queries of the group over segment s. A query that sees nothing of it has begin = end and must not be merged.
INLINE void segment_of_type(const int type, const query_group *group, ptrdiff_t s, segment_result *r) {
    const ck_kv_layer *l = &group->arguments->layer;
    const ptrdiff_t tokens = l->tokens_per_block;
    ptrdiff_t last = 0;
    for (ptrdiff_t i = 0; i < group->query_count; i++) {
        ptrdiff_t end = smaller(larger(0, group->position[i] + 1 - s * CK_SEGMENT), CK_SEGMENT);
        r->begin[i] = smaller(larger(0, first_seen(group->arguments, group->position[i]) - s * CK_SEGMENT), end);
        r->end[i] = end;
        last = larger(last, end);
    }

    segment_places places;
    places.block = tokens;
    places.vector_count = (last + LANES - 1) / LANES;
    const int32_t *table = group->table + s * (CK_SEGMENT / tokens);
    for (ptrdiff_t b = 0; b * tokens < last; b++) {
        size_t base = (size_t)(table[b] * l->head_count + group->kv_head) * head_bytes(type, l);
        const char *keys = (const char *)l->keys + base;
        places.values[b] = (const char *)l->values + base;
        for (ptrdiff_t v = 0; v < tokens / LANES; v++) {
            places.keys[b * (tokens / LANES) + v] = keys + (size_t)(v * LANES) * element_bytes(type);
            places.key_scales[b * (tokens / LANES) + v] =
                type == CK_INT8 ? (const float *)(keys + number_bytes(type, l)) + v * LANES : NULL;
        }
    }

    if (type != CK_F32 && group->query_count > ATTENTION_TILE) converted_segment(type, group, &places, last, r);
    else direct_segment(type, group, &places, last, r);
}

static __attribute__((noinline)) void attend_one_segment(const query_group *group, ptrdiff_t s, segment_result *r) {
    switch (group->arguments->layer.element_type) {
    case CK_F32: segment_of_type(CK_F32, group, s, r); break;
    case CK_F16: segment_of_type(CK_F16, group, s, r); break;
    default: segment_of_type(CK_INT8, group, s, r); break;
    }
}
