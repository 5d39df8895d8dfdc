/* SPDX-License-Identifier: MIT */
#include "gateway/transfer.h"

#include <curl/curl.h>
#include <errno.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "gateway/curl_handle.h"
#include "gateway/transfer_outcome.h"
#include "gateway/transfer_request.h"

/* What an answer says of its length is believed up to here: room is made for it at once. */
enum { RESERVED_BYTES_AT_MOST = 1024 * 1024 };

/* ---- sockets ---- */

static void set_active(struct transfer *transfer, int descriptor)
{
    if (!transfer->is_abortable) {
        return;
    }
    pthread_mutex_lock(&transfer->lock);
    transfer->active_descriptor = descriptor;
    pthread_mutex_unlock(&transfer->lock);
}

static void forget_entry(struct transfer_cache *cache, struct socket_entry *entry)
{
    if (cache->on_closing != NULL) {
        cache->on_closing(cache->context, entry);
    }
    socket_table_remove(&cache->sockets, entry->descriptor);
}

static struct socket_entry *add_entry(struct transfer *transfer, int descriptor)
{
    struct transfer_cache *cache = transfer->cache;
    struct socket_entry *stale = socket_table_find(&cache->sockets, descriptor);

    if (stale != NULL) {
        forget_entry(cache, stale); /* see forget_unused_sockets() */
    }
    struct socket_entry *entry = socket_table_add(&cache->sockets, descriptor);
    if (entry != NULL) {
        entry->opened_by = transfer;
    }
    return entry;
}

/* libcurl closes a socket that did not connect, or connected second, without telling CLOSESOCKETFUNCTION. */
static void forget_unused_sockets(struct transfer *transfer)
{
    for (size_t i = 0; i < transfer->opened_count; i++) {
        struct socket_entry *entry = socket_table_find(&transfer->cache->sockets, transfer->opened[i]);
        if (entry != NULL && entry->opened_by == transfer && entry->local_port == 0) {
            forget_entry(transfer->cache, entry);
        }
    }
}

static curl_socket_t on_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = context;
    struct transfer_cache *cache = transfer->cache;

    (void)purpose;
    /* Once the request was sent it is a replay that libcurl wants a connection for, which on_request_due() would refuse
     * only when the backend has already been bothered with it. */
    if (transfer->requests_sent > 0 || transfer->opened_count == TRANSFER_SOCKETS_OPENED) {
        return CURL_SOCKET_BAD;
    }
    int descriptor = socket(address->family, address->socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address->protocol);
    if (descriptor < 0) {
        transfer->is_out_of_descriptors = errno == EMFILE || errno == ENFILE;
        return CURL_SOCKET_BAD;
    }
    struct socket_entry *entry = add_entry(transfer, descriptor);
    if (entry == NULL) {
        (void)close(descriptor);
        return CURL_SOCKET_BAD;
    }
    transfer->opened[transfer->opened_count++] = descriptor;
    transfer->attempt->resolved_us = clock_monotonic_us();
    if (cache->on_opened != NULL) {
        cache->on_opened(cache->context, entry);
    }
    return descriptor;
}

/* Called with the cache, because a kept connection outlives the transfer that opened it. */
static int on_close_socket(void *context, curl_socket_t descriptor)
{
    struct transfer_cache *cache = context;
    struct socket_entry *entry = socket_table_find(&cache->sockets, descriptor);

    if (entry != NULL) {
        forget_entry(cache, entry);
    }
    return close(descriptor);
}

/* ---- the moment before the request is sent ---- */

/* With two addresses for a name, libcurl may have opened two sockets: only the one with this local port connected
 * first. */
static int use_new_connection(struct transfer *transfer, int local_port)
{
    struct transfer_cache *cache = transfer->cache;

    for (size_t i = 0; i < transfer->opened_count; i++) {
        struct socket_entry *entry = socket_table_find(&cache->sockets, transfer->opened[i]);
        bool is_it = transfer->opened_count == 1 || socket_table_local_port(transfer->opened[i]) == local_port;
        if (entry != NULL && entry->opened_by == transfer && is_it) {
            socket_table_name(&cache->sockets, entry, local_port);
            set_active(transfer, entry->descriptor);
        }
    }
    forget_unused_sockets(transfer);
    transfer->attempt->connected_us = clock_monotonic_us();
    return CURL_PREREQFUNC_OK;
}

static int use_kept_connection(struct transfer *transfer, int local_port)
{
    const struct socket_entry *entry = socket_table_find_port(&transfer->cache->sockets, local_port);

    transfer->attempt->is_reused = true;
    set_active(transfer, entry != NULL ? entry->descriptor : -1);
    transfer->is_poisoned = socket_table_has_unread(&transfer->cache->sockets, local_port);
    return transfer->is_poisoned ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* A kept connection that dies before it answers makes libcurl send the request again, whatever the method, and call it
 * a success. RFC 9110 §9.2.2 forbids that to a proxy; call_policy decides, not libcurl. */
static int on_request_due(void *context, char *remote_address, char *local_address, int remote_port, int local_port)
{
    struct transfer *transfer = context;

    (void)remote_address;
    (void)local_address;
    (void)remote_port;
    transfer->requests_sent++;
    if (transfer->requests_sent > 1 || atomic_load(&transfer->is_aborted)) {
        return CURL_PREREQFUNC_ABORT;
    }
    int verdict = transfer->opened_count > 0 ? use_new_connection(transfer, local_port)
                                             : use_kept_connection(transfer, local_port);
    if (verdict == CURL_PREREQFUNC_OK) {
        transfer->attempt->sent_us = clock_monotonic_us();
    }
    return verdict;
}

static int on_progress(void *context, curl_off_t expected, curl_off_t received, curl_off_t to_send, curl_off_t sent)
{
    struct transfer *transfer = context;

    (void)expected;
    (void)received;
    (void)to_send;
    (void)sent;
    return atomic_load(&transfer->is_aborted) ? 1 : 0;
}

/* ---- the answer ---- */

/* Of interim responses (1xx) nothing is kept: each status line begins anew. Nor of trailers: they come behind the body,
 * and are no part of the head (RFC 9110 §6.5.1). */
static int keep_head_line(struct transfer *transfer, struct str line)
{
    struct buf *head = &transfer->attempt->response_head;

    if (!transfer->attempt->wants_response_head || transfer->framing.is_complete) {
        return 0;
    }
    if (transfer->framing.is_status_line) {
        buf_reset(head);
        return 0;
    }
    return buf_add_str(head, line);
}

/* A body in one piece, instead of one that grows by and by. Where there is no room, the body's own bytes will say so.
 */
static int expect_body(struct transfer *transfer)
{
    struct buf *response = &transfer->attempt->response;
    uint64_t length = transfer->framing.content_length;

    if (length > response->limit) {
        transfer->is_body_too_long = true;
        return -ENOBUFS;
    }
    if (transfer->framing.is_complete && length > 0) {
        (void)buf_reserve(response, length < RESERVED_BYTES_AT_MOST ? (size_t)length : RESERVED_BYTES_AT_MOST);
    }
    return 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    struct str line = { bytes, size * count };

    if (transfer->attempt->first_byte_us == 0) {
        transfer->attempt->first_byte_us = clock_monotonic_us();
    }
    enum call_error error = response_framing_line(&transfer->framing, line);
    transfer->attempt->status = transfer->framing.status;
    if (error != CALL_OK || keep_head_line(transfer, line) < 0) {
        return 0;
    }
    return transfer->framing.has_length && expect_body(transfer) < 0 ? 0 : size * count;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;

    if (buf_add(&transfer->attempt->response, bytes, size * count) < 0) {
        transfer->is_body_too_long = true;
        return 0;
    }
    return size * count;
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
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, transfer->cache);
    (void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request_due);
    (void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
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

int transfer_begin(struct transfer *transfer, struct attempt *attempt)
{
    uint64_t now_us = clock_monotonic_us();

    transfer->requests_sent = 0;
    transfer->is_poisoned = false;
    transfer->is_out_of_descriptors = false;
    transfer->opened_count = 0;
    transfer->is_body_too_long = false;
    transfer->framing = (struct response_framing){ .limit_bytes = attempt->response_header_bytes,
                                                   .allows_content_coding = attempt->wants_response_head };
    if (transfer_request_set(transfer->request, attempt, now_us) < 0) {
        return -ENOMEM;
    }
    transfer->attempt = attempt;
    attempt->started_us = now_us;
    return 0;
}

enum call_error transfer_end(struct transfer *transfer, int code)
{
    struct attempt *attempt = transfer->attempt;
    enum call_error error = transfer_outcome(transfer, code);

    attempt->status = transfer->framing.status;
    attempt->is_stale = attempt->is_reused && error == CALL_CONNECTION_TERMINATED;
    forget_unused_sockets(transfer);
    set_active(transfer, -1);
    transfer_request_unset(transfer->request, transfer->framing.head_bytes + attempt->response.length);
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
