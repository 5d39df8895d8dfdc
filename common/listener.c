/* SPDX-License-Identifier: MIT */
#include "common/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/clock.h"

/* A bounded batch a turn, so that accepting never starves the connections there are. */
enum { ACCEPTS_PER_TURN = 64, PAUSE_US = 100 * CLOCK_US_PER_MS };

static int open_socket(const struct addrinfo *info)
{
    int one = 1;
    int descriptor = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);

    if (descriptor < 0) {
        return -errno;
    }
    /* SO_REUSEADDR: a restart need not wait for TIME_WAIT. It does not let two programs listen on one port. */
    if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
        bind(descriptor, info->ai_addr, info->ai_addrlen) < 0 || listen(descriptor, SOMAXCONN) < 0) {
        int code = errno;
        (void)close(descriptor);
        return -code;
    }
    return descriptor;
}

int listener_open(const struct address *address, struct error *error)
{
    const char *open_bracket = address->is_ipv6 ? "[" : "";
    const char *close_bracket = address->is_ipv6 ? "]" : "";
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
    struct addrinfo *info = NULL;
    char port[8];

    (void)snprintf(port, sizeof port, "%u", (unsigned)address->port);
    int code = getaddrinfo(address->host, port, &hints, &info);
    if (code != 0) {
        return error_set(error, "cannot listen on %s%s%s:%s: %s", open_bracket, address->host, close_bracket, port,
                         code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
    }
    int descriptor = open_socket(info);
    freeaddrinfo(info);
    if (descriptor < 0) {
        return error_set(error, "cannot listen on %s%s%s:%s: %s", open_bracket, address->host, close_bracket, port,
                         strerror(-descriptor));
    }
    return descriptor;
}

void listener_format_address(const struct sockaddr *address, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN] = "?";

    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const void *)address;
        (void)inet_ntop(AF_INET, &four->sin_addr, host, sizeof host);
        (void)snprintf(text, size, "%s:%u", host, (unsigned)ntohs(four->sin_port));
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const void *)address;
        (void)inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof host);
        (void)snprintf(text, size, "[%s]:%u", host, (unsigned)ntohs(six->sin6_port));
    } else {
        (void)snprintf(text, size, "unknown");
    }
}

void listener_bound_address(int descriptor, char *text, size_t size)
{
    struct sockaddr_storage address = { 0 };
    socklen_t length = sizeof address;

    (void)getsockname(descriptor, (struct sockaddr *)&address, &length);
    listener_format_address((const struct sockaddr *)&address, text, size);
}

/* A failure of that one connection, not of ours (accept(2), "Error handling"). */
static bool is_connection_error(int code)
{
    return code == ECONNABORTED || code == EINTR || code == EPROTO || code == ENETDOWN || code == ENETUNREACH ||
           code == EHOSTDOWN || code == EHOSTUNREACH || code == ENOPROTOOPT || code == EOPNOTSUPP || code == ENONET;
}

/* 1: one connection handled; 0: the queue is empty; -errno: it cannot go on for now. */
static int accept_one(struct listener *listener)
{
    struct sockaddr_storage peer = { 0 };
    socklen_t length = sizeof peer;
    int one = 1;
    int descriptor = accept4(listener->descriptor, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (descriptor < 0) {
        if (errno == EAGAIN) {
            return 0;
        }
        return is_connection_error(errno) ? 1 : -errno;
    }
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    listener->on_accepted(listener->context, descriptor, (const struct sockaddr *)&peer, length);
    return 1;
}

static int watch_socket(struct listener *listener)
{
    return loop_watch(listener->loop, &listener->watch, listener->descriptor, EPOLLIN | EPOLLEXCLUSIVE);
}

static void pause_for_a_moment(struct listener *listener)
{
    listener->pause_count++;
    loop_unwatch(listener->loop, &listener->watch);
    if (loop_arm(listener->loop, &listener->pause_timer, loop_now_us(listener->loop) + PAUSE_US) < 0) {
        (void)watch_socket(listener);
    }
}

static void on_pause_over(void *context)
{
    struct listener *listener = context;

    if (!listener->is_held && !listener->watch.is_watching && watch_socket(listener) < 0) {
        pause_for_a_moment(listener);
    }
}

/* A watch that is new stands behind all others of the socket. What still waits in the queue makes it ready at once. */
static void stand_back_in_line(struct listener *listener)
{
    loop_unwatch(listener->loop, &listener->watch);
    if (watch_socket(listener) < 0) {
        pause_for_a_moment(listener);
    }
}

static void on_readable(void *context, uint32_t events)
{
    struct listener *listener = context;
    int batch = listener->takes_turns ? 1 : ACCEPTS_PER_TURN;
    int result = 1;

    (void)events;
    for (int i = 0; i < batch && result > 0 && listener->watch.is_watching; i++) {
        result = accept_one(listener);
    }
    if (result < 0) {
        pause_for_a_moment(listener);
    } else if (result > 0 && listener->takes_turns && listener->watch.is_watching) {
        stand_back_in_line(listener);
    }
}

int listener_start(struct listener *listener, struct loop *loop, int descriptor, listener_accepted_fn *on_accepted,
                   void *context)
{
    *listener = (struct listener){
        .loop = loop,
        .descriptor = descriptor,
        .on_accepted = on_accepted,
        .context = context,
        .watch = { .on_ready = on_readable, .context = listener },
        .pause_timer = { .on_due = on_pause_over, .context = listener },
    };
    return watch_socket(listener);
}

void listener_take_turns(struct listener *listener)
{
    listener->takes_turns = true;
}

void listener_hold(struct listener *listener)
{
    listener->is_held = true;
    loop_unwatch(listener->loop, &listener->watch);
}

void listener_release(struct listener *listener)
{
    if (!listener->is_held) {
        return;
    }
    listener->is_held = false;
    on_pause_over(listener);
}

/* SYN without ACK is dropped; the rest of a handshake that has begun goes through. TCP's header is where the filter's
 * view begins (RFC 9293 §3.1: flags in byte 13). */
int listener_shut(struct listener *listener)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, TH_SYN | TH_ACK),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TH_SYN, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    struct sock_fprog program = { .len = array_length(code), .filter = code };

    int result = setsockopt(listener->descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
    return result < 0 ? -errno : 0;
}

int listener_drain(struct listener *listener)
{
    int result = 1;

    listener_stop(listener);
    /* Bounded by the queue's own length: nothing else accepts forever if clients keep coming. */
    for (int i = 0; i < SOMAXCONN && result > 0; i++) {
        result = accept_one(listener);
    }
    return result < 0 ? result : 0;
}

void listener_stop(struct listener *listener)
{
    listener->is_held = true;
    loop_unwatch(listener->loop, &listener->watch);
    loop_disarm(listener->loop, &listener->pause_timer);
}
