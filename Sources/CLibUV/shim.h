// shim.h — libuv, plus typed wrappers for what Swift cannot call (variadic functions).
#ifndef SWIFTLET_CLIBUV_SHIM_H
#define SWIFTLET_CLIBUV_SHIM_H
#include <uv.h>
#endif
