/* SPDX-License-Identifier: MIT */
/*
 * floor - what a gateway's sockets cost and nothing else: the yardstick below every server of the bench.
 *
 * One epoll loop that parses nothing. Whatever bytes a client sends are a request; N fixed requests go out on kept
 * connections; N answers come in, which are over after a number of bytes that is known beforehand; one fixed answer
 * goes back. No limits, no timeouts, no failures: a backend that ends a connection ends the program. Nobody should
 * serve with this.
 *
 * Memory: a table with a row for each descriptor that the process may open.   Threads: one.
 * Exit: 1 for any failure, 2 for a bad option; it runs until it is killed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/descriptors.h"
#include "common/options.h"
#include "common/url.h"

enum { EVENTS_A_TURN = 256, RECEIVE_BYTES = 64 * 1024, HEAD_BYTES = 256, REQUEST_BYTES = 2048, BACKLOG = 4096 };
enum { CALLS_MOST = 256, BYTES_MOST = 64 * 1024 * 1024, EXIT_WRONG_USE = 2 };

struct floor_options {
    struct address listen;
    struct url backend;
    long calls, call_bytes, body_bytes;
};

static const struct option options[] = {
    { .name = "listen",
      .parse = options_parse_address,
      .offset = offsetof(struct floor_options, listen),
      .default_value = "127.0.0.1:0",
      .argument = "ADDRESS:PORT",
      .help = "where clients connect, an IPv4 address; port 0 picks a free one",
      .is_flag_only = true },
    { .name = "backend",
      .parse = options_parse_url,
      .offset = offsetof(struct floor_options, backend),
      .default_value = "http://127.0.0.1:9000/task1",
      .argument = "URL",
      .help = "what each call fetches; an IPv4 address",
      .is_flag_only = true },
    { .name = "calls",
      .parse = options_parse_integer,
      .offset = offsetof(struct floor_options, calls),
      .default_value = "0",
      .argument = "N",
      .help = "calls for each request of a client",
      .maximum = CALLS_MOST,
      .is_flag_only = true },
    { .name = "call-bytes",
      .parse = options_parse_integer,
      .offset = offsetof(struct floor_options, call_bytes),
      .default_value = "1",
      .argument = "N",
      .help = "how long each answer of the backend is, head and body",
      .minimum = 1,
      .maximum = BYTES_MOST,
      .is_flag_only = true },
    { .name = "body-bytes",
      .parse = options_parse_integer,
      .offset = offsetof(struct floor_options, body_bytes),
      .default_value = "11",
      .argument = "N",
      .help = "how long the body of our answer is",
      .minimum = 1,
      .maximum = BYTES_MOST,
      .is_flag_only = true },
};

enum kind { NOTHING, CLIENT, CALL };

/* What the descriptor of the same number is. */
struct connection {
    enum kind kind;
    unsigned pending; /* of a client: calls that are not answered */
    bool is_gone;     /* of a client: it left while some were */
    size_t unsent;    /* of a client: bytes of its answer */
    int client;       /* of a call: whose it is */
    size_t received;  /* of a call: bytes of its answer so far */
};

struct floor {
    const struct floor_options *options;
    struct connection *connections;
    int *idle; /* kept connections to the backend, used last in first out */
    size_t limit, idle_count;
    int epoll, listener;
    struct sockaddr_in backend;
    char request[REQUEST_BYTES];
    size_t request_length;
    char *answer;
    size_t answer_length;
    char received[RECEIVE_BYTES];
};

_Noreturn static void fail(const char *what)
{
    (void)fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

/* ---- descriptors ---- */

static void watch(const struct floor *floor, int operation, int descriptor, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.fd = descriptor };

    if (epoll_ctl(floor->epoll, operation, descriptor, &event) < 0) {
        fail("epoll_ctl");
    }
}

static struct connection *add(struct floor *floor, int descriptor, enum kind kind)
{
    const int on = 1;

    if ((size_t)descriptor >= floor->limit) {
        errno = EMFILE;
        fail("too many connections");
    }
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(floor, EPOLL_CTL_ADD, descriptor, EPOLLIN);
    floor->connections[descriptor] = (struct connection){ .kind = kind };
    return &floor->connections[descriptor];
}

static void drop_client(struct floor *floor, int descriptor)
{
    struct connection *client = &floor->connections[descriptor];

    if (client->pending > 0) {
        /* Its number must stay taken until its calls have ended. */
        client->is_gone = true;
        watch(floor, EPOLL_CTL_DEL, descriptor, 0);
        return;
    }
    client->kind = NOTHING;
    (void)close(descriptor);
}

/* ---- answers ---- */

static void send_rest(struct floor *floor, int descriptor)
{
    struct connection *client = &floor->connections[descriptor];
    size_t sent_before = floor->answer_length - client->unsent;
    ssize_t count = send(descriptor, floor->answer + sent_before, client->unsent, MSG_NOSIGNAL);

    if (count < 0 && errno != EAGAIN) {
        drop_client(floor, descriptor);
        return;
    }
    client->unsent -= count > 0 ? (size_t)count : 0;
    if (client->unsent > 0) {
        watch(floor, EPOLL_CTL_MOD, descriptor, EPOLLIN | EPOLLOUT);
    } else if (sent_before > 0) {
        watch(floor, EPOLL_CTL_MOD, descriptor, EPOLLIN);
    }
}

static void answer(struct floor *floor, int descriptor)
{
    floor->connections[descriptor].unsent = floor->answer_length;
    send_rest(floor, descriptor);
}

/* ---- calls ---- */

static int open_call(struct floor *floor)
{
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    /* Blocks for no time on loopback. */
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&floor->backend, sizeof floor->backend) < 0) {
        fail("cannot connect to the backend");
    }
    (void)add(floor, descriptor, CALL);
    return descriptor;
}

static void start_call(struct floor *floor, int client)
{
    int descriptor = floor->idle_count > 0 ? floor->idle[--floor->idle_count] : open_call(floor);
    struct connection *call = &floor->connections[descriptor];

    call->client = client;
    call->received = 0;
    if (send(descriptor, floor->request, floor->request_length, MSG_NOSIGNAL) != (ssize_t)floor->request_length) {
        fail("cannot send to the backend");
    }
}

static void end_call(struct floor *floor, int descriptor)
{
    int owner = floor->connections[descriptor].client;
    struct connection *client = &floor->connections[owner];

    floor->idle[floor->idle_count++] = descriptor;
    if (--client->pending > 0) {
        return;
    }
    if (client->is_gone) {
        client->kind = NOTHING;
        (void)close(owner);
        return;
    }
    answer(floor, owner);
}

static void on_call_readable(struct floor *floor, int descriptor)
{
    struct connection *call = &floor->connections[descriptor];
    ssize_t count = recv(descriptor, floor->received, sizeof floor->received, MSG_DONTWAIT);

    if (count < 0 && errno == EAGAIN) {
        return;
    }
    if (count <= 0) {
        fail("the backend ended a connection");
    }
    call->received += (size_t)count;
    if (call->received >= (size_t)floor->options->call_bytes) {
        end_call(floor, descriptor);
    }
}

/* ---- clients ---- */

static void on_client_ready(struct floor *floor, int descriptor, uint32_t events)
{
    struct connection *client = &floor->connections[descriptor];

    if (events & EPOLLOUT) {
        send_rest(floor, descriptor);
        return;
    }
    ssize_t count = recv(descriptor, floor->received, sizeof floor->received, 0);
    if (count < 0 && errno == EAGAIN) {
        return;
    }
    if (count <= 0) {
        drop_client(floor, descriptor);
        return;
    }
    client->pending = (unsigned)floor->options->calls;
    for (long i = 0; i < floor->options->calls; i++) {
        start_call(floor, descriptor);
    }
    if (floor->options->calls == 0) {
        answer(floor, descriptor);
    }
}

static void on_acceptable(struct floor *floor)
{
    int descriptor = accept4(floor->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (descriptor >= 0) {
        (void)add(floor, descriptor, CLIENT);
    } else if (errno != EAGAIN && errno != ECONNABORTED) {
        fail("cannot accept");
    }
}

/* ---- running ---- */

static struct sockaddr_in address_of(const char *host, uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
        errno = EINVAL;
        fail(host);
    }
    return address;
}

static void open_listener(struct floor *floor)
{
    struct sockaddr_in address = address_of(floor->options->listen.host, floor->options->listen.port);
    socklen_t length = sizeof address;
    int one = 1;

    floor->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (floor->listener < 0 || setsockopt(floor->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
        bind(floor->listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(floor->listener, BACKLOG) < 0 ||
        getsockname(floor->listener, (struct sockaddr *)&address, &length) < 0) {
        fail("cannot listen");
    }
    watch(floor, EPOLL_CTL_ADD, floor->listener, EPOLLIN);
    (void)printf("listening on %s:%u\n", floor->options->listen.host, ntohs(address.sin_port));
    (void)fflush(stdout);
}

/* The request and the answer, of which nothing changes from one to the next. */
static void prepare_bytes(struct floor *floor)
{
    const struct url *url = &floor->options->backend;
    size_t body_length = (size_t)floor->options->body_bytes;
    int length = snprintf(floor->request, sizeof floor->request, "GET %s%s HTTP/1.1\r\nHost: %s\r\n\r\n",
                          url->path[0] == '/' ? "" : "/", url->path, url->authority);

    floor->request_length = (size_t)length;
    floor->answer = malloc(HEAD_BYTES + body_length);
    if (floor->answer == NULL) {
        fail("the answer");
    }
    length = snprintf(floor->answer, HEAD_BYTES,
                      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", body_length);
    memset(floor->answer + length, '1', body_length);
    floor->answer_length = (size_t)length + body_length;
}

static void open_floor(struct floor *floor)
{
    floor->limit = descriptors_raise_limit();
    floor->connections = calloc(floor->limit, sizeof *floor->connections);
    floor->idle = calloc(floor->limit, sizeof *floor->idle);
    floor->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (floor->connections == NULL || floor->idle == NULL || floor->epoll < 0) {
        fail("cannot start");
    }
    floor->backend = address_of(floor->options->backend.host, floor->options->backend.port);
    prepare_bytes(floor);
    open_listener(floor);
}

_Noreturn static void run(struct floor *floor)
{
    struct epoll_event events[EVENTS_A_TURN];

    for (;;) {
        int count = epoll_wait(floor->epoll, events, EVENTS_A_TURN, -1);
        for (int i = 0; i < count; i++) {
            int descriptor = events[i].data.fd;
            if (descriptor == floor->listener) {
                on_acceptable(floor);
            } else if (floor->connections[descriptor].kind == CLIENT) {
                on_client_ready(floor, descriptor, events[i].events);
            } else if (floor->connections[descriptor].kind == CALL) {
                on_call_readable(floor, descriptor);
            }
        }
    }
}

int main(int argc, char **argv)
{
    struct floor_options parsed = { 0 };
    struct error error = { { '\0' } };
    static struct floor floor = { .options = NULL };
    const struct options_program program = {
        .name = "fanlight-bench-floor",
        .synopsis = "floor [OPTIONS]",
        .summary = "What a gateway's sockets cost, and nothing else: the bench's yardstick. Parses nothing.",
        .options = options,
        .option_count = array_length(options),
    };

    switch (options_parse(&program, argc, argv, environ, &parsed, NULL, &error)) {
    case OPTIONS_DONE:
        return EXIT_SUCCESS;
    case OPTIONS_WRONG:
        (void)fprintf(stderr, "floor: %s\n", error.text);
        return EXIT_WRONG_USE;
    case OPTIONS_RUN:
        break;
    }
    floor.options = &parsed;
    open_floor(&floor);
    run(&floor);
}
