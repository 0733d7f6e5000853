// all.h — one instruction set: the templates in order, and the table that lists them.
// Included once by each set_*.c, which says how wide a vector is and how f16 is converted.
#if defined(SET_TARGET)
#pragma clang attribute push(__attribute__((target(SET_TARGET))), apply_to = function)
#endif

#include "vector.h"
#include "quants.h"
#include "linear.h"
#include "rows.h"
#include "panels.h"
#if defined(TILE_TABLE)
#include "tile_panels.h"
#include "bf16_tiles.h"
#endif
#include "cache.h"
#include "attention_segment.h"
#include "attention.h"
#include "logits.h"
#include "vectors.h"

#if defined(SET_TARGET)
#pragma clang attribute pop
#endif

// All but what multiplies integers.
#define SET_FUNCTIONS \
    .lanes = LANES, \
    .linear = linear, \
    .quantize_rows = quantize_rows, \
    .rms_norm = rms_norm, \
    .layer_norm = layer_norm, \
    .gelu = gelu, \
    .silu_multiply = silu_multiply, \
    .gelu_multiply = gelu_multiply, \
    .add = add, \
    .scale = scale, \
    .soft_cap = soft_cap, \
    .rotate = rotate, \
    .gather = gather, \
    .store = store, \
    .attend = attend, \
    .attend_segment = attend_segment, \
    .merge_segments = merge_segments, \
    .argmax = argmax, \
    .sum_of_exponentials = sum_of_exponentials, \
    .exponentials = exponentials, \
    .exp_array = exp_array, \
    .dot_bytes = dot_bytes, \
    .dot_halves = dot_halves

extern const ck_table SET_TABLE;
const ck_table SET_TABLE = {.name = SET_NAME, .panels = panels, .gated = gated, SET_FUNCTIONS};
#if defined(TILE_TABLE)
extern const ck_table TILE_TABLE;
const ck_table TILE_TABLE = {
    .name = "amx", .panels = tile_panels, .gated = tile_gated, .round_bf16 = round_bf16, .bf16_panels = bf16_panels,
    SET_FUNCTIONS};
#endif
