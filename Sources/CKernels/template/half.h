// half.h — IEEE binary16 by integer arithmetic, for CPUs without a conversion instruction.
#include <stdint.h>
#include <string.h>

typedef float half_floats __attribute__((ext_vector_type(4)));
typedef uint32_t half_words __attribute__((ext_vector_type(4)));

// Moves the 15 magnitude bits to where binary32 keeps them, then multiplies by 2^112 to correct the exponent's bias
// (15 against 127). The product is exact, also for subnormals; infinities and NaNs get their all-ones exponent back.
static inline half_floats half_decode(half_words bits) {
    half_words magnitude = (bits & 0x7fff) << 13;
    half_floats scaled = (half_floats)magnitude * 0x1p112f;
    half_words special = (half_words)(magnitude >= 0x0f800000) & 0x7f800000;
    return (half_floats)((half_words)scaled | special | (bits & 0x8000) << 16);
}

static inline half_floats half_load(const void *pointer) {
    uint16_t bits[4];
    memcpy(bits, pointer, sizeof bits);
    return half_decode((half_words){bits[0], bits[1], bits[2], bits[3]});
}

// Rounds to nearest, ties to even.
static inline uint16_t half_from_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    bits &= 0x7fffffff;
    if (bits > 0x7f800000) return sign | 0x7e00;   // NaN
    if (bits >= 0x477ff000) return sign | 0x7c00;  // 65520 and more round to infinity
    if (bits < 0x38800000) {
        // Below 2^-14, a subnormal half: adding 0.5 rounds to a multiple of 2^-24, which is its last place.
        float magnitude;
        memcpy(&magnitude, &bits, sizeof bits);
        magnitude += 0.5f;
        memcpy(&bits, &magnitude, sizeof bits);
        return sign | (uint16_t)(bits - 0x3f000000);
    }
    bits += 0xfff + (bits >> 13 & 1);              // half of the last place, less one bit where the last is even
    return sign | (uint16_t)((bits - 0x38000000) >> 13);
}

static inline void half_store(void *pointer, half_floats v) {
    uint16_t bits[4] = {half_from_float(v.x), half_from_float(v.y), half_from_float(v.z), half_from_float(v.w)};
    memcpy(pointer, bits, sizeof bits);
}
