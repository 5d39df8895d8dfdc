/* SPDX-License-Identifier: MIT */
/*
 * /api/watch: one child for each gateway that is looked at, shared by all who do, ended when nobody does.
 */
#include <signal.h>
#include <stdio.h>

#include "tests/integration/serve_bench.h"
#include "tests/support/unit.h"

#define NOTE "echo \"$$ $*\" >>\"$FOLDER/children\"\n"
#define CONNECTED "echo '{\"event\":\"connected\"}'\n"
#define RECORD(n) "echo '{\"event\":\"record\",\"record\":{\"n\":" n "}}'\n"
#define WAIT "wait_for_test\n"
#define TARGET "/api/watch?admin=127.0.0.1:9901"

/* How many children there have been. */
static size_t count_children(const struct serve_bench *bench)
{
    char text[4096];
    size_t count = 0;

    program_folder_read(&bench->folder, "children", text, sizeof text);
    for (const char *line = text; *line != '\0'; line++) {
        count += *line == '\n' ? 1 : 0;
    }
    return count;
}

static void wait_until_gone(pid_t pid)
{
    uint64_t start_us = clock_monotonic_us();

    while (kill(pid, 0) == 0) {
        if (gate_milliseconds_left(start_us, TEST_PATIENCE_MS) == 0) {
            fail_msg("%d does not end", (int)pid);
        }
        (void)usleep(2000);
    }
}

static void viewers_of_one_gateway_share_a_child(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream first;
    struct page_stream second;
    char text[256];
    serve_bench_start(bench, NOTE CONNECTED WAIT RECORD("1.10") "exec sleep 60");
    page_stream_open(&first, bench->port, TARGET, "");
    page_stream_wait(&first, "event: status\ndata: {\"connected\":false,\"error\":null}\n\n");
    page_stream_wait(&first, "event: status\ndata: {\"connected\":true,\"error\":null}\n\n");
    page_stream_open(&second, bench->port, "/api/watch?admin=http%3A%2F%2F127.0.0.1%3A9901%2f", "");
    page_stream_wait(&second, "event: status\ndata: {\"connected\":true,\"error\":null}\n\n");

    serve_bench_go_on(bench);

    page_stream_wait(&first, "event: record\ndata: {\"n\":1.10}\n\n");
    page_stream_wait(&second, "event: record\ndata: {\"n\":1.10}\n\n");
    assert_int_equal(count_children(bench), 1);
    program_folder_read(&bench->folder, "children", text, sizeof text);
    assert_non_null(strstr(text, " watch --events --admin=http://127.0.0.1:9901\n"));
    page_stream_close(&first);
    page_stream_close(&second);
}

static void the_child_ends_when_nobody_looks_on(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream first;
    struct page_stream second;
    char text[256];
    serve_bench_start(bench, NOTE CONNECTED "exec sleep 60");
    page_stream_open(&first, bench->port, TARGET, "");
    page_stream_open(&second, bench->port, TARGET, "");
    page_stream_wait(&first, "\"connected\":true");
    page_stream_wait(&second, "\"connected\":true");
    program_folder_read(&bench->folder, "children", text, sizeof text);
    pid_t pid = (pid_t)strtol(text, NULL, 10);

    page_stream_close(&first);
    assert_int_equal(kill(pid, 0), 0);
    page_stream_close(&second);

    wait_until_gone(pid);
    page_stream_open(&first, bench->port, TARGET, "");
    page_stream_wait(&first, "\"connected\":true");
    assert_int_equal(count_children(bench), 2);
    page_stream_close(&first);
}

static void a_gateway_that_is_gone_is_tried_again(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewer;
    serve_bench_start(bench, NOTE "if [ \"$(wc -l <\"$FOLDER/children\")\" -lt 2 ]; then\n"
                                  "echo '{\"event\":\"failed\",\"error\":\"it is <gone>\"}'; exit 1\nfi\n" CONNECTED
                                  "exec sleep 60");

    page_stream_open(&viewer, bench->port, TARGET, "");

    page_stream_wait(&viewer, "event: status\ndata: {\"connected\":false,\"error\":\"it is <gone>\"}\n\n");
    page_stream_wait(&viewer, "event: status\ndata: {\"connected\":true,\"error\":null}\n\n");
    page_stream_close(&viewer);
}

static void a_child_that_says_nothing_useful_has_a_reason_too(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewer;
    serve_bench_start(bench, "echo hello; printf '{\"event\":\"record\",\\r\"record\":{}}\\n'; "
                             "echo '{\"event\":\"record\"}'; echo 'lab: no \"way\"' >&2; exit 1");

    page_stream_open(&viewer, bench->port, TARGET, "");

    page_stream_wait(&viewer, "{\"connected\":false,\"error\":\"lab watch has ended: lab: no \\\"way\\\"\"}");
    assert_int_equal(page_stream_count(&viewer, "event: record"), 0);
    page_stream_close(&viewer);
}

static void there_are_places_for_four_gateways(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewers[WATCH_GATEWAYS_MOST];
    cleanup_answer struct answer fifth = ANSWER_NONE;
    serve_bench_start(bench, CONNECTED "exec sleep 60");
    for (int i = 0; i < WATCH_GATEWAYS_MOST; i++) {
        char target[64];
        (void)snprintf(target, sizeof target, "/api/watch?admin=127.0.0.1:%d", 9901 + i);
        page_stream_open(&viewers[i], bench->port, target, "");
        page_stream_wait(&viewers[i], "\"connected\":true");
    }

    page_get(bench->port, "/api/watch?admin=localhost:9901", &fifth);

    assert_int_equal(fifth.status, 503);
    page_stream_close(&viewers[0]);
    uint64_t start_us = clock_monotonic_us();
    int status = 0;
    while (status != 200 && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        page_stream_open(&viewers[0], bench->port, "/api/watch?admin=localhost:9901", "");
        while (viewers[0].answer.status == 0 && !client_poll(&viewers[0].client, &viewers[0].answer)) {
        }
        status = viewers[0].answer.status;
        if (status != 200) {
            page_stream_close(&viewers[0]);
        }
    }
    assert_int_equal(status, 200);
    for (int i = 0; i < WATCH_GATEWAYS_MOST; i++) {
        page_stream_close(&viewers[i]);
    }
}

static void there_are_places_for_sixteen_viewers_of_all(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewers[WATCH_VIEWERS_MOST];
    cleanup_answer struct answer answer = ANSWER_NONE;
    serve_bench_start(bench, CONNECTED "exec sleep 60");
    for (size_t i = 0; i < WATCH_VIEWERS_MOST; i++) {
        page_stream_open(&viewers[i], bench->port, i % 2 == 0 ? TARGET : "/api/watch?admin=[::1]:9901", "");
        page_stream_wait(&viewers[i], "event: status");
    }

    page_get(bench->port, TARGET, &answer);

    assert_int_equal(answer.status, 503);
    for (size_t i = 0; i < WATCH_VIEWERS_MOST; i++) {
        page_stream_close(&viewers[i]);
    }
}

static void the_server_takes_its_children_along(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewer;
    char text[256];
    serve_bench_start(bench, NOTE "trap '' TERM\n" CONNECTED "exec sleep 60");
    page_stream_open(&viewer, bench->port, TARGET, "");
    page_stream_wait(&viewer, "\"connected\":true");
    program_folder_read(&bench->folder, "children", text, sizeof text);

    serve_bench_stop(bench);

    assert_int_equal(kill((pid_t)strtol(text, NULL, 10), 0), -1);
    page_stream_wait_end(&viewer);
    page_stream_close(&viewer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        serve_test(viewers_of_one_gateway_share_a_child),
        serve_test(the_child_ends_when_nobody_looks_on),
        serve_test(a_gateway_that_is_gone_is_tried_again),
        serve_test(a_child_that_says_nothing_useful_has_a_reason_too),
        serve_test(there_are_places_for_four_gateways),
        serve_test(there_are_places_for_sixteen_viewers_of_all),
        serve_test(the_server_takes_its_children_along),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
