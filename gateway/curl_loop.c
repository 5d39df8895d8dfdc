/* SPDX-License-Identifier: MIT */
#include "gateway/curl_loop.h"

#include <curl/curl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "gateway/transfer.h"

enum { KEPT_CONNECTIONS = 1024, STRAY_READS_AT_MOST = 64 };

struct curl_loop {
    struct loop *loop;
    CURLM *multi;
    struct loop_timer timer; /* what libcurl waits for besides sockets */
    struct transfer_cache cache;
    struct transfer *free_transfers;
};

/* ---- transfers ---- */

static struct transfer *take_transfer(struct curl_loop *curl_loop)
{
    struct transfer *transfer = curl_loop->free_transfers;

    if (transfer == NULL) {
        return transfer_new(&curl_loop->cache);
    }
    curl_loop->free_transfers = transfer->next_free;
    return transfer;
}

static void give_back(struct curl_loop *curl_loop, struct transfer *transfer)
{
    transfer->next_free = curl_loop->free_transfers;
    curl_loop->free_transfers = transfer;
}

/* Removing a transfer that is under way closes its connection. */
static enum call_error finish(struct curl_loop *curl_loop, struct attempt *attempt, CURLcode code)
{
    struct transfer *transfer = attempt->transfer;

    enum call_error error = transfer_end(transfer, (int)code);
    (void)curl_multi_remove_handle(curl_loop->multi, transfer->easy);
    attempt->transfer = NULL;
    give_back(curl_loop, transfer);
    return error;
}

static void complete_finished(struct curl_loop *curl_loop)
{
    int left = 0;

    for (CURLMsg *message = curl_multi_info_read(curl_loop->multi, &left); message != NULL;
         message = curl_multi_info_read(curl_loop->multi, &left)) {
        char *private_pointer = NULL;
        CURLcode code = message->data.result;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private_pointer);
        struct attempt *attempt = ((struct transfer *)(void *)private_pointer)->attempt;
        attempt_complete(attempt, finish(curl_loop, attempt, code));
    }
}

static void act(struct curl_loop *curl_loop, curl_socket_t descriptor, int events)
{
    int running = 0;

    (void)curl_multi_socket_action(curl_loop->multi, descriptor, events, &running);
    complete_finished(curl_loop);
}

void curl_loop_start(struct curl_loop *curl_loop, struct attempt *attempt)
{
    struct transfer *transfer = take_transfer(curl_loop);

    if (transfer == NULL || transfer_begin(transfer, attempt) < 0) {
        if (transfer != NULL) {
            give_back(curl_loop, transfer);
        }
        attempt_complete(attempt, CALL_PROXY_INTERNAL_ERROR);
        return;
    }
    attempt->transfer = transfer;
    if (curl_multi_add_handle(curl_loop->multi, transfer->easy) != CURLM_OK) {
        (void)finish(curl_loop, attempt, CURLE_FAILED_INIT);
        attempt_complete(attempt, CALL_PROXY_INTERNAL_ERROR);
    }
}

void curl_loop_cancel(struct curl_loop *curl_loop, struct attempt *attempt, enum call_error error)
{
    if (error == CALL_HTTP_RESPONSE_TIMEOUT) {
        error = attempt_timeout_error(attempt);
    }
    (void)finish(curl_loop, attempt, CURLE_ABORTED_BY_CALLBACK);
    attempt_complete(attempt, error);
}

/* ---- sockets ---- */

/* Nobody asked for anything: the backend's goodbye, or stray bytes, which libcurl 7.88 would take for the next answer.
 * Shut down and read empty, it looks dead to libcurl, which closes it when it comes across it. A backend that sends
 * faster than this reads does not hold the loop: what is left is seen before a request is sent. */
static void end_kept_connection(struct curl_loop *curl_loop, struct socket_entry *entry)
{
    char stray[4096];
    ssize_t count = 1;

    (void)shutdown(entry->descriptor, SHUT_RDWR);
    for (int i = 0; i < STRAY_READS_AT_MOST && count > 0; i++) {
        count = recv(entry->descriptor, stray, sizeof stray, MSG_DONTWAIT);
    }
    loop_unwatch(curl_loop->loop, &entry->watch);
}

static int curl_events(uint32_t events)
{
    return ((events & (EPOLLIN | EPOLLRDHUP)) != 0 ? CURL_CSELECT_IN : 0) |
           ((events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
           ((events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR | CURL_CSELECT_IN : 0);
}

static void on_socket_ready(void *context, uint32_t events)
{
    struct socket_entry *entry = context;
    struct curl_loop *curl_loop = entry->owner;

    if (entry->is_in_use) {
        act(curl_loop, entry->descriptor, curl_events(events));
    } else {
        end_kept_connection(curl_loop, entry);
    }
}

static void on_socket_opened(void *context, struct socket_entry *entry)
{
    entry->owner = context;
    entry->watch = (struct loop_watch){ .on_ready = on_socket_ready, .context = entry };
}

static void on_socket_closing(void *context, struct socket_entry *entry)
{
    struct curl_loop *curl_loop = context;

    loop_unwatch(curl_loop->loop, &entry->watch);
}

/* What libcurl wants to hear of. CURL_POLL_REMOVE comes when a transfer lets go of a connection, which is then kept;
 * and of one that never came about, whose socket libcurl has closed by then without a word: that one is not watched any
 * more. Never -1, which libcurl takes for the end of all its transfers (7.88 may even crash then): a socket that could
 * not be watched, for want of memory, is ended by its transfer's timeout. */
static int on_socket_wish(CURL *easy, curl_socket_t descriptor, int wish, void *context, void *unused)
{
    struct curl_loop *curl_loop = context;
    struct socket_entry *entry = socket_table_find(&curl_loop->cache.sockets, descriptor);

    (void)easy;
    (void)unused;
    if (entry == NULL) {
        return 0;
    }
    entry->is_in_use = wish != CURL_POLL_REMOVE && wish != CURL_POLL_NONE;
    uint32_t events = EPOLLIN | EPOLLRDHUP | ((wish & CURL_POLL_OUT) != 0 && entry->is_in_use ? EPOLLOUT : 0U);
    bool is_gone = !entry->is_in_use && entry->local_port == 0;
    if (is_gone || (entry->watch.is_watching && loop_rewatch(curl_loop->loop, &entry->watch, events) < 0)) {
        loop_unwatch(curl_loop->loop, &entry->watch);
    } else if (!entry->watch.is_watching) {
        (void)!loop_watch(curl_loop->loop, &entry->watch, descriptor, events);
    }
    return 0;
}

/* ---- time ---- */

static void on_timeout(void *context)
{
    act(context, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timeout_wish(CURLM *multi, long timeout_ms, void *context)
{
    struct curl_loop *curl_loop = context;

    (void)multi;
    if (timeout_ms < 0) {
        loop_disarm(curl_loop->loop, &curl_loop->timer);
        return 0;
    }
    uint64_t due_us = clock_monotonic_us() + (uint64_t)timeout_ms * CLOCK_US_PER_MS;
    /* Never -1, as above: without memory for the timer, the requests' deadlines end what waits. */
    (void)!loop_arm(curl_loop->loop, &curl_loop->timer, due_us);
    return 0;
}

/* ---- life ---- */

struct curl_loop *curl_loop_new(struct loop *loop)
{
    struct curl_loop *curl_loop = calloc(1, sizeof *curl_loop);

    if (curl_loop == NULL) {
        return NULL;
    }
    curl_loop->loop = loop;
    curl_loop->timer = (struct loop_timer){ .on_due = on_timeout, .context = curl_loop };
    curl_loop->cache.on_opened = on_socket_opened;
    curl_loop->cache.on_closing = on_socket_closing;
    curl_loop->cache.context = curl_loop;
    curl_loop->multi = curl_multi_init();
    if (curl_loop->multi == NULL) {
        free(curl_loop);
        return NULL;
    }
    (void)curl_multi_setopt(curl_loop->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wish);
    (void)curl_multi_setopt(curl_loop->multi, CURLMOPT_SOCKETDATA, curl_loop);
    (void)curl_multi_setopt(curl_loop->multi, CURLMOPT_TIMERFUNCTION, on_timeout_wish);
    (void)curl_multi_setopt(curl_loop->multi, CURLMOPT_TIMERDATA, curl_loop);
    (void)curl_multi_setopt(curl_loop->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    /* The default, four times the transfers under way, closes kept connections whenever the load is low. */
    (void)curl_multi_setopt(curl_loop->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
    return curl_loop;
}

void curl_loop_free(struct curl_loop *curl_loop)
{
    if (curl_loop == NULL) {
        return;
    }
    while (curl_loop->free_transfers != NULL) {
        struct transfer *next = curl_loop->free_transfers->next_free;
        transfer_free(curl_loop->free_transfers);
        curl_loop->free_transfers = next;
    }
    (void)curl_multi_cleanup(curl_loop->multi); /* closes the kept connections: the cache is still there */
    loop_disarm(curl_loop->loop, &curl_loop->timer);
    free(curl_loop);
}
