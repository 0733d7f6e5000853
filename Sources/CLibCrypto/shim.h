// shim.h — OpenSSL's message digests and its comparison in constant time: ordinary functions, no wrapper needed.
#ifndef SWIFTLET_CLIBCRYPTO_SHIM_H
#define SWIFTLET_CLIBCRYPTO_SHIM_H
#include <openssl/crypto.h>
#include <openssl/evp.h>
#endif
