// shim.h — libcurl as Swift sees it. Its setters and getters are variadic, which Swift cannot call: each kind of value
// has a typed door here.
#ifndef SWIFTLET_CLIBCURL_SHIM_H
#define SWIFTLET_CLIBCURL_SHIM_H
#include <curl/curl.h>

// Takes body bytes or a header line; anything but size · count returned ends the transfer.
typedef size_t (*swiftlet_curl_receiver)(char *bytes, size_t size, size_t count, void *owner);

static inline CURLcode swiftlet_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode swiftlet_curl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}
// libcurl copies the string, except for CURLOPT_POSTFIELDS.
static inline CURLcode swiftlet_curl_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode swiftlet_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode swiftlet_curl_set_receiver(CURL *easy, CURLoption option, swiftlet_curl_receiver receiver) {
    return curl_easy_setopt(easy, option, receiver);
}
static inline CURLcode swiftlet_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode swiftlet_curl_set_write(CURL *easy, swiftlet_curl_receiver write, void *owner) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, write);
    return code != CURLE_OK ? code : curl_easy_setopt(easy, CURLOPT_WRITEDATA, owner);
}

static inline CURLcode swiftlet_curl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}
// Where a redirect leads, as an absolute URL; null when the answer was none. Valid until the next transfer.
static inline const char *swiftlet_curl_redirect_url(CURL *easy) {
    char *url = NULL;
    return curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &url) == CURLE_OK ? url : NULL;
}
static inline void *swiftlet_curl_owner(CURL *easy) {
    char *owner = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
    return owner;
}

static inline CURLMcode swiftlet_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode swiftlet_curl_multi_set_callbacks(
    CURLM *multi, curl_socket_callback socket, curl_multi_timer_callback timer, void *owner) {
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, owner);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
    return curl_multi_setopt(multi, CURLMOPT_TIMERDATA, owner);
}

// The transfer of a finished message, and its result: the message is a union, which Swift reads only with effort.
static inline CURL *swiftlet_curl_finished(CURLM *multi, CURLcode *result) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) continue;
        *result = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}
#endif
