/* SPDX-License-Identifier: MIT */
#include "tests/support/gate.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/support/unit.h"

void gate_init(struct gate *gate)
{
    gate->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_true(gate->descriptor >= 0);
    atomic_init(&gate->is_open, false);
}

void gate_clear(struct gate *gate)
{
    (void)close(gate->descriptor);
    gate->descriptor = -1;
}

void gate_open(struct gate *gate)
{
    uint64_t one = 1;

    atomic_store(&gate->is_open, true);
    (void)!write(gate->descriptor, &one, sizeof one);
}

bool gate_wait(const struct gate *gate, int timeout_ms)
{
    struct pollfd poll_entry = { .fd = gate->descriptor, .events = POLLIN };

    return poll(&poll_entry, 1, timeout_ms) == 1 && atomic_load(&gate->is_open);
}

bool gate_is_open(const struct gate *gate)
{
    return gate_wait(gate, 0);
}

int gate_milliseconds_left(uint64_t start_us, int timeout_ms)
{
    uint64_t spent_ms = (clock_monotonic_us() - start_us) / CLOCK_US_PER_MS;

    return spent_ms >= (uint64_t)timeout_ms ? 0 : timeout_ms - (int)spent_ms;
}

struct timespec gate_moment_after(int timeout_ms)
{
    uint64_t moment_us = clock_monotonic_us() + (uint64_t)timeout_ms * CLOCK_US_PER_MS;

    return (struct timespec){
        .tv_sec = (time_t)(moment_us / CLOCK_US_PER_SECOND),
        .tv_nsec = (long)(moment_us % CLOCK_US_PER_SECOND) * 1000,
    };
}
