// shim.h — libcurl as Swift sees it. Its setters and getters are variadic, which Swift cannot call: here is one typed
// function for each kind of value that Download passes.
#ifndef SWIFTLET_CLIBCURL_SHIM_H
#define SWIFTLET_CLIBCURL_SHIM_H
#include <curl/curl.h>

/// The library's callback for body bytes and header lines; anything but `size * count` returned ends the transfer.
typedef size_t (*swiftlet_curl_receiver)(char *_Nullable bytes, size_t size, size_t count, void *_Nullable context);

static inline CURLcode swiftlet_curl_set_long(CURL *_Nonnull handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

/// The string is copied by the library.
static inline CURLcode swiftlet_curl_set_string(
    CURL *_Nonnull handle, CURLoption option, const char *_Nullable value) {
    return curl_easy_setopt(handle, option, value);
}

/// The pointer is kept: what it points at must outlive the transfer.
static inline CURLcode swiftlet_curl_set_pointer(CURL *_Nonnull handle, CURLoption option, void *_Nullable value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode swiftlet_curl_set_receiver(
    CURL *_Nonnull handle, CURLoption option, swiftlet_curl_receiver _Nonnull receiver) {
    return curl_easy_setopt(handle, option, receiver);
}

/// Where a redirect leads, as an absolute URL; null when the answer was none. Valid until the next transfer.
static inline const char *_Nullable swiftlet_curl_redirect_url(CURL *_Nonnull handle) {
    char *url = 0;
    return curl_easy_getinfo(handle, CURLINFO_REDIRECT_URL, &url) == CURLE_OK ? url : 0;
}
#endif
