/* SPDX-License-Identifier: MIT */
/*
 * curl_tls - what an easy handle of libcurl secures its connections with: whom it trusts, who it is, and for which name
 * the server's certificate must be.
 *
 *     curl_tls_set_constants(easy);
 *     curl_tls_write_url(server, tls, url, sizeof url);       … goes to libcurl as its URL
 *     curl_tls_set(&handle->tls, easy, server, tls);
 *
 * Where the server goes by another name than its address has, the URL has that name (from it libcurl takes SNI and what
 * it verifies), and CURLOPT_CONNECT_TO says where it really is. Nothing is ever left unverified.
 *
 * libcurl reuses a connection, or a session's ticket, only for settings with the same contents.
 *
 * Memory: struct curl_tls is embedded beside the handle, and must not move while libcurl may use it; the settings are
 * copied by libcurl.   Threads: the handle's.
 */
#ifndef GATEWAY_CURL_TLS_H
#define GATEWAY_CURL_TLS_H

#include <curl/curl.h>

#include "common/url.h"
#include "gateway/tls_settings.h"

struct curl_tls {
    struct tls_identity identity; /* of what the handle is set to */
    struct curl_slist line;
    char place[sizeof((struct url *)NULL)->host + 16]; /* "::host:port"; "": none */
};

enum { CURL_TLS_URL_BYTES = 320 };

/* Once for each handle: verification, TLS 1.2 at least, no renegotiation. */
void curl_tls_set_constants(void *easy);
/* "https://name:8443/" */
void curl_tls_write_url(const struct url *server, const struct tls_settings *tls, char *text, size_t size);
/* `tls` NULL: the system's authorities, and nothing else. 0 or -ENOMEM. */
int curl_tls_set(struct curl_tls *state, void *easy, const struct url *server,
                 const struct tls_settings *tls) must_check;

/* Within libcurl's callbacks: decrypted bytes lie in the session of the handle's connection, where no socket shows
 * them. Of a plain connection: false. */
bool curl_tls_has_unread(void *easy);
/* The server has ended the session of the handle's connection (close_notify). A connection that ends without may have
 * been cut by anybody on the way, and with it a body that goes on to its end (RFC 9112 §9.8). Of a plain connection, or
 * where libcurl has let go of it: false. */
bool curl_tls_has_farewell(void *easy);
/* "OpenSSL 3.0.17", the one that libcurl uses. */
void curl_tls_library_version(char *text, size_t size);

#endif
