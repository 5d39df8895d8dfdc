/* SPDX-License-Identifier: MIT */
#include "gateway/transfer.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "gateway/curl_handle.h"
#include "gateway/curl_tls.h"
#include "gateway/transfer_outcome.h"
#include "gateway/transfer_request.h"
#include "gateway/transfer_sockets.h"

/* ---- the answer ---- */

/* libcurl calls it last when a transfer is over and the connection still there. */
static int on_progress(void *context, curl_off_t expected, curl_off_t received, curl_off_t to_send, curl_off_t sent)
{
    struct transfer *transfer = context;

    (void)expected;
    (void)received;
    (void)to_send;
    (void)sent;
    if (transfer->awaits_farewell && curl_tls_has_farewell(transfer->easy)) {
        transfer->has_farewell = true;
    }
    return atomic_load(&transfer->is_aborted) ? 1 : 0;
}

/* The answer may come before the request's end: libcurl would go on sending. */
static bool is_all_sent(const struct transfer *transfer)
{
    curl_off_t sent_bytes = 0;

    if (transfer->attempt->body.length == 0) {
        return true;
    }
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent_bytes);
    return (uint64_t)sent_bytes >= transfer->attempt->body.length;
}

/* An answer without a body that says it has one: should bytes of it be on their way, they would meet the next request.
 */
static bool may_be_followed(const struct response_framing *framing)
{
    return (framing->has_length && framing->content_length > 0) || framing->has_transfer_encoding;
}

/* The connection ends with this transfer. */
static void keep_no_connection(struct transfer *transfer)
{
    transfer->forbids_reuse = true;
    (void)curl_easy_setopt(transfer->easy, CURLOPT_FORBID_REUSE, 1L);
}

/* libcurl tells a connection's end that is the session's from any other only while it is there; see on_progress(). */
static void await_farewell(struct transfer *transfer)
{
    transfer->awaits_farewell = true;
    (void)curl_easy_setopt(transfer->easy, CURLOPT_NOPROGRESS, 0L);
}

/* False: libcurl is to end the transfer and its connection, because the answer is wrong, or because it is all there and
 * bytes follow, or libcurl would not stop by itself. */
static bool read_answer(struct transfer *transfer, const char *bytes, size_t count)
{
    struct http_response_parser *parser = &transfer->parser;
    bool is_in_head = parser->phase == HTTP_RESPONSE_FIELD;
    size_t used = http_response_parser_feed(parser, bytes, count);

    transfer->attempt->status = parser->framing.status;
    if (parser->error != CALL_OK || used < count) {
        return false;
    }
    if (!parser->is_complete) {
        bool has_no_end = parser->phase == HTTP_RESPONSE_BODY_UNTIL_END;
        if (has_no_end && transfer->attempt->server->is_tls && !transfer->awaits_farewell) {
            await_farewell(transfer);
        }
        return true;
    }
    if (is_in_head && may_be_followed(&parser->framing)) {
        keep_no_connection(transfer);
    }
    return is_all_sent(transfer);
}

/* Head, body and chunks, all as they came. Not a header callback: libcurl 7.88 looks at a line for itself before it
 * calls that one, and takes a first field that begins with a blank for the rest of a field that it freed when the
 * handle's last answer was done with. */
static size_t on_bytes(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;

    if (transfer->attempt->first_byte_us == 0) {
        transfer->attempt->first_byte_us = clock_monotonic_us();
    }
    return read_answer(transfer, bytes, size * count) ? size * count : 0;
}

/* ---- life ---- */

int transfer_global_init(void)
{
    return curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK ? 0 : -1;
}

void transfer_global_clear(void)
{
    curl_global_cleanup();
}

void transfer_library_version(char *text, size_t size)
{
    (void)snprintf(text, size, "libcurl %s", curl_version_info(CURLVERSION_NOW)->version);
}

/* What is the same for every attempt. */
static void set_constant_options(struct transfer *transfer)
{
    CURL *easy = transfer->easy;

    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_handle_set_constants(easy);
    (void)curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    (void)curl_easy_setopt(easy, CURLOPT_XFERINFODATA, transfer);
    transfer_sockets_set_callbacks(transfer);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_HEADER, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_TRANSFER_DECODING, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_SHARE, transfer->cache->share);
}

static size_t *answer_bytes_of(struct transfer_cache *cache)
{
    return cache->answer_bytes != NULL ? cache->answer_bytes : &cache->own_answer_bytes;
}

struct transfer *transfer_new(struct transfer_cache *cache)
{
    struct transfer *transfer = calloc(1, sizeof *transfer);

    if (transfer == NULL) {
        return NULL;
    }
    transfer->easy = curl_easy_init();
    transfer->request = transfer->easy != NULL ? transfer_request_new(transfer->easy, answer_bytes_of(cache)) : NULL;
    if (transfer->request == NULL) {
        curl_easy_cleanup(transfer->easy);
        free(transfer);
        return NULL;
    }
    transfer->cache = cache;
    transfer->active_descriptor = -1;
    atomic_init(&transfer->is_aborted, false);
    pthread_mutex_init(&transfer->lock, NULL);
    set_constant_options(transfer);
    return transfer;
}

void transfer_free(struct transfer *transfer)
{
    if (transfer == NULL) {
        return;
    }
    curl_easy_cleanup(transfer->easy);
    transfer_request_free(transfer->request);
    pthread_mutex_destroy(&transfer->lock);
    free(transfer);
}

/* ---- an attempt ---- */

static void begin_answer(struct transfer *transfer, struct attempt *attempt)
{
    const struct http_response_expected expected = {
        .body = &attempt->response,
        .head = attempt->wants_response_head ? &attempt->response_head : NULL,
        .room = attempt->room,
        .head_bytes_limit = attempt->response_header_bytes,
        .allows_content_coding = attempt->wants_response_head,
    };

    http_response_parser_begin(&transfer->parser, &expected);
    if (transfer->forbids_reuse) {
        transfer->forbids_reuse = false;
        (void)curl_easy_setopt(transfer->easy, CURLOPT_FORBID_REUSE, 0L);
    }
    transfer->has_farewell = false;
    if (transfer->awaits_farewell) {
        transfer->awaits_farewell = false;
        (void)curl_easy_setopt(transfer->easy, CURLOPT_NOPROGRESS, transfer->is_abortable ? 0L : 1L);
    }
}

int transfer_begin(struct transfer *transfer, struct attempt *attempt)
{
    uint64_t now_us = clock_monotonic_us();

    transfer_sockets_begin(transfer);
    int result = transfer_request_set(transfer->request, attempt, now_us);
    if (result < 0) {
        return result;
    }
    begin_answer(transfer, attempt);
    transfer->attempt = attempt;
    socket_table_move_to(&transfer->cache->sockets, attempt->addresses);
    if (attempt->started_us == 0) {
        attempt->started_us = now_us; /* else it began with the server's name */
    }
    return 0;
}

enum call_error transfer_end(struct transfer *transfer, int code)
{
    struct attempt *attempt = transfer->attempt;
    enum call_error error = transfer_outcome(transfer, code);

    attempt->is_stale = attempt->is_reused && error == CALL_CONNECTION_TERMINATED;
    transfer_sockets_end(transfer);
    transfer_request_unset(transfer->request, transfer->parser.framing.head_bytes + attempt->response.length);
    http_response_parser_clear(&transfer->parser);
    transfer->attempt = NULL;
    return error;
}

enum call_error transfer_perform(struct transfer *transfer, struct attempt *attempt)
{
    if (!transfer->is_abortable) {
        transfer->is_abortable = true;
        /* The progress callback is how libcurl, waiting for a name or a connection, learns of an abort. */
        (void)curl_easy_setopt(transfer->easy, CURLOPT_NOPROGRESS, 0L);
    }
    if (transfer_begin(transfer, attempt) < 0) {
        return CALL_PROXY_INTERNAL_ERROR;
    }
    return transfer_end(transfer, (int)curl_easy_perform(transfer->easy));
}

void transfer_rearm(struct transfer *transfer)
{
    atomic_store(&transfer->is_aborted, false);
}

void transfer_forget_socket(struct transfer *transfer, int descriptor)
{
    pthread_mutex_lock(&transfer->lock);
    if (transfer->active_descriptor == descriptor) {
        transfer->active_descriptor = -1;
    }
    pthread_mutex_unlock(&transfer->lock);
}

void transfer_abort(struct transfer *transfer)
{
    atomic_store(&transfer->is_aborted, true);
    pthread_mutex_lock(&transfer->lock);
    if (transfer->active_descriptor >= 0) {
        (void)shutdown(transfer->active_descriptor, SHUT_RDWR);
    }
    pthread_mutex_unlock(&transfer->lock);
}
