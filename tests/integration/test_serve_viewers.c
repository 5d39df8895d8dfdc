/* SPDX-License-Identifier: MIT */
/*
 * Who looks on while something runs: all see the same, whenever they come; who does not keep up, or leaves, costs
 * nothing.
 */
#include <stdio.h>

#include "tests/integration/serve_bench.h"
#include "tests/support/unit.h"

#define EXPERIMENT "{\"kind\":\"experiment\"}"
#define WAIT "wait_for_test\n"
#define SAY(text) "echo '{\"event\":\"line\",\"text\":\"" text "\"}'\n"
#define END "echo '{\"event\":\"end\",\"document\":{}}'\n"

enum { LINE_BYTES = 60 * 1024, MANY_BYTES = 7 * 1024 * 1024, STREAM_BYTES = 64 * 1024 * 1024 };

static void start_run(const struct serve_bench *bench)
{
    assert_int_equal(serve_bench_post(bench, "/api/runs", EXPERIMENT), 202);
}

/* From the run's first event on, without the comments, which come by the time. */
static void add_events(const struct page_stream *stream, struct buf *text)
{
    static const char comment[] = ": still here\n\n";
    struct str rest = page_stream_from(stream, "event: run\n");

    buf_init(text, STREAM_BYTES);
    while (rest.length > 0) {
        const char *end = memmem(rest.base, rest.length, "\n\n", 2);
        assert_non_null(end);
        struct str event = { rest.base, (size_t)(end - rest.base) + 2 };
        if (!str_equal(event, str_of(comment))) {
            assert_int_equal(buf_add_str(text, event), 0);
        }
        rest = str_from(rest, event.length);
    }
}

static void assert_same(const struct page_stream *a, const struct page_stream *b)
{
    cleanup_buf struct buf events_a;
    cleanup_buf struct buf events_b;

    add_events(a, &events_a);
    add_events(b, &events_b);
    assert_true(events_a.length > 0);
    assert_true(str_equal(buf_view(&events_a), buf_view(&events_b)));
}

static void viewers_see_the_same_whenever_they_come(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream first;
    struct page_stream second;
    struct page_stream during;
    struct page_stream afterwards;
    serve_bench_start(bench, SAY("one") WAIT SAY("two") WAIT SAY("three") END);
    page_stream_open(&first, bench->port, "/api/events", "");
    page_stream_open(&second, bench->port, "/api/events", "");
    page_stream_wait(&first, "event: state");
    page_stream_wait(&second, "event: state");

    start_run(bench);
    serve_bench_go_on(bench);
    page_stream_wait(&first, "\"two\"");
    page_stream_open(&during, bench->port, "/api/events", "");
    page_stream_wait(&during, "\"two\"");
    assert_int_equal(page_stream_count(&during, "\"one\""), 1);
    serve_bench_go_on(bench);
    page_stream_wait(&first, "\"state\":\"done\"");
    page_stream_open(&afterwards, bench->port, "/api/events", "");

    page_stream_wait(&second, "\"state\":\"done\"");
    page_stream_wait(&during, "\"state\":\"done\"");
    page_stream_wait_count(&afterwards, "\"state\":\"done\"", 2); /* at once, and where it was told */
    assert_same(&first, &second);
    assert_same(&first, &during);
    assert_same(&first, &afterwards);
    page_stream_close(&first);
    page_stream_close(&second);
    page_stream_close(&during);
    page_stream_close(&afterwards);
}

static void a_new_run_is_told_on_the_same_stream_and_pushes_the_old_one_out(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewer;
    struct page_stream late;
    serve_bench_start(bench, SAY("x") END);
    page_stream_open(&viewer, bench->port, "/api/events", "");
    start_run(bench);
    page_stream_wait(&viewer, "\"state\":\"done\"");

    start_run(bench);
    page_stream_wait(&viewer, "{\"run\":\"2\",\"kind\":\"experiment\",\"state\":\"done\"");
    page_stream_open(&late, bench->port, "/api/events", "");
    page_stream_wait_count(&late, "event: state", 2);

    assert_int_equal(page_stream_count(&viewer, "{\"run\":\"1\",\"time_ms\""), 2);
    assert_int_equal(page_stream_count(&viewer, "{\"run\":\"2\",\"time_ms\""), 2);
    assert_int_equal(page_stream_count(&late, "{\"run\":\"1\",\"time_ms\""), 0);
    assert_int_equal(page_stream_count(&late, "{\"run\":\"2\",\"time_ms\""), 2);
    page_stream_close(&viewer);
    page_stream_close(&late);
}

/* As a browser does by itself when a connection breaks. */
static void whoever_comes_again_goes_on_where_it_was(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewer;
    struct page_stream again;
    char field[128];
    serve_bench_start(bench, SAY("one") SAY("two") WAIT SAY("three") END);
    page_stream_open(&viewer, bench->port, "/api/events", "");
    start_run(bench);
    page_stream_wait(&viewer, "\"two\"");
    struct str two = page_stream_from(&viewer, "\"one\"");
    two = (struct str){ memmem(two.base, two.length, "id: ", 4), 0 };
    assert_non_null(two.base);
    (void)snprintf(field, sizeof field, "Last-Event-ID: %.13s\r\n", two.base + strlen("id: "));
    page_stream_close(&viewer);

    page_stream_open(&again, bench->port, "/api/events", field);
    page_stream_wait(&again, "\"state\":\"running\"");
    serve_bench_go_on(bench);
    page_stream_wait(&again, "\"state\":\"done\"");

    assert_int_equal(page_stream_count(&again, "\"one\""), 0);
    assert_int_equal(page_stream_count(&again, "\"two\""), 0);
    assert_int_equal(page_stream_count(&again, "\"three\""), 1);
    page_stream_close(&again);
}

static void there_are_places_for_sixteen_and_whoever_leaves_makes_room(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewers[EVENT_STREAM_VIEWERS];
    cleanup_answer struct answer answer = ANSWER_NONE;
    serve_bench_start(bench, END);
    for (size_t i = 0; i < EVENT_STREAM_VIEWERS; i++) {
        page_stream_open(&viewers[i], bench->port, "/api/events", "");
        page_stream_wait(&viewers[i], "event: state");
    }

    page_get(bench->port, "/api/events", &answer);
    assert_int_equal(answer.status, 503);
    page_stream_close(&viewers[3]);

    uint64_t start_us = clock_monotonic_us();
    bool is_open = false;
    while (!is_open && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        page_stream_open(&viewers[3], bench->port, "/api/events", "");
        while (viewers[3].answer.status == 0 && !client_poll(&viewers[3].client, &viewers[3].answer)) {
        }
        is_open = viewers[3].answer.status == 200;
        if (!is_open) {
            page_stream_close(&viewers[3]);
        }
    }
    assert_true(is_open);
    start_run(bench);
    for (size_t i = 0; i < EVENT_STREAM_VIEWERS; i++) {
        page_stream_wait(&viewers[i], "\"state\":\"done\"");
        page_stream_close(&viewers[i]);
    }
}

/* ---- too much ---- */

/* A file of events, for `cat`. */
static void write_events(const struct serve_bench *bench, size_t size_bytes)
{
    char path[256];
    char *line = malloc(LINE_BYTES + 1);
    assert_non_null(line);
    int length = snprintf(line, LINE_BYTES, "{\"event\":\"line\",\"text\":\"");
    memset(line + length, 'x', (size_t)(LINE_BYTES - length));
    memcpy(line + LINE_BYTES - 3, "\"}\n", 3);

    (void)snprintf(path, sizeof path, "%s/events", bench->folder.path);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    for (size_t written = 0; written < size_bytes; written += LINE_BYTES) {
        assert_int_equal(fwrite(line, 1, LINE_BYTES, file), LINE_BYTES);
    }
    assert_int_equal(fclose(file), 0);
    free(line);
}

static void a_run_that_tells_too_much_is_ended_and_what_was_told_is_kept(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewer;
    struct page_stream late;
    serve_bench_start(bench, SAY("first") "while :; do cat \"$FOLDER/events\"; done");
    write_events(bench, MANY_BYTES);
    page_stream_open(&viewer, bench->port, "/api/events", "");

    start_run(bench);
    page_stream_wait(&viewer, "\"event\":\"failed\",\"error\":\"It was ended: it tells more than can be kept.\"");
    page_stream_wait(&viewer, "\"state\":\"failed\"");
    page_stream_open(&late, bench->port, "/api/events", "");
    page_stream_wait_count(&late, "\"state\":\"failed\"", 2);

    assert_int_equal(page_stream_count(&late, "\"first\""), 1);
    assert_true(answer_body(&late.answer).length <
                RUNS_STREAM_BYTES - RUN_DOCUMENT_BYTES); /* a result would fit, too */
    assert_same(&viewer, &late);
    page_stream_close(&viewer);
    page_stream_close(&late);
}

/* The server keeps so much for it and no more, however long it does not read. */
static void a_viewer_that_does_not_read_is_ended(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream slow;
    struct page_stream quick;
    serve_bench_start(bench, "cat \"$FOLDER/events\"\n" END);
    write_events(bench, MANY_BYTES);
    page_stream_open(&slow, bench->port, "/api/events", "");
    page_stream_wait(&slow, "event: state");
    page_stream_open(&quick, bench->port, "/api/events", "");

    for (int i = 1; i <= 4; i++) {
        char over[64];
        (void)snprintf(over, sizeof over, "{\"run\":\"%d\",\"kind\":\"experiment\",\"state\":\"done\"", i);
        start_run(bench);
        page_stream_wait(&quick, over);
        page_stream_close(&quick);
        page_stream_open(&quick, bench->port, "/api/events", "Last-Event-ID: 99999999999999\r\n");
        page_stream_wait(&quick, over);
    }
    page_stream_wait_end(&slow);

    assert_false(slow.answer.is_complete);
    assert_true(page_stream_count(&slow, "\"state\":\"done\"") < 4);
    page_stream_close(&slow);
    page_stream_close(&quick);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        serve_test(viewers_see_the_same_whenever_they_come),
        serve_test(a_new_run_is_told_on_the_same_stream_and_pushes_the_old_one_out),
        serve_test(whoever_comes_again_goes_on_where_it_was),
        serve_test(there_are_places_for_sixteen_and_whoever_leaves_makes_room),
        serve_test(a_run_that_tells_too_much_is_ended_and_what_was_told_is_kept),
        serve_test(a_viewer_that_does_not_read_is_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
