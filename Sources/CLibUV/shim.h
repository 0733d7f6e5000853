// shim.h — libuv as Swift sees it. Everything Network calls is an ordinary function, so no wrapper is needed today;
// a variadic one (uv_loop_configure) would get a typed `static inline` here, because Swift cannot call it.
#ifndef SWIFTLET_CLIBUV_SHIM_H
#define SWIFTLET_CLIBUV_SHIM_H
#include <uv.h>
// Linux's precise timers, which Swift's Glibc module leaves out: libuv's own count whole milliseconds.
#include <sys/timerfd.h>
#endif
