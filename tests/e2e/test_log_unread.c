/* SPDX-License-Identifier: MIT */
/*
 * A log that nobody reads any more (a pager that waits, a terminal that was stopped) holds the gateway up, but not its
 * end.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/scene.h"
#include "tests/support/unit.h"

enum { PIPE_BYTES = 4096, LOG_BYTES = 64 * 1024 };

/* A gateway whose standard output is a pipe of one page, which the test reads or leaves alone. */
struct unread {
    char folder[64];
    char pipe[80];
    int descriptor;
    struct process gateway;
    char text[LOG_BYTES]; /* all that was read of it */
    size_t length;
};

static int setup(void **state)
{
    struct unread *unread = calloc(1, sizeof *unread);

    assert_non_null(unread);
    unread->gateway = (struct process)PROCESS_NONE;
    (void)snprintf(unread->folder, sizeof unread->folder, "/tmp/fanlight-log-XXXXXX");
    assert_non_null(mkdtemp(unread->folder));
    (void)snprintf(unread->pipe, sizeof unread->pipe, "%s/pipe", unread->folder);
    assert_int_equal(mkfifo(unread->pipe, 0600), 0);
    unread->descriptor = open(unread->pipe, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    assert_true(unread->descriptor >= 0);
    assert_true(fcntl(unread->descriptor, F_SETPIPE_SZ, PIPE_BYTES) > 0);
    *state = unread;
    return 0;
}

static int teardown(void **state)
{
    struct unread *unread = *state;

    process_clear(&unread->gateway);
    (void)close(unread->descriptor);
    (void)unlink(unread->pipe);
    (void)rmdir(unread->folder);
    free(unread);
    return 0;
}

/* Reads until `part` stands in the log. */
static const char *read_up_to(struct unread *unread, const char *part)
{
    uint64_t start_us = clock_monotonic_us();
    struct pollfd readable = { .fd = unread->descriptor, .events = POLLIN };
    const char *place = NULL;

    while ((place = strstr(unread->text, part)) == NULL || strchr(place, '\n') == NULL) {
        assert_true(poll(&readable, 1, gate_milliseconds_left(start_us, TEST_PATIENCE_MS)) > 0);
        ssize_t count = read(unread->descriptor, unread->text + unread->length, LOG_BYTES - 1 - unread->length);
        assert_true(count > 0);
        unread->length += (size_t)count;
    }
    return place;
}

/* The port on which it listens. */
static uint16_t start(struct unread *unread, const char *mode, const char *drain_timeout)
{
    static const char gateway[] = BIN_DIR "/gateway";
    const char *words = "listening on 127.0.0.1:";
    char command[128];

    (void)snprintf(command, sizeof command, "exec \"$0\" \"$@\" > %s", unread->pipe);
    process_start(&unread->gateway, "/bin/sh",
                  OPTIONS("-c", command, gateway, "--listen=127.0.0.1:0", "--admin=off", mode, drain_timeout));
    return (uint16_t)strtoul(read_up_to(unread, words) + strlen(words), NULL, 10);
}

/* Nothing fits into the pipe any more. */
static void fill(const struct unread *unread)
{
    while (write(unread->descriptor, "\n", 1) == 1) {
    }
    assert_int_equal(errno, EAGAIN);
}

/* The worker has lines that it cannot write. */
static void fetch_hello(uint16_t port)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    client_fetch(port, "/hello", &answer);
    assert_int_equal(answer.status, 200);
}

static const char *const modes[] = { "--mode=sync", "--mode=threads", "--mode=async", "--mode=mixed", "--mode=wire" };

static void a_second_signal_ends_it_at_once(void **state)
{
    struct unread *unread = *state;

    for (size_t i = 0; i < array_length(modes); i++) {
        uint16_t port = start(unread, modes[i], "--drain-timeout=5m");
        fill(unread);
        fetch_hello(port);

        process_signal(&unread->gateway, SIGTERM);
        process_signal(&unread->gateway, SIGINT);

        assert_int_equal(process_wait(&unread->gateway), 1);
        process_clear(&unread->gateway);
        (void)teardown(state);
        (void)setup(state);
        unread = *state;
    }
}

static void the_drain_timeout_ends_it(void **state)
{
    struct unread *unread = *state;
    uint16_t port = start(unread, "--mode=async", "--drain-timeout=200ms");
    fill(unread);
    fetch_hello(port);

    process_signal(&unread->gateway, SIGTERM);

    assert_int_equal(process_wait(&unread->gateway), 1);
}

static void it_drains_once_its_log_is_read_again(void **state)
{
    struct unread *unread = *state;
    uint16_t port = start(unread, "--mode=async", "--drain-timeout=5m");
    fill(unread);
    fetch_hello(port);

    process_signal(&unread->gateway, SIGTERM);

    (void)read_up_to(unread, "\"GET /hello HTTP/1.1\" 200 OK");
    (void)read_up_to(unread, " - draining");
    (void)read_up_to(unread, " - drained");
    assert_int_equal(process_wait(&unread->gateway), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_second_signal_ends_it_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(the_drain_timeout_ends_it, setup, teardown),
        cmocka_unit_test_setup_teardown(it_drains_once_its_log_is_read_again, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
