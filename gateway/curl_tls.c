/* SPDX-License-Identifier: MIT */
#include "gateway/curl_tls.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const struct tls_settings none = { .server_name = NULL };

/* ---- whose folder ---- */

/* Beside given authorities libcurl would go on to trust those of its folder of the system's. Where it has a file of
 * them, too, the folder says nothing new, and only keeps libcurl from remembering the file, which it then reads for
 * each connection: some 240 million instructions. */
static int set_folder(void *easy, const struct tls_settings *tls)
{
    const curl_version_info_data *built = curl_version_info(CURLVERSION_NOW);
    const char *folder = tls->ca.path != NULL || built->cainfo != NULL ? NULL : built->capath;

    return curl_easy_setopt(easy, CURLOPT_CAPATH, folder) == CURLE_OK ? 0 : -ENOMEM;
}

/* ---- what a server may do to a session ---- */

/* libcurl lets OpenSSL take every end of a connection for the session's own: curl_tls_has_farewell() has to tell them
 * apart. And a server that asks to negotiate anew gets nothing but a no: while that went on, sending would wait for
 * bytes to come, and libcurl says only that it waits. */
static CURLcode harden(CURL *easy, void *openssl, void *unused)
{
    SSL_CTX *context = openssl;

    (void)easy;
    (void)unused;
    (void)SSL_CTX_clear_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    (void)SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    return CURLE_OK;
}

/* Of another library's it would be another thing that is handed over. */
static bool is_openssl(void)
{
    const char *library = curl_version_info(CURLVERSION_NOW)->ssl_version;

    return library != NULL && strncmp(library, "OpenSSL/", strlen("OpenSSL/")) == 0;
}

/* ---- constants ---- */

void curl_tls_set_constants(void *easy)
{
    (void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (is_openssl()) {
        (void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, harden);
    }
    (void)!set_folder(easy, &none);
}

/* ---- the name ---- */

void curl_tls_write_url(const struct url *server, const struct tls_settings *tls, char *text, size_t size)
{
    if (tls != NULL && tls->server_name != NULL) {
        (void)snprintf(text, size, "https://%s:%u/", tls->server_name, (unsigned)server->port);
    } else {
        (void)snprintf(text, size, "%s://%s/", server->is_tls ? "https" : "http", server->authority);
    }
}

/* libcurl keeps the list as it is. */
static int set_place(struct curl_tls *state, void *easy, const struct url *server, const struct tls_settings *tls)
{
    bool has_place = tls != NULL && tls->server_name != NULL;

    if (!has_place && state->place[0] == '\0') {
        return 0;
    }
    state->place[0] = '\0';
    if (has_place) {
        (void)snprintf(state->place, sizeof state->place, server->is_ipv6 ? "::[%s]:%u" : "::%s:%u", server->host,
                       (unsigned)server->port);
        state->line = (struct curl_slist){ .data = state->place };
    }
    return curl_easy_setopt(easy, CURLOPT_CONNECT_TO, has_place ? &state->line : NULL) == CURLE_OK ? 0 : -ENOMEM;
}

/* ---- certificates ---- */

static int set_blob(void *easy, CURLoption option, const struct tls_file *file)
{
    struct curl_blob blob = {
        .data = without_const(file->text.base),
        .len = file->text.length,
        .flags = CURL_BLOB_COPY,
    };

    return curl_easy_setopt(easy, option, file->path != NULL ? &blob : NULL) == CURLE_OK ? 0 : -ENOMEM;
}

int curl_tls_set(struct curl_tls *state, void *easy, const struct url *server, const struct tls_settings *tls)
{
    const struct tls_settings *wanted = tls != NULL ? tls : &none;

    if (set_place(state, easy, server, tls) < 0) {
        return -ENOMEM;
    }
    if (!server->is_tls || tls_identity_is(&state->identity, tls)) {
        return 0;
    }
    if (set_blob(easy, CURLOPT_CAINFO_BLOB, &wanted->ca) < 0 || set_folder(easy, wanted) < 0 ||
        set_blob(easy, CURLOPT_SSLCERT_BLOB, &wanted->certificate) < 0 ||
        set_blob(easy, CURLOPT_SSLKEY_BLOB, &wanted->key) < 0) {
        memset(&state->identity, 0xff, sizeof state->identity); /* half of it: nobody's */
        return -ENOMEM;
    }
    state->identity = tls_identity_of(tls);
    return 0;
}

/* ---- a session ---- */

/* NULL: the connection is plain, or there is none. */
static const struct curl_tlssessioninfo *session_of(void *easy)
{
    const struct curl_tlssessioninfo *session = NULL;

    bool is_known = curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK && session != NULL &&
                    session->backend != CURLSSLBACKEND_NONE && session->internals != NULL;
    return is_known ? session : NULL;
}

/* Of a session that is not OpenSSL's nothing is known: better no reuse than another answer's bytes. */
bool curl_tls_has_unread(void *easy)
{
    const struct curl_tlssessioninfo *session = session_of(easy);

    return session != NULL && (session->backend != CURLSSLBACKEND_OPENSSL || SSL_has_pending(session->internals) != 0);
}

/* The other libraries themselves take an end without it for an error. */
bool curl_tls_has_farewell(void *easy)
{
    const struct curl_tlssessioninfo *session = session_of(easy);

    return session != NULL && (session->backend != CURLSSLBACKEND_OPENSSL ||
                               (SSL_get_shutdown(session->internals) & SSL_RECEIVED_SHUTDOWN) != 0);
}

/* libcurl says it with a slash. */
void curl_tls_library_version(char *text, size_t size)
{
    const char *version = curl_version_info(CURLVERSION_NOW)->ssl_version;

    (void)snprintf(text, size, "%s", version != NULL ? version : "no TLS");
    char *slash = strchr(text, '/');
    if (slash != NULL) {
        *slash = ' ';
    }
}
