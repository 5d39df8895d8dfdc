/* SPDX-License-Identifier: MIT */
#include "tests/integration/listener_bench.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

static uint16_t port_of(int descriptor)
{
    char text[64];

    listener_bound_address(descriptor, text, sizeof text);
    return (uint16_t)strtoul(strrchr(text, ':') + 1, NULL, 10);
}

void acceptor_accept(void *context, int descriptor, const struct sockaddr *peer, socklen_t peer_length)
{
    struct acceptor *acceptor = context;

    (void)peer_length;
    assert_int_equal(peer->sa_family, AF_INET);
    assert_true(acceptor->accepted_count < ACCEPTED_AT_MOST);
    acceptor->accepted[acceptor->accepted_count++] = descriptor;
    if (acceptor->accepted_count == acceptor->hold_at) {
        listener_hold(&acceptor->listener);
    }
}

int acceptor_setup(void **state)
{
    static const struct address any_port = { .host = "127.0.0.1" };
    struct acceptor *acceptor = calloc(1, sizeof *acceptor);
    struct error error;

    if (acceptor == NULL) {
        return -1;
    }
    acceptor->loop = loop_new();
    acceptor->descriptor = listener_open(&any_port, &error);
    acceptor->port = port_of(acceptor->descriptor);
    *state = acceptor;
    return acceptor->loop != NULL && listener_start(&acceptor->listener, acceptor->loop, acceptor->descriptor,
                                                    acceptor_accept, acceptor) == 0
               ? 0
               : -1;
}

int acceptor_teardown(void **state)
{
    struct acceptor *acceptor = *state;

    listener_stop(&acceptor->listener);
    for (size_t i = 0; i < acceptor->accepted_count; i++) {
        (void)close(acceptor->accepted[i]);
    }
    (void)close(acceptor->descriptor);
    loop_free(acceptor->loop);
    free(acceptor);
    return 0;
}

void open_clients(struct acceptor *acceptor, struct client *clients, size_t count)
{
    struct tcp_info info = { .tcpi_unacked = 0 };
    socklen_t length = sizeof info;
    uint64_t start_us = clock_monotonic_us();

    for (size_t i = 0; i < count; i++) {
        client_open(&clients[i], acceptor->port);
    }
    while (info.tcpi_unacked < count && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        assert_int_equal(getsockopt(acceptor->descriptor, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
    }
    assert_int_equal(info.tcpi_unacked, count);
}

void close_clients(struct client *clients, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        client_close(&clients[i]);
    }
}

void acceptor_turn_until(struct acceptor *acceptor, size_t count)
{
    uint64_t start_us = clock_monotonic_us();

    while (acceptor->accepted_count < count && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        assert_int_equal(loop_turn(acceptor->loop, CLOCK_US_PER_SECOND), 0);
    }
    assert_int_equal(acceptor->accepted_count, count);
}
