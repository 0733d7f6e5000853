// climits_probes.h — what one core of this machine can do at best: bytes read, f32 and int8 arithmetic.
// For swiftlet-bench, which reports its figures as shares of these, measured in the same run.
#ifndef SWIFTLET_CLIMITS_PROBES_H
#define SWIFTLET_CLIMITS_PROBES_H

#include <stddef.h>
#include <stdint.h>

/// Reads `count` floats once, as fast as vector loads go; returns something that depends on all of them.
float climits_read(const float *numbers, size_t count);

/// Runs fused multiply-adds on registers. Returns the number of floating-point operations done.
double climits_f32_operations(int64_t rounds);

/// Runs dot products of bf16 pairs where the CPU has them, else as above. Returns the floating-point operations done.
double climits_bf16_operations(int64_t rounds);

/// Runs the widest int8 dot products that the CPU has, those of tiles (AMX) only if `tiles`: a process must have asked
/// the system for them. Returns the number of integer operations done.
double climits_int8_operations(int64_t rounds, int tiles);

#endif
