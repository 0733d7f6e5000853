// logits.h — what sampling needs of one row of logits. Sums of exponentials are kept in f64, lane by lane, so that
// 150,000 small terms lose nothing. A NaN counts as −∞: it never wins and weighs nothing.

typedef double dvec __attribute__((ext_vector_type(LANES)));

INLINE vec logits_load(const float *p, ptrdiff_t n) {
    vec v = splat(-INFINITY);
    if (n == LANES) v = load(p);
    else memcpy(&v, p, (size_t)n * sizeof *p);
    return choose(v == v, v, splat(-INFINITY));
}

// Every lane keeps the first of its largest; among the lanes' equals the lowest index wins. 0 where all are −∞ or NaN.
static ptrdiff_t argmax(const ck_logits *a) {
    vec best = splat(-INFINITY);
    ivec best_at = 0, at;
    for (int l = 0; l < LANES; l++) at[l] = l;
    FOR_VECTORS(a->count) {
        vec v = logits_load(a->logits + i, n);
        ivec larger = v > best;
        best = choose(larger, v, best);
        best_at = (larger & at) | (~larger & best_at);
        at += LANES;
    }
    float largest = best[0];
    ptrdiff_t result = best_at[0];
    for (int l = 1; l < LANES; l++) {
        if (best[l] < largest || (best[l] == largest && best_at[l] >= result)) continue;
        largest = best[l];
        result = best_at[l];
    }
    return result;
}

INLINE double exponentials_and_sum(const ck_logits *a, const int keep) {
    dvec sum = 0;
    FOR_VECTORS(a->count) {
        vec v = logits_load(a->logits + i, n);
        vec e = exponential((v - splat(a->maximum)) * splat(a->inverse_temperature));
        if (keep) save_lanes(a->output + i, e, n);
        sum += __builtin_convertvector(e, dvec);
    }
    double total = sum[0];
    for (int l = 1; l < LANES; l++) total += sum[l];
    return total;
}

static double sum_of_exponentials(const ck_logits *a) { return exponentials_and_sum(a, 0); }
static double exponentials(const ck_logits *a) { return exponentials_and_sum(a, 1); }

static void exp_array(const float *in, float *out, ptrdiff_t count) {
    FOR_VECTORS(count) save_lanes(out + i, exponential(load_lanes(in + i, n)), n);
}
