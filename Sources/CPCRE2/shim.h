// shim.h — PCRE2 over bytes as Swift sees it. The library's own names (`pcre2_match`) are macros, which Swift does not
// import; its functions are called by what the macros stand for (`pcre2_match_8`).
#ifndef SWIFTLET_CPCRE2_SHIM_H
#define SWIFTLET_CPCRE2_SHIM_H
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#endif
