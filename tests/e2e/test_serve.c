/* SPDX-License-Identifier: MIT */
/*
 * lab serve, with the real experiment and the real sweep behind it.
 */
#include <signal.h>
#include <stdio.h>

#include "common/clock.h"
#include "tests/support/page_client.h"
#include "tests/support/scene.h"
#include "tests/support/unit.h"

struct page {
    struct process lab;
    uint16_t port;
};

static int setup(void **state)
{
    struct page *page = calloc(1, sizeof *page);

    assert_non_null(page);
    page->lab = (struct process)PROCESS_NONE;
    process_start(&page->lab, "lab", OPTIONS("serve", "--listen=127.0.0.1:0"));
    page->port = process_port(&page->lab, "listening on ");
    *state = page;
    return 0;
}

static int teardown(void **state)
{
    struct page *page = *state;
    int exit_code = page->lab.pid > 0 ? process_stop(&page->lab) : 0;

    process_clear(&page->lab);
    free(page);
    return exit_code;
}

static int post(const struct page *page, const char *target, const char *body)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    page_post(page->port, target, body, &answer);
    return answer.status;
}

static cJSON *get_json(const struct page *page, const char *target)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    page_get(page->port, target, &answer);
    if (answer.status != 200) {
        fail_msg("%s: %d", target, answer.status);
    }
    return answer_json(&answer);
}

static void the_experiment_runs_and_two_viewers_see_it(void **state)
{
    struct page *page = *state;
    struct page_stream first;
    struct page_stream second;
    page_stream_open(&first, page->port, "/api/events", "");
    page_stream_open(&second, page->port, "/api/events", "");
    page_stream_wait(&first, "event: state");
    page_stream_wait(&second, "event: state");

    assert_int_equal(
        post(page, "/api/runs", "{\"kind\":\"experiment\",\"delay\":\"200ms\",\"modes\":[\"sync\",\"async\"]}"), 202);
    page_stream_wait(&first, "\"state\":\"done\"");
    page_stream_wait(&second, "\"state\":\"done\"");

    struct str first_run = page_stream_from(&first, "event: run\n");
    struct str second_run = page_stream_from(&second, "event: run\n");
    size_t common = first_run.length < second_run.length ? first_run.length : second_run.length;
    assert_memory_equal(first_run.base, second_run.base, common); /* one may have read on behind the end */
    assert_int_equal(page_stream_count(&first, "\"event\":\"mode_done\""), 2);
    assert_true(page_stream_count(&first, "Received task1 Request!!") >= 2);
    cJSON *document = get_json(page, "/api/runs/1");
    assert_string_equal(json_text(document, "kind"), "experiment");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(document, "modes")), 2);
    cJSON_Delete(document);
    page_stream_close(&first);
    page_stream_close(&second);
}

/* The report has its own origin, and so no rights here. */
static void a_result_is_shared_as_a_file(void **state)
{
    struct page *page = *state;
    struct page_stream viewer;
    cleanup_answer struct answer report = ANSWER_NONE;
    cleanup_answer struct answer file = ANSWER_NONE;
    cleanup_answer struct answer table = ANSWER_NONE;
    page_stream_open(&viewer, page->port, "/api/events", "");
    assert_int_equal(post(page, "/api/runs", "{\"kind\":\"experiment\",\"delay\":\"100ms\",\"modes\":[\"async\"]}"),
                     202);
    page_stream_wait(&viewer, "\"state\":\"done\"");

    page_get(page->port, "/api/runs/1/report.html", &report);
    page_get(page->port, "/api/runs/1/report.html?download=1", &file);
    page_get(page->port, "/api/runs/1/table.csv?download=1", &table);

    assert_int_equal(report.status, 200);
    assert_text(answer_header(&report, "Content-Type"), "text/html; charset=utf-8");
    assert_matches(answer_header(&report, "Content-Security-Policy"),
                   "^sandbox allow-scripts allow-modals; default-src 'none';");
    assert_null(answer_header(&report, "Cross-Origin-Opener-Policy").base);
    assert_null(answer_header(&report, "Content-Disposition").base);
    assert_matches(answer_body(&report), "^<!(DOCTYPE|doctype) html>");
    assert_text(answer_header(&file, "Content-Disposition"), "attachment; filename=\"fanlight-experiment-1.html\"");
    assert_text(answer_header(&table, "Content-Disposition"), "attachment; filename=\"fanlight-experiment-1.csv\"");
    assert_text(answer_header(&table, "Content-Type"), "text/csv; charset=utf-8");
    assert_int_equal(table.status, 200);
    page_stream_close(&viewer);
}

static void a_cancelled_experiment_ends_soon_and_leaves_nobody_behind(void **state)
{
    struct page *page = *state;
    struct page_stream viewer;
    page_stream_open(&viewer, page->port, "/api/events", "");
    assert_int_equal(post(page, "/api/runs", "{\"kind\":\"experiment\",\"delay\":\"10s\",\"modes\":[\"sync\"]}"), 202);
    page_stream_wait(&viewer, "Received task1 Request!!");

    uint64_t start_us = clock_monotonic_us();
    assert_int_equal(post(page, "/api/runs/1/cancel", "{}"), 202);
    page_stream_wait(&viewer, "\"state\":\"cancelled\"");

    assert_true(clock_monotonic_us() - start_us < 5 * (uint64_t)CLOCK_US_PER_SECOND);
    cJSON *document = get_json(page, "/api/runs/1");
    const cJSON *origin = cJSON_GetObjectItemCaseSensitive(document, "origin");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(origin, "interrupted")));
    cJSON_Delete(document);
    page_stream_close(&viewer);
}

static void a_sweep_runs_and_can_be_cancelled(void **state)
{
    struct page *page = *state;
    struct page_stream viewer;
    cleanup_answer struct answer table = ANSWER_NONE;
    page_stream_open(&viewer, page->port, "/api/events", "");
    assert_int_equal(post(page, "/api/runs",
                          "{\"kind\":\"sweep\",\"modes\":[\"async\",\"sync\"],\"clients\":[1,2],\"delay\":\"10ms\","
                          "\"fan_out\":[1],\"duration\":\"500ms\",\"repeats\":5}"),
                     202);

    page_stream_wait_count(&viewer, "\"event\":\"point\"", 2);
    assert_int_equal(post(page, "/api/runs/1/cancel", "{}"), 202);
    page_stream_wait(&viewer, "\"state\":\"cancelled\"");
    page_get(page->port, "/api/runs/1/table.csv", &table);

    cJSON *document = get_json(page, "/api/runs/1");
    assert_string_equal(json_text(document, "kind"), "sweep");
    assert_true(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(document, "points")) >= 1);
    cJSON_Delete(document);
    assert_int_equal(table.status, 200);
    page_stream_close(&viewer);
}

/* The limits' word for it, and the command's: what the page may ask for, the commands take. */
static void every_case_that_is_offered_begins(void **state)
{
    struct page *page = *state;
    struct page_stream viewer;
    cJSON *limits = get_json(page, "/api/limits");
    const cJSON *cases = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(limits, "sweep"), "cases");
    const cJSON *entry = NULL;
    size_t count = 0;
    page_stream_open(&viewer, page->port, "/api/events", "");

    cJSON_ArrayForEach(entry, cases)
    {
        char body[128];
        char target[64];
        count++;
        (void)snprintf(body, sizeof body, "{\"kind\":\"sweep\",\"case\":\"%s\"}", json_text(entry, "name"));
        (void)snprintf(target, sizeof target, "/api/runs/%zu/cancel", count);
        assert_int_equal(post(page, "/api/runs", body), 202);
        page_stream_wait_count(&viewer, "\"event\":\"begin\"", count);
        assert_int_equal(post(page, target, "{}"), 202);
        page_stream_wait_count(&viewer, "\"current\":null", count + 1);
    }

    assert_true(count > 0);
    assert_int_equal(page_stream_count(&viewer, "\"event\":\"failed\""), 0);
    cJSON_Delete(limits);
    page_stream_close(&viewer);
}

static void a_gateway_is_watched(void **state)
{
    struct page *page = *state;
    struct scene scene = { .backend = PROCESS_NONE, .gateway = PROCESS_NONE };
    struct page_stream viewer;
    char target[64];
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start(&scene, OPTIONS("--delay=10ms"), OPTIONS("--mode=async"));
    (void)snprintf(target, sizeof target, "/api/watch?admin=127.0.0.1:%u", (unsigned)scene.admin_port);

    page_stream_open(&viewer, page->port, target, "");
    page_stream_wait(&viewer, "event: status\ndata: {\"connected\":true,\"error\":null}\n\n");
    client_fetch(scene.gateway_port, "/task7", &answer);
    page_stream_wait(&viewer, "event: record\ndata: {\"ts\":");
    page_stream_wait(&viewer, "\"target\":\"/task7\"");
    scene_stop(&scene);

    page_stream_wait(&viewer, "{\"connected\":false,\"error\":\"");
    page_stream_close(&viewer);
}

static void sigterm_ends_it_and_all_it_has_started_at_once(void **state)
{
    struct page *page = *state;
    struct page_stream viewer;
    page_stream_open(&viewer, page->port, "/api/events", "");
    assert_int_equal(post(page, "/api/runs", "{\"kind\":\"experiment\",\"delay\":\"10s\",\"modes\":[\"sync\"]}"), 202);
    page_stream_wait(&viewer, "Received task1 Request!!");

    uint64_t start_us = clock_monotonic_us();
    int exit_code = process_stop(&page->lab);

    assert_int_equal(exit_code, 0);
    assert_true(clock_monotonic_us() - start_us < 3 * (uint64_t)CLOCK_US_PER_SECOND);
    page_stream_wait_end(&viewer);
    page_stream_close(&viewer);
}

static void it_says_once_where_it_listens_and_a_second_one_cannot(void **state)
{
    struct page *page = *state;
    struct process second = PROCESS_NONE;
    char listen[64];
    (void)snprintf(listen, sizeof listen, "--listen=127.0.0.1:%u", (unsigned)page->port);
    assert_int_equal(process_count_lines(&page->lab, "listening on "), 1);
    assert_int_equal(process_count_lines(&page->lab, "anybody"), 0);

    process_start(&second, "lab", OPTIONS("serve", listen));

    assert_int_equal(process_wait(&second), 1);
    char *errors = process_errors(&second);
    assert_non_null(strstr(errors, "Address already in use"));
    free(errors);
    process_clear(&second);
}

static void others_may_reach_it_only_when_told_so_and_with_a_warning(void **state)
{
    struct process exposed = PROCESS_NONE;
    cleanup_answer struct answer by_number = ANSWER_NONE;
    cleanup_answer struct answer by_name = ANSWER_NONE;
    char field[64];
    (void)state;

    process_start(&exposed, "lab", OPTIONS("serve", "--listen=0.0.0.0:0"));
    uint16_t port = process_port(&exposed, "listening on ");
    (void)snprintf(field, sizeof field, "Host: evil.example:%u\r\n", (unsigned)port);
    page_get(port, "/api/runs", &by_number);
    page_request(port, "GET", "/api/runs", field, NULL, &by_name);

    assert_int_equal(process_count_lines(&exposed, "anybody who reaches 0.0.0.0:"), 1);
    assert_int_equal(by_number.status, 200);
    assert_int_equal(by_name.status, 421);
    assert_int_equal(process_stop(&exposed), 0);
    process_clear(&exposed);
}

#define page_test(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        page_test(the_experiment_runs_and_two_viewers_see_it),
        page_test(a_result_is_shared_as_a_file),
        page_test(a_cancelled_experiment_ends_soon_and_leaves_nobody_behind),
        page_test(a_sweep_runs_and_can_be_cancelled),
        page_test(every_case_that_is_offered_begins),
        page_test(a_gateway_is_watched),
        page_test(sigterm_ends_it_and_all_it_has_started_at_once),
        page_test(it_says_once_where_it_listens_and_a_second_one_cannot),
        page_test(others_may_reach_it_only_when_told_so_and_with_a_warning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
