/* SPDX-License-Identifier: MIT */
#include "gateway/transfer_sockets.h"

#include <curl/curl.h>
#include <errno.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "gateway/curl_tls.h"

/* ---- opened and closed ---- */

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
        entry->addresses = name_addresses_hold(transfer->attempt->addresses);
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
    if (transfer->attempt->addresses == NULL) {
        transfer->attempt->resolved_us = clock_monotonic_us();
    }
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

static void set_active(struct transfer *transfer, int descriptor)
{
    if (!transfer->is_abortable) {
        return;
    }
    pthread_mutex_lock(&transfer->lock);
    transfer->active_descriptor = descriptor;
    pthread_mutex_unlock(&transfer->lock);
}

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
    transfer->is_poisoned = socket_table_has_unread(&transfer->cache->sockets, local_port) ||
                            (transfer->attempt->server->is_tls && curl_tls_has_unread(transfer->easy));
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

/* ---- an attempt ---- */

void transfer_sockets_set_callbacks(struct transfer *transfer)
{
    CURL *easy = transfer->easy;

    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, transfer->cache);
    (void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request_due);
    (void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
}

void transfer_sockets_begin(struct transfer *transfer)
{
    transfer->requests_sent = 0;
    transfer->is_poisoned = false;
    transfer->is_out_of_descriptors = false;
    transfer->opened_count = 0;
}

void transfer_sockets_end(struct transfer *transfer)
{
    forget_unused_sockets(transfer);
    set_active(transfer, -1);
}
