/* SPDX-License-Identifier: MIT */
#include "tests/integration/wire_bench.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "tests/support/bare_socket.h"
#include "tests/support/unit.h"

void wire_bench_open(struct wire_bench *wire)
{
    upstream_bench_open(&wire->bench, BENCH_WIRE, 1);
    wire->listening = bare_socket_listen(SOCK_NONBLOCK, 16, &wire->port);
    wire->accepted = -1;
    wire->long_body = calloc(1, LONG_BODY);
    assert_non_null(wire->long_body);
}

void wire_bench_hang_up(struct wire_bench *wire)
{
    if (wire->accepted >= 0) {
        (void)close(wire->accepted);
    }
    wire->accepted = -1;
}

void wire_bench_close(struct wire_bench *wire)
{
    wire_bench_hang_up(wire);
    (void)close(wire->listening);
    upstream_bench_close(&wire->bench);
    free(wire->long_body);
}

void wire_bench_start_get(struct wire_bench *wire, struct trial *trial)
{
    trial_init(trial, &wire->bench, wire->port);
    trial_start(trial, &wire->bench);
}

void wire_bench_start_long_post(struct wire_bench *wire, struct trial *trial)
{
    trial_init(trial, &wire->bench, wire->port);
    trial->attempt.method = "POST";
    trial->attempt.body = (struct str){ wire->long_body, LONG_BODY };
    trial_start(trial, &wire->bench);
}

void wire_bench_turn(struct wire_bench *wire)
{
    assert_int_equal(loop_turn(wire->bench.loop, CLOCK_US_PER_MS), 0);
}

void wire_bench_accept(struct wire_bench *wire)
{
    uint64_t start_us = clock_monotonic_us();

    wire_bench_hang_up(wire);
    while (wire->accepted < 0 && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        wire_bench_turn(wire);
        wire->accepted = accept4(wire->listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    }
    assert_true(wire->accepted >= 0);
}

void wire_bench_read(struct wire_bench *wire, size_t count)
{
    static char bytes[64 * 1024];
    uint64_t start_us = clock_monotonic_us();

    while (count > 0 && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        ssize_t got = recv(wire->accepted, bytes, count < sizeof bytes ? count : sizeof bytes, 0);
        if (got <= 0) {
            wire_bench_turn(wire);
            continue;
        }
        count -= (size_t)got;
    }
    assert_int_equal(count, 0);
}

void wire_bench_read_get(struct wire_bench *wire)
{
    wire_bench_read(wire, 1);
    char bytes[LITTLE];
    assert_true(recv(wire->accepted, bytes, sizeof bytes, 0) > 0);
}

void wire_bench_answer(struct wire_bench *wire, const char *text)
{
    assert_int_equal(send(wire->accepted, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

bool wire_bench_is_ended(struct wire_bench *wire)
{
    static char bytes[64 * 1024];
    uint64_t start_us = clock_monotonic_us();
    ssize_t count = 1;

    /* In front of the end comes what the kernel still had of the request. */
    while (count > 0) {
        struct pollfd entry = { .fd = wire->accepted, .events = POLLIN };
        if (poll(&entry, 1, gate_milliseconds_left(start_us, TEST_PATIENCE_MS)) <= 0) {
            return false;
        }
        count = recv(wire->accepted, bytes, sizeof bytes, 0);
    }
    return count == 0 || errno == ECONNRESET;
}
