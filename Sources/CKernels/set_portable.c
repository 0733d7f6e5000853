// set_portable.c — the templates for any CPU: 4 lanes, as SSE2 and NEON have them, a rounding after every product.
#define SET_TABLE ck_portable_table
#define SET_NAME "portable"
#define LANES 4
#define FUSED 0
#define LINEAR_ROWS 2
#define ATTENTION_VECTORS 2

#include "template/half.h"

#define SPLAT_F16(pointer) splat(half_decode((half_words)(uint32_t)(uint16_t)load_16_bits(pointer)).x)
#define LOAD_F16(pointer) half_load(pointer)
#define STORE_F16(pointer, v) half_store(pointer, v)

#define PANEL_ROWS 1
#define PANEL_VECTORS 4
// As AVX2: 16 registers.
#define FLOAT_PANEL_ROWS 4
#define FLOAT_PANEL_VECTORS 4
#define Q8_0_PANEL_OFFSET 128

#define BYTES 4
#define ADD_BYTE_PRODUCTS(sum, row, query) \
    for (int l = 0; l < 4; l++) (sum)[l] += (row)[l] * (query)[l]

#include "template/all.h"
