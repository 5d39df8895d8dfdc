/* SPDX-License-Identifier: MIT */
#include "gateway/curl_handle.h"

#include <curl/curl.h>
#include <errno.h>

#include "common/clock.h"
#include "gateway/curl_tls.h"

/* So long after the first address of a name the next is tried beside it: the other family's, or, where the first was
 * refused at once, whichever comes next. libcurl's own 200 ms are longer than the connect timeout of a backend nearby.
 */
enum { NEXT_ADDRESS_MS = 50 };

void curl_handle_set_constants(void *easy)
{
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "*"); /* for no host, whatever the environment says */
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT,
                           -1L); /* what name_resolver found is all it knows of names */
    (void)curl_easy_setopt(easy, CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS, (long)NEXT_ADDRESS_MS);
    /* There is never a proxy, but libcurl copies for each transfer where a proxy's authorities would be. */
    (void)curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, NULL);
    (void)curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL);
    curl_tls_set_constants(easy);
}

int curl_handle_resolved_line(struct buf *line, const struct url *server, const struct name_addresses *addresses)
{
    (void)buf_add_text(line, server->host);
    (void)buf_add_byte(line, ':');
    (void)buf_add_number(line, server->port);
    (void)buf_add_byte(line, ':');
    (void)buf_add_text(line, addresses->text);
    return buf_add_byte(line, '\0') < 0 ? -ENOMEM : 0;
}

static enum call_error error_of_system(void *easy)
{
    long code = 0;

    (void)curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &code);
    switch (code) {
    case ECONNREFUSED:
        return CALL_CONNECTION_REFUSED;
    case ETIMEDOUT:
        return CALL_CONNECTION_TIMEOUT;
    default:
        return CALL_DESTINATION_UNAVAILABLE;
    }
}

enum call_error curl_handle_connect_error(void *easy, int code, bool is_out_of_descriptors)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return CALL_DNS_ERROR;
    case CURLE_COULDNT_CONNECT:
        return is_out_of_descriptors ? CALL_CONNECTION_LIMIT_REACHED : error_of_system(easy);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
        return CALL_TLS_PROTOCOL_ERROR;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM: /* ours */
        return CALL_TLS_CERTIFICATE_ERROR;
    default:
        return CALL_OK;
    }
}

long curl_handle_milliseconds(uint64_t now_us, uint64_t deadline_us, uint64_t at_most_us)
{
    uint64_t left_us = deadline_us > now_us ? deadline_us - now_us : 0;

    if (left_us > at_most_us) {
        left_us = at_most_us;
    }
    return left_us < CLOCK_US_PER_MS ? 1 : (long)((left_us + CLOCK_US_PER_MS - 1) / CLOCK_US_PER_MS);
}
