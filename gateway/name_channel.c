/* SPDX-License-Identifier: MIT */
#include "gateway/name_channel.h"

#include <ares.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/time.h>

#include "common/clock.h"
#include "common/file_version.h"

enum { POLLED_AT_MOST = 16 };

#define SYSTEM_RESOLV_CONF "/etc/resolv.conf"

/* A descriptor of c-ares's. */
struct name_socket {
    struct name_channel *channel;
    struct loop_watch watch;
    struct name_socket *next;
};

struct name_channel {
    struct loop *loop;
    char *servers;
    char *resolv_conf;
    struct file_version resolv_conf_version;
    ares_channel ares; /* NULL: nothing was asked yet */
    struct name_socket *sockets;
    struct loop_timer timer;
    bool is_closing;
};

struct question {
    struct name_channel *channel;
    name_found_fn *on_found;
    void *context;
};

/* ---- time ---- */

static uint64_t next_try_us(const struct name_channel *channel)
{
    struct timeval left;

    if (channel->ares == NULL || ares_timeout(channel->ares, NULL, &left) == NULL) {
        return CLOCK_NEVER_US;
    }
    return clock_monotonic_us() + (uint64_t)left.tv_sec * CLOCK_US_PER_SECOND + (uint64_t)left.tv_usec;
}

static void wait_for_next_try(struct name_channel *channel)
{
    uint64_t due_us = next_try_us(channel);

    if (due_us == CLOCK_NEVER_US) {
        loop_disarm(channel->loop, &channel->timer);
        return;
    }
    /* Without memory for it, whoever waits for the name has a deadline. */
    (void)!loop_arm(channel->loop, &channel->timer, due_us);
}

static void on_next_try(void *context)
{
    struct name_channel *channel = context;

    ares_process_fd(channel->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    wait_for_next_try(channel);
}

/* ---- sockets ---- */

/* What can be read is read in any case: an error shows itself so. */
static void on_socket_ready(void *context, uint32_t events)
{
    struct name_socket *socket = context;
    struct name_channel *channel = socket->channel;
    ares_socket_t descriptor = socket->watch.descriptor;

    ares_process_fd(channel->ares, descriptor, (events & EPOLLOUT) != 0 ? descriptor : ARES_SOCKET_BAD);
    wait_for_next_try(channel);
}

static struct name_socket **find_socket(struct name_channel *channel, int descriptor)
{
    struct name_socket **link = &channel->sockets;

    while (*link != NULL && (*link)->watch.descriptor != descriptor) {
        link = &(*link)->next;
    }
    return link;
}

static void forget_socket(struct name_channel *channel, struct name_socket **link)
{
    struct name_socket *socket = *link;

    loop_unwatch(channel->loop, &socket->watch);
    *link = socket->next;
    free(socket);
}

static void add_socket(struct name_channel *channel, int descriptor, uint32_t events)
{
    struct name_socket *socket = calloc(1, sizeof *socket);

    if (socket == NULL) {
        return;
    }
    socket->channel = channel;
    socket->watch = (struct loop_watch){ .on_ready = on_socket_ready, .context = socket };
    if (loop_watch(channel->loop, &socket->watch, descriptor, events) < 0) {
        free(socket);
        return;
    }
    socket->next = channel->sockets;
    channel->sockets = socket;
}

/* A socket that cannot be watched, for want of memory, is one whose server does not answer. */
static void on_socket_wish(void *context, ares_socket_t descriptor, int wants_to_read, int wants_to_write)
{
    struct name_channel *channel = context;
    struct name_socket **link = find_socket(channel, descriptor);
    uint32_t events = (wants_to_read != 0 ? EPOLLIN : 0U) | (wants_to_write != 0 ? EPOLLOUT : 0U);

    if (*link == NULL) {
        if (events != 0) {
            add_socket(channel, descriptor, events);
        }
    } else if (events == 0) {
        forget_socket(channel, link);
    } else {
        (void)!loop_rewatch(channel->loop, &(*link)->watch, events);
    }
}

/* ---- opening c-ares ---- */

static const char *resolv_conf_path(const struct name_channel *channel)
{
    return channel->resolv_conf != NULL ? channel->resolv_conf : SYSTEM_RESOLV_CONF;
}

/* ARES_FLAG_NOALIASES: a file that the environment names is not asked what a name is. */
static int open_ares(struct name_channel *channel)
{
    struct ares_options options = {
        .flags = ARES_FLAG_NOALIASES,
        .timeout = NAME_CHANNEL_PATIENCE_MS,
        .tries = NAME_CHANNEL_TRIES,
        .sock_state_cb = on_socket_wish,
        .sock_state_cb_data = channel,
        .resolvconf_path = channel->resolv_conf,
    };
    int given = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB |
                (channel->resolv_conf != NULL ? ARES_OPT_RESOLVCONF : 0);

#ifdef ARES_OPT_QUERY_CACHE
    given |= ARES_OPT_QUERY_CACHE; /* for 0 seconds: name_resolver keeps what is found */
#endif
    if (ares_init_options(&channel->ares, &options, given) != ARES_SUCCESS) {
        channel->ares = NULL;
        return -ENOMEM;
    }
    if (channel->servers != NULL && ares_set_servers_ports_csv(channel->ares, channel->servers) != ARES_SUCCESS) {
        ares_destroy(take_pointer(channel->ares));
        return -ENOMEM;
    }
    return 0;
}

/* Anew when the resolv.conf is another one by now: a name server may have moved. What the old ones were asked has no
 * answer then: where they do not answer at all, something is always being asked, and nobody would ever hear of the new
 * ones. */
static int make_ready(struct name_channel *channel)
{
    struct file_version version = file_version_of(resolv_conf_path(channel));
    if (channel->ares != NULL && file_version_is_same(version, channel->resolv_conf_version)) {
        return 0;
    }
    if (channel->ares != NULL) {
        loop_disarm(channel->loop, &channel->timer);
        ares_destroy(take_pointer(channel->ares));
    }
    channel->resolv_conf_version = version;
    return open_ares(channel);
}

/* ---- what was found ---- */

static enum name_outcome outcome_of(int status)
{
    switch (status) {
    case ARES_SUCCESS:
        return NAME_FOUND;
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME:
        return NAME_ABSENT;
    case ARES_ETIMEOUT:
    case ARES_EDESTRUCTION: /* see make_ready() */
        return NAME_SILENT;
    default:
        return NAME_FAILED;
    }
}

static bool read_address(const struct ares_addrinfo_node *node, struct name_address *ret_address)
{
    *ret_address = (struct name_address){ .is_ipv6 = node->ai_family == AF_INET6 };
    if (node->ai_family == AF_INET) {
        memcpy(ret_address->bytes, &((const struct sockaddr_in *)(const void *)node->ai_addr)->sin_addr, 4);
        return true;
    }
    if (node->ai_family == AF_INET6) {
        memcpy(ret_address->bytes, &((const struct sockaddr_in6 *)(const void *)node->ai_addr)->sin6_addr, 16);
        return true;
    }
    return false;
}

static void shorten_ttl(struct name_finding *finding, int ttl_s)
{
    uint32_t ttl = ttl_s > 0 ? (uint32_t)ttl_s : 0;

    if (ttl < finding->ttl_s) {
        finding->ttl_s = ttl;
    }
}

/* As long as the shortest-lived of all that led to them. */
static void read_answer(const struct ares_addrinfo *answer, struct name_finding *finding)
{
    finding->ttl_s = UINT32_MAX;
    for (const struct ares_addrinfo_node *node = answer->nodes; node != NULL; node = node->ai_next) {
        if (finding->count < NAME_ADDRESSES_AT_MOST && read_address(node, &finding->items[finding->count])) {
            finding->count++;
            shorten_ttl(finding, node->ai_ttl);
        }
    }
    for (const struct ares_addrinfo_cname *alias = answer->cnames; alias != NULL; alias = alias->next) {
        shorten_ttl(finding, alias->ttl);
    }
    if (finding->count == 0) {
        finding->outcome = NAME_ABSENT;
    }
}

static void on_answer(void *context, int status, int timeouts, struct ares_addrinfo *answer)
{
    struct question *question = context;
    struct name_finding finding = { .outcome = outcome_of(status) };

    (void)timeouts;
    if (answer != NULL) {
        read_answer(answer, &finding);
        ares_freeaddrinfo(answer);
    }
    if (!question->channel->is_closing) {
        question->on_found(question->context, &finding);
    }
    free(question);
}

/* ---- asking ---- */

void name_channel_ask(struct name_channel *channel, const char *host, name_found_fn *on_found, void *context)
{
    const struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct question *question = calloc(1, sizeof *question);

    if (question == NULL || make_ready(channel) < 0) {
        free(question);
        on_found(context, &(struct name_finding){ .outcome = NAME_FAILED });
        return;
    }
    *question = (struct question){ .channel = channel, .on_found = on_found, .context = context };
    ares_getaddrinfo(channel->ares, host, NULL, &hints, on_answer, question);
    wait_for_next_try(channel);
}

static size_t list_polled(const struct name_channel *channel, struct pollfd *polled)
{
    size_t count = 0;

    for (const struct name_socket *socket = channel->sockets; socket != NULL && count < POLLED_AT_MOST;
         socket = socket->next) {
        short events = (short)(((socket->watch.events & EPOLLIN) != 0 ? POLLIN : 0) |
                               ((socket->watch.events & EPOLLOUT) != 0 ? POLLOUT : 0));
        polled[count++] = (struct pollfd){ .fd = socket->watch.descriptor, .events = events };
    }
    return count;
}

static int milliseconds_until(uint64_t until_us)
{
    uint64_t now_us = clock_monotonic_us();
    uint64_t left_us = until_us > now_us ? until_us - now_us : 0;

    return left_us < CLOCK_US_PER_SECOND ? (int)((left_us + CLOCK_US_PER_MS - 1) / CLOCK_US_PER_MS) : 1000;
}

void name_channel_block(struct name_channel *channel, uint64_t until_us)
{
    struct pollfd polled[POLLED_AT_MOST];
    size_t count = list_polled(channel, polled);
    uint64_t next_us = next_try_us(channel);

    (void)poll(polled, count, milliseconds_until(next_us < until_us ? next_us : until_us));
    for (size_t i = 0; i < count; i++) {
        if (polled[i].revents != 0) {
            ares_process_fd(channel->ares, polled[i].fd,
                            (polled[i].revents & POLLOUT) != 0 ? polled[i].fd : ARES_SOCKET_BAD);
        }
    }
    if (channel->ares != NULL) {
        on_next_try(channel);
    }
}

/* ---- life ---- */

int name_channel_global_init(void)
{
    static const char *const variables[] = { "HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS", "CARES_HOSTS" };

    for (size_t i = 0; i < array_length(variables); i++) {
        (void)unsetenv(variables[i]);
    }
    return ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS ? 0 : -1;
}

void name_channel_global_clear(void)
{
    ares_library_cleanup();
}

void name_channel_library_version(char *text, size_t size)
{
    (void)snprintf(text, size, "c-ares %s", ares_version(NULL));
}

static int copy_text(const char *text, char **ret_copy)
{
    *ret_copy = text != NULL ? strdup(text) : NULL;
    return text == NULL || *ret_copy != NULL ? 0 : -ENOMEM;
}

struct name_channel *name_channel_new(struct loop *loop, const struct name_channel_settings *settings)
{
    struct name_channel *channel = calloc(1, sizeof *channel);

    if (channel == NULL) {
        return NULL;
    }
    channel->loop = loop;
    channel->timer = (struct loop_timer){ .on_due = on_next_try, .context = channel };
    if (copy_text(settings->servers, &channel->servers) < 0 ||
        copy_text(settings->resolv_conf, &channel->resolv_conf) < 0) {
        name_channel_free(channel);
        return NULL;
    }
    return channel;
}

void name_channel_free(struct name_channel *channel)
{
    if (channel == NULL) {
        return;
    }
    channel->is_closing = true;
    if (channel->ares != NULL) {
        ares_destroy(channel->ares);
    }
    while (channel->sockets != NULL) {
        forget_socket(channel, &channel->sockets);
    }
    loop_disarm(channel->loop, &channel->timer);
    free(channel->servers);
    free(channel->resolv_conf);
    free(channel);
}
