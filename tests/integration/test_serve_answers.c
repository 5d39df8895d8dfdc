/* SPDX-License-Identifier: MIT */
/*
 * What `lab serve` answers to whom: methods, headers, who is refused, and why.
 */
#include <stdio.h>

#include "lab/assets.h"
#include "tests/integration/serve_bench.h"
#include "tests/support/scene.h"
#include "tests/support/unit.h"

#define JSON_TYPE "Content-Type: application/json\r\n"
/* A run that ends at once. */
#define QUICK                                                                                                          \
    "echo \"$*\" >\"$FOLDER/new\"; mv \"$FOLDER/new\" \"$FOLDER/arguments\"; "                                         \
    "echo '{\"event\":\"end\",\"document\":{\"version\":1}}'"

static void has_security_headers(const char *name, const struct answer *answer, const char *opener_policy)
{
    static const struct {
        const char *name, *value;
    } fields[] = {
        { "Cache-Control", "no-store" },
        { "X-Content-Type-Options", "nosniff" },
        { "Referrer-Policy", "no-referrer" },
        { "Cross-Origin-Resource-Policy", "same-origin" },
    };

    for (size_t i = 0; i < array_length(fields); i++) {
        assert_case(name, str_equal(answer_header(answer, fields[i].name), str_of(fields[i].value)));
    }
    struct str policy = answer_header(answer, "Content-Security-Policy");
    assert_case(name, policy.length > 0 && memmem(policy.base, policy.length, "default-src 'none'", 18) != NULL);
    assert_case(name, memmem(policy.base, policy.length, "frame-ancestors 'none'", 22) != NULL);
    assert_case(name, str_equal(answer_header(answer, "Cross-Origin-Opener-Policy"), str_of(opener_policy)));
    assert_case(name, answer_header(answer, "Access-Control-Allow-Origin").base == NULL);
    assert_case(name, answer_header(answer, "Access-Control-Allow-Methods").base == NULL);
}

static const struct {
    const char *name;
    const char *method, *target, *fields, *body;
    int status;
    const char *allow; /* NULL: is not said */
} rows[] = {
    { "the page", "GET", "/", "", NULL, 200, NULL },
    { "with a query", "GET", "/?x=1", "", NULL, 200, NULL },
    { "its head", "HEAD", "/", "", NULL, 200, NULL },
    { "a style sheet", "GET", "/lab.css", "", NULL, 200, NULL },
    { "limits", "GET", "/api/limits", "", NULL, 200, NULL },
    { "runs", "GET", "/api/runs", "", NULL, 200, NULL },
    { "their head", "HEAD", "/api/runs", "", NULL, 200, NULL },
    { "nothing", "GET", "/nothing", "", NULL, 404, NULL },
    { "no folder", "GET", "/api", "", NULL, 404, NULL },
    { "with a slash behind", "GET", "/api/runs/", "", NULL, 404, NULL },
    { "with two slashes", "GET", "//api/runs", "", NULL, 404, NULL },
    { "upwards", "GET", "/../lab.css", "", NULL, 404, NULL },
    { "upwards, encoded", "GET", "/%2e%2e/etc/passwd", "", NULL, 404, NULL },
    { "encoded", "GET", "/lab%2ecss", "", NULL, 404, NULL },
    { "a run that is none", "GET", "/api/runs/1", "", NULL, 404, NULL },
    { "a number that is none", "GET", "/api/runs/x", "", NULL, 404, NULL },
    { "a number with a nought in front", "GET", "/api/runs/01", "", NULL, 404, NULL },
    { "a number that is too large", "GET", "/api/runs/99999999999999999999", "", NULL, 404, NULL },
    { "its report", "GET", "/api/runs/1/report.html", "", NULL, 404, NULL },
    { "another form", "GET", "/api/runs/1/report.pdf", "", NULL, 404, NULL },
    { "cancel what is not", "POST", "/api/runs/1/cancel", JSON_TYPE, "{}", 404, NULL },
    { "read cancel", "GET", "/api/runs/1/cancel", "", NULL, 405, "OPTIONS, POST" },
    { "post to the page", "POST", "/", JSON_TYPE, "{}", 405, "GET, HEAD, OPTIONS" },
    { "post to limits", "POST", "/api/limits", JSON_TYPE, "{}", 405, "GET, HEAD, OPTIONS" },
    { "delete", "DELETE", "/api/runs", "", NULL, 405, "GET, HEAD, OPTIONS, POST" },
    { "put", "PUT", "/api/runs", JSON_TYPE, "{}", 405, "GET, HEAD, OPTIONS, POST" },
    { "options", "OPTIONS", "/api/runs", "", NULL, 204, "GET, HEAD, OPTIONS, POST" },
    { "options of the page", "OPTIONS", "/", "", NULL, 204, "GET, HEAD, OPTIONS" },
    { "a browser asks whether another site may", "OPTIONS", "/api/runs",
      "Origin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\n", NULL, 403, NULL },
    { "another host", "GET", "/", "Host: evil.example\r\n", NULL, 421, NULL },
    { "another port", "GET", "/", "Host: 127.0.0.1:1\r\n", NULL, 421, NULL },
    { "another site's script", "GET", "/api/runs", "Origin: http://evil.example\r\n", NULL, 403, NULL },
    { "another site's page", "GET", "/api/limits", "Sec-Fetch-Site: cross-site\r\n", NULL, 403, NULL },
    { "a link to us", "GET", "/", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n", NULL, 200, NULL },
    { "a form", "POST", "/api/runs", "Content-Type: application/x-www-form-urlencoded\r\n", "a=1", 415, NULL },
    { "text", "POST", "/api/runs", "Content-Type: text/plain\r\n", "{\"kind\":\"experiment\"}", 415, NULL },
    { "no type", "POST", "/api/runs", "", "{\"kind\":\"experiment\"}", 415, NULL },
    { "another site's run", "POST", "/api/runs", JSON_TYPE "Origin: http://evil.example\r\n",
      "{\"kind\":\"experiment\"}", 403, NULL },
    { "a neighbour's run", "POST", "/api/runs", JSON_TYPE "Sec-Fetch-Site: same-site\r\n", "{\"kind\":\"experiment\"}",
      403, NULL },
    { "no JSON", "POST", "/api/runs", JSON_TYPE, "{", 400, NULL },
    { "two hosts", "GET", "/api/runs", "Host: a\r\nHost: b\r\n", NULL, 400, NULL },
    { "a gateway that is nowhere", "GET", "/api/watch", "", NULL, 400, NULL },
    { "a gateway that is elsewhere", "GET", "/api/watch?admin=10.0.0.1:9901", "", NULL, 400, NULL },
    { "a name", "GET", "/api/watch?admin=example.com:80", "", NULL, 400, NULL },
    { "an address with a NUL", "GET", "/api/watch?admin=127.0.0.1:99%00", "", NULL, 400, NULL },
    { "an option", "GET", "/api/watch?admin=127.0.0.1:99%20--limit=1", "", NULL, 400, NULL },
    { "the head of a stream", "HEAD", "/api/events", "", NULL, 200, NULL },
    { "the head of another", "HEAD", "/api/watch?admin=127.0.0.1:9", "", NULL, 200, NULL },
};

static void everybody_is_answered_as_is_due_and_with_all_headers(void **state)
{
    struct serve_bench *bench = *state;
    serve_bench_start(bench, QUICK);

    for (size_t i = 0; i < array_length(rows); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        page_request(bench->port, rows[i].method, rows[i].target, rows[i].fields, rows[i].body, &answer);

        if (answer.status != rows[i].status) {
            fail_msg("case \"%s\": %d", rows[i].name, answer.status);
        }
        has_security_headers(rows[i].name, &answer, "same-origin");
        struct str allow = answer_header(&answer, "Allow");
        assert_case(rows[i].name, str_equal(allow, str_of(rows[i].allow)));
        if (answer.status >= 400) {
            assert_problem(&answer, rows[i].status, "");
        }
    }
    assert_int_equal(bench->serve.api.runs.last_number, 0); /* none of these has started anything */
}

static void every_asset_is_served_as_it_is(void **state)
{
    struct serve_bench *bench = *state;
    size_t count = 0;
    serve_bench_start(bench, QUICK);

    for (const struct asset *asset = asset_at(0); asset != NULL; asset = asset_at(++count)) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        page_get(bench->port, asset->path, &answer);

        assert_int_equal(answer.status, 200);
        assert_true(str_equal(answer_body(&answer), asset->content));
        assert_text(answer_header(&answer, "Content-Type"), asset->content_type);
    }
    assert_true(count > 3);
}

static const struct {
    const char *body, *field, *part;
} bad_bodies[] = {
    { "{\"kind\":\"experiment\",\"delay\":\"11s\"}", "delay", "from 1ms to 10s" },
    { "{\"kind\":\"experiment\",\"tasks\":[\"<script>\"]}", "tasks", "1 to 64 of A-Z a-z 0-9 . _ -" },
    { "{\"kind\":\"experiment\",\"threads\":65}", "threads", "from 1 to 64" },
    { "{\"kind\":\"sweep\",\"clients\":[513]}", "clients", "from 1 to 512" },
    { "{\"kind\":\"sweep\",\"case\":\"none\"}", "case", "one-client" },
    { "{\"kind\":\"serve\"}", "kind", "\"experiment\" or \"sweep\"" },
};

static void a_bad_request_is_told_which_member_and_what_is_allowed(void **state)
{
    struct serve_bench *bench = *state;
    serve_bench_start(bench, QUICK);

    for (size_t i = 0; i < array_length(bad_bodies); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        page_post(bench->port, "/api/runs", bad_bodies[i].body, &answer);

        assert_problem(&answer, 400, "");
        cJSON *problem = answer_json(&answer);
        assert_string_equal(json_text(problem, "field"), bad_bodies[i].field);
        assert_non_null(strstr(json_text(problem, "detail"), bad_bodies[i].part));
        cJSON_Delete(problem);
    }
}

static void a_body_may_have_64_kib_and_not_a_byte_more(void **state)
{
    struct serve_bench *bench = *state;
    cleanup_answer struct answer fits = ANSWER_NONE;
    cleanup_answer struct answer is_larger = ANSWER_NONE;
    char *body = malloc(SERVE_REQUEST_BODY_BYTES + 2);
    assert_non_null(body);
    memset(body, ' ', SERVE_REQUEST_BODY_BYTES + 1);
    memcpy(body, "{}", 2);
    serve_bench_start(bench, QUICK);

    body[SERVE_REQUEST_BODY_BYTES + 1] = '\0';
    page_post(bench->port, "/api/runs", body, &is_larger);
    body[SERVE_REQUEST_BODY_BYTES] = '\0';
    page_post(bench->port, "/api/runs", body, &fits);

    assert_problem(&is_larger, 413, "");
    has_security_headers("413", &is_larger, "same-origin");
    assert_problem(&fits, 400, ""); /* kind is missing */
    free(body);
}

static void what_was_checked_is_what_the_command_gets(void **state)
{
    struct serve_bench *bench = *state;
    char text[512];
    serve_bench_start(bench, QUICK);

    int status = serve_bench_post(bench, "/api/runs",
                                  "{\"kind\":\"experiment\",\"tasks\":[\"a\",\"b\"],\"delay\":\"1s\",\"modes\":"
                                  "[\"async\"],\"threads\":2,\"blocking\":[\"b\"]}");

    assert_int_equal(status, 202);
    serve_bench_wait_for_file(bench, "arguments", text, sizeof text);
    assert_string_equal(text, "experiment --events --tasks=a,b --delay=1s --modes=async --threads=2 --blocking=b\n");
}

static void a_command_that_cannot_be_started_is_a_failed_run(void **state)
{
    struct serve_bench *bench = *state;
    struct page_stream viewer;
    serve_bench_start(bench, QUICK);
    program_folder_remove(&bench->folder, "lab");
    page_stream_open(&viewer, bench->port, "/api/events", "");

    assert_int_equal(serve_bench_post(bench, "/api/runs", "{\"kind\":\"experiment\"}"), 202);

    page_stream_wait(&viewer,
                     "\"event\":\"failed\",\"error\":\"It ended without a result: No such file or directory\"");
    page_stream_wait(&viewer, "\"state\":\"failed\"");
    page_stream_close(&viewer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        serve_test(everybody_is_answered_as_is_due_and_with_all_headers),
        serve_test(every_asset_is_served_as_it_is),
        serve_test(a_bad_request_is_told_which_member_and_what_is_allowed),
        serve_test(a_body_may_have_64_kib_and_not_a_byte_more),
        serve_test(what_was_checked_is_what_the_command_gets),
        serve_test(a_command_that_cannot_be_started_is_a_failed_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
