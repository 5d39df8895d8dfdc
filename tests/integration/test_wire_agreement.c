/* SPDX-License-Identifier: MIT */
/*
 * Where the gateway speaks HTTP itself, it says what libcurl says, and takes nothing that libcurl would not take.
 */
#include <ctype.h>
#include <stdlib.h>

#include "common/clock.h"
#include "gateway/transfer.h"
#include "gateway/wire_message.h"
#include "tests/integration/upstream_bench.h"
#include "tests/support/good_answers.h"
#include "tests/support/unit.h"

/* ---- requests ---- */

enum { LINES_MAXIMUM = 32, REQUEST_BYTES_MAXIMUM = 8192 };

struct request_case {
    const char *name;
    const char *method;
    const char *path;
    const char *target;
    const char *fields[8];
    struct str body;
};

#define ACCEPT "Accept: application/json"

static const struct request_case request_cases[] = {
    { "what a call sends",
      "GET",
      "",
      "/task1?x=1",
      { ACCEPT, "Accept-Encoding: identity", "Via: 1.1 fanlight", "X-Request-Id: a-1",
        "traceparent: 00-0123456789abcdef0123456789abcdef-0123456789abcdef-01" },
      { NULL, 0 } },
    { "a server with a path", "GET", "/base", "/task1", { ACCEPT }, { NULL, 0 } },
    { "a target as it is", "GET", "", "/a/../b/./%2e%2e/%C3%A4;x=y?q=a+b&r={}|%0d%0a", { ACCEPT }, { NULL, 0 } },
    { "no target but a query", "GET", "", "?x=1", { ACCEPT }, { NULL, 0 } },
    { "no target", "GET", "", "", { ACCEPT }, { NULL, 0 } },
    { "an empty field", "GET", "", "/", { ACCEPT, "X-A;", "X-B: y" }, { NULL, 0 } },
    { "an empty field that libcurl has a value for", "GET", "", "/", { "Accept;" }, { NULL, 0 } },
    { "a field that is left out", "GET", "", "/", { ACCEPT, "X-A:", "X-B:  \t" }, { NULL, 0 } },
    { "a field twice", "GET", "", "/", { ACCEPT, "X-A: 1", "x-a: 2" }, { NULL, 0 } },
    { "fields as they are", "GET", "", "/", { ACCEPT, "x-A:  a ; b:c;", "X-B:y", "X-C: \xc3\xa4" }, { NULL, 0 } },
    { "a method of its own", "PURGE", "", "/", { ACCEPT }, { NULL, 0 } },
    { "a DELETE", "DELETE", "", "/", { ACCEPT }, { NULL, 0 } },
    { "a POST without a body", "POST", "", "/", { ACCEPT }, { NULL, 0 } },
    { "a PUT without a body", "PUT", "", "/", { ACCEPT }, { NULL, 0 } },
    { "a PATCH without a body", "PATCH", "", "/", { ACCEPT }, { NULL, 0 } },
    { "a POST", "POST", "", "/", { ACCEPT, "Content-Type: application/json" }, STR_STATIC("{\"a\":1}") },
    { "a POST of something unnamed", "POST", "", "/", { ACCEPT }, STR_STATIC("x") },
    { "a GET with a body", "GET", "", "/", { ACCEPT }, STR_STATIC("x") },
    { "a GET with an empty body", "GET", "", "/", { ACCEPT }, STR_STATIC("") },
};

/* The order of the fields is nobody's business, and time goes by between two requests. */
struct request_shape {
    char *lines[LINES_MAXIMUM];
    size_t count;
    const char *body;
};

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void read_shape(struct request_shape *shape, char *request)
{
    char *end = strstr(request, "\r\n\r\n");

    assert_non_null(end);
    *shape = (struct request_shape){ .body = end + 4 };
    end[2] = '\0';
    for (char *line = request; *line != '\0';) {
        char *line_end = strstr(line, "\r\n");
        assert_non_null(line_end);
        assert_true(shape->count < LINES_MAXIMUM);
        *line_end = '\0';
        shape->lines[shape->count++] = line;
        line = line_end + 2;
    }
    qsort(shape->lines + 1, shape->count - 1, sizeof shape->lines[0], compare_lines);
}

static bool is_deadline(const char *line)
{
    return strncmp(line, "Left-Ms: ", 9) == 0 && isdigit((unsigned char)line[9]);
}

static void check_same_request(const char *name, char *ours, char *libcurls)
{
    struct request_shape a;
    struct request_shape b;
    read_shape(&a, ours);
    read_shape(&b, libcurls);

    for (size_t i = 0; i < a.count && i < b.count; i++) {
        bool is_same = strcmp(a.lines[i], b.lines[i]) == 0 || (is_deadline(a.lines[i]) && is_deadline(b.lines[i]));
        if (!is_same) {
            fail_msg("case \"%s\": \"%s\" is not \"%s\"", name, a.lines[i], b.lines[i]);
        }
    }
    assert_case(name, a.count == b.count);
    assert_string_equal(a.body, b.body);
}

static void check_request_case(const struct request_case *row)
{
    static const struct scripted_step step = { .json = "{}" };
    struct scripted_server *server = scripted_server_start(&step, 1);
    struct upstream_bench bench;
    struct trial trial;
    cleanup_buf struct buf ours;
    struct str body_left = { NULL, 0 };
    upstream_bench_open(&bench, BENCH_SYNC, 1);
    trial_init(&trial, &bench, scripted_server_port(server));
    (void)snprintf(trial.server.path, sizeof trial.server.path, "%s", row->path);
    trial.attempt.method = row->method;
    trial.attempt.target = str_of(row->target);
    trial.attempt.fields = row->fields;
    trial.attempt.body = row->body;
    trial.attempt.deadline_field = "Left-Ms";

    trial_run(&trial, &bench);
    assert_case(row->name, trial.attempt.error == CALL_OK);
    buf_init(&ours, REQUEST_BYTES_MAXIMUM);
    enum call_error error =
        wire_message_write(&ours, &trial.attempt, clock_monotonic_us(), REQUEST_BYTES_MAXIMUM, &body_left);

    assert_case(row->name, error == CALL_OK && body_left.length == 0);
    assert_int_equal(buf_add_byte(&ours, '\0'), 0);
    char *libcurls = strdup(scripted_server_request(server, 0));
    assert_non_null(libcurls);
    check_same_request(row->name, ours.base, libcurls);
    free(libcurls);
    trial_clear(&trial);
    upstream_bench_close(&bench);
    scripted_server_stop(server);
}

static void a_request_says_what_libcurl_says(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(request_cases); i++) {
        check_request_case(&request_cases[i]);
    }
}

/* ---- answers ---- */

static void check_answer(const struct good_answer *row)
{
    struct scripted_step step = { .bytes = row->bytes.base,
                                  .length = row->bytes.length,
                                  .after = row->ends_with_connection ? SCRIPTED_CLOSE : SCRIPTED_HOLD };
    struct scripted_server *server = scripted_server_start(&step, 1);
    struct upstream_bench bench;
    struct trial trial;
    upstream_bench_open(&bench, BENCH_SYNC, 1);
    trial_init(&trial, &bench, scripted_server_port(server));

    trial_run(&trial, &bench);

    if (trial.attempt.error != CALL_OK) {
        fail_msg("case \"%s\": %s", row->name, call_error_name(trial.attempt.error));
    }
    assert_case(row->name, trial.attempt.status == row->status);
    assert_text(buf_view(&trial.attempt.response), row->body);
    trial_clear(&trial);
    upstream_bench_close(&bench);
    scripted_server_stop(server);
}

/* What http_response_parser makes of them is said in its own test. */
static void what_the_parser_takes_libcurl_reads_in_the_same_way(void **state)
{
    (void)state;

    for (size_t i = 0; i < good_answers_count; i++) {
        check_answer(&good_answers[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_says_what_libcurl_says),
        cmocka_unit_test(what_the_parser_takes_libcurl_reads_in_the_same_way),
    };

    if (transfer_global_init() < 0) {
        return 1;
    }
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    transfer_global_clear();
    return failed_count;
}
