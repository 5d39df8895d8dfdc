/* SPDX-License-Identifier: MIT */
#include "gateway/curl_group.h"

#include <curl/curl.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "common/clock.h"

enum { STRAY_READS_AT_MOST = 64 };

/* ---- how much there is ---- */

bool curl_group_has_room(const struct curl_group *group)
{
    return group->under_way_count < group->groups->transfers_at_most;
}

static size_t difference(size_t sockets, size_t under_way)
{
    return sockets > under_way ? sockets - under_way : 0;
}

size_t curl_group_kept_count(const struct curl_group *group)
{
    return difference(group->cache.sockets.count, group->under_way_count);
}

size_t curl_groups_kept_count(const struct curl_groups *groups)
{
    return difference(groups->socket_count, groups->under_way_count);
}

/* When all groups together keep enough, a connection that a transfer leaves takes the place of another of its group,
 * or is closed. Told before libcurl works, because it decides within. */
static void adjust_thrift(struct curl_group *group)
{
    bool is_thrifty = curl_groups_kept_count(group->groups) >= group->groups->kept_at_most;

    if (group->is_thrifty != is_thrifty) {
        group->is_thrifty = is_thrifty;
        (void)curl_multi_setopt(group->multi, CURLMOPT_MAXCONNECTS,
                                is_thrifty ? 1L : (long)group->groups->transfers_at_most);
    }
}

static void count_under_way(struct curl_group *group, size_t difference)
{
    group->under_way_count += difference;
    group->groups->under_way_count += difference;
}

/* ---- transfers ---- */

static struct transfer *take_transfer(struct curl_group *group)
{
    struct transfer *transfer = group->free_transfers;

    if (transfer == NULL) {
        transfer = transfer_new(&group->cache);
    } else {
        group->free_transfers = transfer->next_free;
    }
    if (transfer != NULL) {
        transfer->owner = group;
    }
    return transfer;
}

static void give_back(struct curl_group *group, struct transfer *transfer)
{
    transfer->next_free = group->free_transfers;
    group->free_transfers = transfer;
}

/* Removing a transfer that is under way closes its connection. */
static enum call_error finish(struct curl_group *group, struct attempt *attempt, CURLcode code)
{
    struct transfer *transfer = attempt->transfer;

    enum call_error error = transfer_end(transfer, (int)code);
    (void)curl_multi_remove_handle(group->multi, transfer->easy);
    attempt->transfer = NULL;
    give_back(group, transfer);
    count_under_way(group, (size_t)-1);
    return error;
}

static void complete_finished(struct curl_group *group)
{
    int left = 1;

    while (left > 0) {
        const CURLMsg *message = curl_multi_info_read(group->multi, &left);
        if (message == NULL) {
            return;
        }
        char *private_pointer = NULL;
        CURLcode code = message->data.result;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private_pointer);
        struct attempt *attempt = ((struct transfer *)(void *)private_pointer)->attempt;
        attempt_complete(attempt, finish(group, attempt, code));
    }
}

static void act(struct curl_group *group, curl_socket_t descriptor, int events)
{
    int running = 0;

    adjust_thrift(group);
    (void)curl_multi_socket_action(group->multi, descriptor, events, &running);
    complete_finished(group);
    group->groups->on_settled(group);
}

static int begin(struct curl_group *group, struct attempt *attempt)
{
    struct transfer *transfer = take_transfer(group);

    if (transfer == NULL) {
        return -ENOMEM;
    }
    if (transfer_begin(transfer, attempt) < 0) {
        give_back(group, transfer);
        return -ENOMEM;
    }
    attempt->transfer = transfer;
    count_under_way(group, 1);
    if (curl_multi_add_handle(group->multi, transfer->easy) != CURLM_OK) {
        (void)finish(group, attempt, CURLE_FAILED_INIT);
        return -ENOMEM;
    }
    return 0;
}

/* libcurl begins when the loop comes to its timers: with all calls of this turn in one go, and with nothing of the time
 * that a blocking call may take until then. */
void curl_group_start(struct curl_group *group, struct attempt *attempt)
{
    if (begin(group, attempt) < 0) {
        attempt_complete(attempt, CALL_PROXY_INTERNAL_ERROR);
    }
    group->groups->on_settled(group);
}

struct curl_group *curl_group_of(const struct attempt *attempt)
{
    const struct transfer *transfer = attempt->transfer;

    return transfer->owner;
}

void curl_group_cancel(struct curl_group *group, struct attempt *attempt, enum call_error error)
{
    if (error == CALL_HTTP_RESPONSE_TIMEOUT) {
        error = attempt_timeout_error(attempt);
    }
    (void)finish(group, attempt, CURLE_ABORTED_BY_CALLBACK);
    attempt_complete(attempt, error);
    group->groups->on_settled(group);
}

/* ---- sockets ---- */

/* Nobody asked for anything: the backend's goodbye, or stray bytes, which libcurl 7.88 would take for the next answer.
 * Shut down and read empty, it looks dead to libcurl, which closes it when it comes across it. A backend that sends
 * faster than this reads does not hold the loop: what is left is seen before a request is sent. */
static void end_kept_connection(struct curl_group *group, struct socket_entry *entry)
{
    char stray[4096];
    ssize_t count = 1;

    (void)shutdown(entry->descriptor, SHUT_RDWR);
    for (int i = 0; i < STRAY_READS_AT_MOST && count > 0; i++) {
        count = recv(entry->descriptor, stray, sizeof stray, MSG_DONTWAIT);
    }
    loop_unwatch(group->groups->loop, &entry->watch);
}

/* An event may be over before it is handled: asked about another connection, libcurl has read the answer on this one,
 * because a timer of that call was due. */
static bool is_still_quiet(const struct socket_entry *entry)
{
    char byte = '\0';

    return recv(entry->descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
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
    struct curl_group *group = entry->owner;

    if (entry->is_in_use) {
        act(group, entry->descriptor, curl_events(events));
    } else if (!is_still_quiet(entry)) {
        end_kept_connection(group, entry);
    }
}

static void on_socket_opened(void *context, struct socket_entry *entry)
{
    struct curl_group *group = context;

    group->groups->socket_count++;
    entry->owner = group;
    entry->watch = (struct loop_watch){ .on_ready = on_socket_ready, .context = entry };
}

static void on_socket_closing(void *context, struct socket_entry *entry)
{
    struct curl_group *group = context;

    group->groups->socket_count--;
    loop_unwatch(group->groups->loop, &entry->watch);
}

/* What libcurl wants to hear of. CURL_POLL_REMOVE comes when a transfer lets go of a connection, which is then kept;
 * and of one that never came about, whose socket libcurl has closed by then without a word: that one is not watched any
 * more. Never -1, which libcurl takes for the end of all its transfers (7.88 may even crash then): a socket that could
 * not be watched, for want of memory, is ended by its transfer's timeout. */
static int on_socket_wish(CURL *easy, curl_socket_t descriptor, int wish, void *context, void *unused)
{
    struct curl_group *group = context;
    struct loop *loop = group->groups->loop;
    struct socket_entry *entry = socket_table_find(&group->cache.sockets, descriptor);

    (void)easy;
    (void)unused;
    if (entry == NULL) {
        return 0;
    }
    entry->is_in_use = wish != CURL_POLL_REMOVE && wish != CURL_POLL_NONE;
    if (!entry->is_in_use) {
        socket_table_end_if_outdated(entry);
    }
    uint32_t events = EPOLLIN | EPOLLRDHUP | ((wish & CURL_POLL_OUT) != 0 && entry->is_in_use ? EPOLLOUT : 0U);
    bool is_gone = !entry->is_in_use && entry->local_port == 0;
    if (is_gone || (entry->watch.is_watching && loop_rewatch(loop, &entry->watch, events) < 0)) {
        loop_unwatch(loop, &entry->watch);
    } else if (!entry->watch.is_watching) {
        (void)!loop_watch(loop, &entry->watch, descriptor, events);
    }
    return 0;
}

/* ---- time ---- */

static void on_timeout(void *context)
{
    act(context, CURL_SOCKET_TIMEOUT, 0);
}

/* A timer that is due earlier stays: when it fires, libcurl says anew what it waits for. So the end of each transfer,
 * and of the last one, moves nothing. */
static int on_timeout_wish(CURLM *multi, long timeout_ms, void *context)
{
    struct curl_group *group = context;
    struct loop_timer *timer = &group->timer;

    (void)multi;
    if (timeout_ms < 0) {
        return 0;
    }
    uint64_t due_us = timeout_ms == 0 ? loop_now_us(group->groups->loop)
                                      : clock_monotonic_us() + (uint64_t)timeout_ms * CLOCK_US_PER_MS;
    if (timer->heap_index == 0 || timer->due_us > due_us) {
        /* Never -1, as above: without memory for the timer, the requests' deadlines end what waits. */
        (void)!loop_arm(group->groups->loop, timer, due_us);
    }
    return 0;
}

/* ---- life ---- */

static void set_options(struct curl_group *group)
{
    (void)curl_multi_setopt(group->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wish);
    (void)curl_multi_setopt(group->multi, CURLMOPT_SOCKETDATA, group);
    (void)curl_multi_setopt(group->multi, CURLMOPT_TIMERFUNCTION, on_timeout_wish);
    (void)curl_multi_setopt(group->multi, CURLMOPT_TIMERDATA, group);
    (void)curl_multi_setopt(group->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    /* The default, four times the transfers under way, closes kept connections whenever the load is low. */
    (void)curl_multi_setopt(group->multi, CURLMOPT_MAXCONNECTS, (long)group->groups->transfers_at_most);
}

struct curl_group *curl_group_new(struct curl_groups *groups, void *owner, size_t index, size_t *answer_bytes)
{
    struct curl_group *group = calloc(1, sizeof *group);

    if (group == NULL) {
        return NULL;
    }
    group->multi = curl_multi_init();
    if (group->multi == NULL) {
        free(group);
        return NULL;
    }
    group->groups = groups;
    group->owner = owner;
    group->index = index;
    group->timer = (struct loop_timer){ .on_due = on_timeout, .context = group };
    group->cache = (struct transfer_cache){
        .on_opened = on_socket_opened,
        .on_closing = on_socket_closing,
        .context = group,
        .share = groups->share,
        .answer_bytes = answer_bytes,
    };
    set_options(group);
    return group;
}

void curl_group_free(struct curl_group *group)
{
    if (group == NULL) {
        return;
    }
    while (group->free_transfers != NULL) {
        struct transfer *next = group->free_transfers->next_free;
        transfer_free(group->free_transfers);
        group->free_transfers = next;
    }
    (void)curl_multi_cleanup(group->multi); /* closes the kept connections: the cache is still there */
    socket_table_clear(&group->cache.sockets);
    loop_disarm(group->groups->loop, &group->timer);
    free(group);
}
