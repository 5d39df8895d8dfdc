/* SPDX-License-Identifier: MIT */
#include "tests/integration/load_bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "tests/support/unit.h"

struct load_setup load_bench_setup(uint16_t port, const char *path)
{
    struct load_setup setup = { .connections = 1, .duration_us = CLOCK_NEVER_US, .grace_us = LOAD_BENCH_GRACE_US };
    struct error error;
    char text[256];

    (void)snprintf(text, sizeof text, "http://127.0.0.1:%u%s", port, path);
    assert_int_equal(url_parse(str_of(text), &setup.url, &error), 0);
    return setup;
}

struct load_result load_bench_run(const struct load_setup *setup)
{
    struct load load;
    struct load_result result;
    struct error error;

    assert_int_equal(load_init(&load, &error), 0);
    if (load_run(&load, setup, &result, &error) < 0) {
        fail_msg("%s", error.text);
    }
    load_clear(&load);
    return result;
}

static void *run(void *context)
{
    struct load_bench *bench = context;

    bench->status = load_run(&bench->load, &bench->setup, &bench->result, &bench->error);
    return NULL;
}

void load_bench_start(struct load_bench *bench, const struct load_setup *setup)
{
    *bench = (struct load_bench){ .setup = *setup };
    assert_int_equal(load_init(&bench->load, &bench->error), 0);
    assert_int_equal(pthread_create(&bench->thread, NULL, run, bench), 0);
}

void load_bench_join(struct load_bench *bench)
{
    assert_int_equal(pthread_join(bench->thread, NULL), 0);
    load_clear(&bench->load);
    if (bench->status < 0) {
        fail_msg("%s", bench->error.text);
    }
}

size_t load_bench_count_from(const struct samples *samples, uint64_t value_us)
{
    size_t count = 0;

    for (size_t i = 0; i < samples->count; i++) {
        count += samples->values[i] >= value_us ? 1 : 0;
    }
    return count;
}

uint64_t load_bench_percentile_us(struct samples *samples, double fraction)
{
    return samples_percentile(samples, fraction).value_us;
}

/* Its socket stays, so that nobody else is given that port. */
uint16_t load_bench_free_port(void)
{
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;

    assert_int_equal(bind(descriptor, (const struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(descriptor, (struct sockaddr *)&address, &length), 0);
    return ntohs(address.sin_port);
}
