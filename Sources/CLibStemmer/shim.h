// shim.h — Snowball's stemmers (Debian's libstemmer-dev, which has no pkg-config file).
#ifndef SWIFTLET_CLIBSTEMMER_SHIM_H
#define SWIFTLET_CLIBSTEMMER_SHIM_H
#include <libstemmer.h>
#endif
