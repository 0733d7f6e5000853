// shim.h — OpenSSL's message digests as Swift sees them: ordinary functions, no wrapper needed.
#ifndef SWIFTLET_CLIBCRYPTO_SHIM_H
#define SWIFTLET_CLIBCRYPTO_SHIM_H
#include <openssl/evp.h>
#endif
