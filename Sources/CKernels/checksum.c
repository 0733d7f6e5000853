// checksum.c — CRC-32C by the instruction that some CPUs have for it.
#include <string.h>

#include "ckernels.h"

// One step of 8 bytes waits for the one before, 3 cycles: over 7 gigabytes a second, as fast as memory hands them over.
#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t checksum(uint32_t state, const char *bytes, size_t count) {
    uint64_t wide = state;
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t eight;
        memcpy(&eight, bytes, sizeof eight);
        wide = __builtin_ia32_crc32di(wide, eight);
    }
    uint32_t narrow = (uint32_t)wide;
    for (; count > 0; bytes++, count--) narrow = __builtin_ia32_crc32qi(narrow, (unsigned char)*bytes);
    return narrow;
}

bool ck_crc32c(uint32_t *state, const void *bytes, size_t count) {
    if (!__builtin_cpu_supports("sse4.2")) return false;
    *state = checksum(*state, bytes, count);
    return true;
}
#else
bool ck_crc32c(uint32_t *state, const void *bytes, size_t count) {
    (void)state, (void)bytes, (void)count;
    return false;
}
#endif
