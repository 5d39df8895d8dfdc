/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a run: its child's words and its end, cancelling, the last eight, the server's own end.
 */
#include <signal.h>
#include <stdio.h>

#include "tests/integration/serve_bench.h"
#include "tests/support/scene.h"
#include "tests/support/unit.h"

#define EXPERIMENT "{\"kind\":\"experiment\"}"
#define BEGIN "echo '{\"event\":\"begin\",\"kind\":\"experiment\"}'\n"
#define WAIT "wait_for_test\n"
#define END "echo '{\"event\":\"end\",\"document\":{\"version\":1,\"kind\":\"experiment\",\"modes\":[],\"n\":1.10}}'\n"
#define INTERRUPTED                                                                                                    \
    "{\"event\":\"end\",\"document\":{\"version\":1,\"kind\":\"experiment\",\"origin\":{\"interrupted\":true}}}"

static cJSON *get_runs(const struct serve_bench *bench)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    page_get(bench->port, "/api/runs", &answer);
    assert_int_equal(answer.status, 200);
    return answer_json(&answer);
}

/* Of the newest run. */
static void assert_state(const struct serve_bench *bench, const char *expected)
{
    cJSON *state = get_runs(bench);
    const cJSON *run = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(state, "runs"), 0);

    assert_string_equal(json_text(run, "state"), expected);
    bool is_current = cJSON_IsString(cJSON_GetObjectItemCaseSensitive(state, "current"));
    assert_int_equal(is_current, strcmp(expected, "running") == 0);
    cJSON_Delete(state);
}

static void a_run_is_told_from_its_beginning_to_its_end(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewer;
    cleanup_answer struct answer answer = ANSWER_NONE;
    serve_bench_start(bench, BEGIN WAIT END);
    page_stream_open(&viewer, bench->port, "/api/events", "");
    page_stream_wait(&viewer, "event: state\ndata: {\"now_ms\":");
    assert_int_equal(page_stream_count(&viewer, "\"current\":null,\"runs\":[]}"), 1);

    page_post(bench->port, "/api/runs", EXPERIMENT, &answer);
    assert_int_equal(answer.status, 202);
    assert_text(answer_body(&answer), "{\"run\":\"1\"}");
    page_stream_wait(&viewer,
                     "\"current\":\"1\",\"runs\":[{\"run\":\"1\",\"kind\":\"experiment\",\"state\":\"running\"");
    page_stream_wait(&viewer, ",\"event\":\"begin\",\"kind\":\"experiment\"}\n\n");
    assert_state(bench, "running");
    serve_bench_go_on(bench);
    page_stream_wait(&viewer, "\"state\":\"done\"");

    assert_state(bench, "done");
    assert_matches(
        page_stream_from(&viewer, "event: run\n"),
        "^event: run\ndata: \\{\"run\":\"1\",\"time_ms\":[0-9]{13},\"event\":\"begin\",\"kind\":\"experiment\"\\}"
        "\n\nid: [0-9]+\nevent: run\ndata: \\{\"run\":\"1\",\"time_ms\":[0-9]{13},\"event\":\"end\","
        "\"document\":\\{.*\"n\":1\\.10\\}\\}\n\nid: [0-9]+\nevent: state\n");
    assert_matches(page_stream_from(&viewer, "\"started_at\""),
                   "^\"started_at\":\"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\"");
    page_stream_close(&viewer);
}

static void a_result_can_be_had_once_it_is_there(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewer;
    cleanup_answer struct answer early = ANSWER_NONE;
    cleanup_answer struct answer answer = ANSWER_NONE;
    cleanup_answer struct answer file = ANSWER_NONE;
    cleanup_answer struct answer misspelt = ANSWER_NONE;
    serve_bench_start(bench, BEGIN WAIT END);
    page_stream_open(&viewer, bench->port, "/api/events", "");
    assert_int_equal(serve_bench_post(bench, "/api/runs", EXPERIMENT), 202);

    page_get(bench->port, "/api/runs/1", &early);
    serve_bench_go_on(bench);
    page_stream_wait(&viewer, "\"state\":\"done\"");
    page_get(bench->port, "/api/runs/1", &answer);
    page_get(bench->port, "/api/runs/1?a=b&download=1", &file);
    page_get(bench->port, "/api/runs/01", &misspelt);

    assert_problem(&early, 404, "");
    assert_text(answer_body(&answer), "{\"version\":1,\"kind\":\"experiment\",\"modes\":[],\"n\":1.10}");
    assert_text(answer_header(&answer, "Content-Type"), "application/json");
    assert_null(answer_header(&answer, "Content-Disposition").base);
    assert_text(answer_header(&file, "Content-Disposition"), "attachment; filename=\"fanlight-experiment-1.json\"");
    assert_problem(&misspelt, 404, "");
    page_stream_close(&viewer);
}

static void only_one_runs_at_a_time(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewer;
    cleanup_answer struct answer second = ANSWER_NONE;
    serve_bench_start(bench, BEGIN WAIT END);
    page_stream_open(&viewer, bench->port, "/api/events", "");
    assert_int_equal(serve_bench_post(bench, "/api/runs", EXPERIMENT), 202);

    page_post(bench->port, "/api/runs", "{\"kind\":\"sweep\"}", &second);
    serve_bench_go_on(bench);
    page_stream_wait(&viewer, "\"state\":\"done\"");
    int third = serve_bench_post(bench, "/api/runs", EXPERIMENT);

    assert_problem(&second, 409, "");
    cJSON *problem = answer_json(&second);
    assert_string_equal(json_text(problem, "run"), "1");
    cJSON_Delete(problem);
    assert_int_equal(third, 202);
    page_stream_close(&viewer);
}

/* ---- its end, however it comes ---- */

static const struct {
    const char *name, *script, *told, *state;
} end_rows[] = {
    { "it says why", "echo '{\"event\":\"failed\",\"error\":\"No port is free.\"}'; exit 1",
      "\"event\":\"failed\",\"error\":\"No port is free.\"}", "failed" },
    { "it says nothing", "exit 3", "\"event\":\"failed\",\"error\":\"It ended without a result.\"}", "failed" },
    { "it complains", "echo 'lab: no <b>way</b>' >&2; echo more >&2; exit 1",
      "\"event\":\"failed\",\"error\":\"It ended without a result: lab: no <b>way</b>\"}", "failed" },
    { "it is killed", BEGIN "kill -9 $$", "\"event\":\"failed\",\"error\":\"It ended without a result.\"}", "failed" },
    { "its result is none", "echo '{\"event\":\"end\",\"document\":[]}'",
      "\"event\":\"failed\",\"error\":\"It ended without a result that can be kept.\"}", "failed" },
    { "its result is missing", "echo '{\"event\":\"end\"}'",
      "\"event\":\"failed\",\"error\":\"It ended without a result that can be kept.\"}", "failed" },
    { "it fails after its end", END "echo '{\"event\":\"failed\",\"error\":\"x\"}'; exit 1", "\"event\":\"end\"",
      "done" },
    { "its end has no line break", "printf '%s' '{\"event\":\"end\",\"document\":{}}'",
      "\"event\":\"failed\",\"error\":\"It ended without a result.\"}", "failed" },
    { "it was interrupted by somebody else", "echo '" INTERRUPTED "'", "\"event\":\"end\"", "done" },
};

static void a_run_has_one_last_word_however_it_ends(void **state)
{
    struct serve_bench *bench = *state;

    for (size_t i = 0; i < array_length(end_rows); i++) {
        struct page_stream viewer;
        char over[64];
        serve_bench_start(bench, end_rows[i].script);
        page_stream_open(&viewer, bench->port, "/api/events", "");

        assert_int_equal(serve_bench_post(bench, "/api/runs", EXPERIMENT), 202);

        (void)snprintf(over, sizeof over, "\"state\":\"%s\"", end_rows[i].state);
        print_message("%s\n", end_rows[i].name);
        page_stream_wait(&viewer, over);
        assert_int_equal(page_stream_count(&viewer, end_rows[i].told), 1);
        assert_int_equal(
            page_stream_count(&viewer, "\"event\":\"end\"") + page_stream_count(&viewer, "\"event\":\"failed\""), 1);
        page_stream_close(&viewer);
        serve_bench_stop(bench);
    }
}

static void the_reason_stays_where_the_result_would_be(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewer;
    cleanup_answer struct answer answer = ANSWER_NONE;
    serve_bench_start(bench, "echo 'lab: no port is free' >&2; exit 1");
    page_stream_open(&viewer, bench->port, "/api/events", "");
    assert_int_equal(serve_bench_post(bench, "/api/runs", EXPERIMENT), 202);
    page_stream_wait(&viewer, "\"state\":\"failed\"");

    page_get(bench->port, "/api/runs/1/report.html", &answer);

    assert_problem(&answer, 404, "");
    struct str body = answer_body(&answer);
    assert_non_null(memmem(body.base, body.length, "no port is free", strlen("no port is free")));
    page_stream_close(&viewer);
}

/* Lines that would break the stream, or make a page believe something. */
static void what_is_no_event_is_passed_over(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewer;
    serve_bench_start(bench,
                      "printf '%s\\n' 'hello' '' '[]' '{}' '{\"event\":1}' '{\"event\":\"x\"' 'null' '\"event\"'\n"
                      "printf '{\"event\":\"cr\",\\r\"a\":1}\\n'\n"
                      "printf '{\"event\":\"bad\",\"a\":\"\\377\"}\\n'\n"
                      "printf ' {\"event\":\"blank\"}\\n'\n" BEGIN END);
    page_stream_open(&viewer, bench->port, "/api/events", "");

    assert_int_equal(serve_bench_post(bench, "/api/runs", EXPERIMENT), 202);

    page_stream_wait(&viewer, "\"state\":\"done\"");
    assert_int_equal(page_stream_count(&viewer, "event: run\n"), 2);
    page_stream_close(&viewer);
}

/* ---- cancelling ---- */

static void a_cancelled_run_keeps_what_it_has_measured(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewer;
    cleanup_answer struct answer answer = ANSWER_NONE;
    cleanup_answer struct answer document = ANSWER_NONE;
    serve_bench_start(bench,
                      "sleep 60 >&2 & trap 'echo '\\''" INTERRUPTED "'\\''; kill $!; exit 130' INT\n" BEGIN "wait $!");
    page_stream_open(&viewer, bench->port, "/api/events", "");
    assert_int_equal(serve_bench_post(bench, "/api/runs", EXPERIMENT), 202);
    page_stream_wait(&viewer, "\"event\":\"begin\"");

    page_post(bench->port, "/api/runs/1/cancel", "{}", &answer);
    page_stream_wait(&viewer, "\"state\":\"cancelled\"");
    page_get(bench->port, "/api/runs/1", &document);
    int again = serve_bench_post(bench, "/api/runs/1/cancel", "{}");

    assert_int_equal(answer.status, 202);
    assert_text(answer_body(&answer), "{\"run\":\"1\"}");
    assert_int_equal(document.status, 200);
    assert_int_equal(again, 409);
    page_stream_close(&viewer);
}

/* The signal came before the program had anything to catch it with. */
static void a_run_cancelled_before_it_had_begun_says_that_and_is_no_failure(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewer;
    serve_bench_start(bench, BEGIN "exec sleep 60");
    page_stream_open(&viewer, bench->port, "/api/events", "");
    assert_int_equal(serve_bench_post(bench, "/api/runs", EXPERIMENT), 202);
    page_stream_wait(&viewer, "\"event\":\"begin\"");

    assert_int_equal(serve_bench_post(bench, "/api/runs/1/cancel", ""), 202);

    page_stream_wait(&viewer, "\"state\":\"cancelled\"");
    assert_int_equal(page_stream_count(&viewer, "\"error\":\"Cancelled. Nothing had been measured yet.\""), 1);
    page_stream_close(&viewer);
}

/* It had measured everything when it heard of it. */
static void a_run_that_was_done_before_it_could_be_cancelled_is_done(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewer;
    serve_bench_start(bench, "trap '' INT\n" BEGIN WAIT END);
    page_stream_open(&viewer, bench->port, "/api/events", "");
    assert_int_equal(serve_bench_post(bench, "/api/runs", EXPERIMENT), 202);
    page_stream_wait(&viewer, "\"event\":\"begin\"");

    assert_int_equal(serve_bench_post(bench, "/api/runs/1/cancel", ""), 202);
    assert_int_equal(serve_bench_post(bench, "/api/runs/1/cancel", ""), 202); /* impatient */
    serve_bench_go_on(bench);

    page_stream_wait(&viewer, "\"state\":\"done\"");
    page_stream_close(&viewer);
}

static void a_run_that_does_not_heed_a_cancel_is_killed(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewer;
    serve_bench_start(bench, "trap '' INT\n" BEGIN "exec sleep 60");
    page_stream_open(&viewer, bench->port, "/api/events", "");
    assert_int_equal(serve_bench_post(bench, "/api/runs", EXPERIMENT), 202);
    page_stream_wait(&viewer, "\"event\":\"begin\"");

    assert_int_equal(serve_bench_post(bench, "/api/runs/1/cancel", ""), 202);

    page_stream_wait(&viewer, "\"state\":\"cancelled\""); /* after five seconds */
    assert_int_equal(page_stream_count(&viewer, "\"event\":\"failed\""), 1);
    page_stream_close(&viewer);
}

/* ---- the last eight ---- */

static void the_last_eight_are_kept(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewer;
    serve_bench_start(bench, END);
    page_stream_open(&viewer, bench->port, "/api/events", "");

    for (size_t i = 1; i <= RUN_HISTORY_MOST + 2; i++) {
        char last_word[64];
        assert_int_equal(serve_bench_post(bench, "/api/runs", EXPERIMENT), 202);
        (void)snprintf(last_word, sizeof last_word,
                       "\"runs\":[{\"run\":\"%zu\",\"kind\":\"experiment\",\"state\":\"done\"", i);
        page_stream_wait(&viewer, last_word);
    }

    cJSON *listed = get_runs(bench);
    const cJSON *runs = cJSON_GetObjectItemCaseSensitive(listed, "runs");
    assert_int_equal(cJSON_GetArraySize(runs), RUN_HISTORY_MOST);
    assert_string_equal(json_text(cJSON_GetArrayItem(runs, 0), "run"), "10");
    assert_string_equal(json_text(cJSON_GetArrayItem(runs, RUN_HISTORY_MOST - 1), "run"), "3");
    cJSON_Delete(listed);
    cleanup_answer struct answer gone = ANSWER_NONE;
    cleanup_answer struct answer kept = ANSWER_NONE;
    page_get(bench->port, "/api/runs/2", &gone);
    page_get(bench->port, "/api/runs/3", &kept);
    assert_int_equal(gone.status, 404);
    assert_int_equal(kept.status, 200);
    page_stream_close(&viewer);
}

/* ---- the server's end ---- */

static void the_server_takes_its_child_along(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewer;
    char pid[32];
    serve_bench_start(bench, "echo $$ >\"$FOLDER/new\"; mv \"$FOLDER/new\" \"$FOLDER/pid\"\ntrap '' TERM INT\n" BEGIN
                             "exec sleep 60");
    page_stream_open(&viewer, bench->port, "/api/events", "");
    assert_int_equal(serve_bench_post(bench, "/api/runs", EXPERIMENT), 202);
    page_stream_wait(&viewer, "\"event\":\"begin\"");
    serve_bench_wait_for_file(bench, "pid", pid, sizeof pid);

    uint64_t start_us = clock_monotonic_us();
    serve_bench_stop(bench);
    uint64_t took_us = clock_monotonic_us() - start_us;

    assert_int_equal(kill((pid_t)strtol(pid, NULL, 10), 0), -1); /* and it was waited for */
    assert_true(took_us < 3 * (uint64_t)CLOCK_US_PER_SECOND);
    page_stream_wait_end(&viewer);
    page_stream_close(&viewer);
}

static void runs_are_logged_in_a_line_each(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewer;
    serve_bench_start(bench, "printf '%s\\n' '{\"event\":\"failed\",\"error\":\"two\\nlines\"}'");
    page_stream_open(&viewer, bench->port, "/api/events", "");
    assert_int_equal(serve_bench_post(bench, "/api/runs", "{\"kind\":\"sweep\",\"case\":\"one-client\"}"), 202);
    page_stream_wait(&viewer, "\"state\":\"failed\"");
    page_stream_close(&viewer);
    serve_bench_stop(bench);

    char *log = serve_bench_log(bench);

    assert_non_null(strstr(log, "run 1 begins: lab sweep --events --case=one-client\n"));
    assert_non_null(strstr(log, "run 1 is over: failed: two lines\n"));
    free(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        serve_test(a_run_is_told_from_its_beginning_to_its_end),
        serve_test(a_result_can_be_had_once_it_is_there),
        serve_test(only_one_runs_at_a_time),
        serve_test(a_run_has_one_last_word_however_it_ends),
        serve_test(the_reason_stays_where_the_result_would_be),
        serve_test(what_is_no_event_is_passed_over),
        serve_test(a_cancelled_run_keeps_what_it_has_measured),
        serve_test(a_run_cancelled_before_it_had_begun_says_that_and_is_no_failure),
        serve_test(a_run_that_was_done_before_it_could_be_cancelled_is_done),
        serve_test(a_run_that_does_not_heed_a_cancel_is_killed),
        serve_test(the_last_eight_are_kept),
        serve_test(the_server_takes_its_child_along),
        serve_test(runs_are_logged_in_a_line_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
