/* SPDX-License-Identifier: MIT */
#include "gateway/wire_message.h"

#include <stdio.h>

#include "common/clock.h"
#include "tests/support/unit.h"

enum { BYTES_MAXIMUM = 4096, COPIED_BYTES = 16, NOW_US = 1000 * 1000 };

static const char *const no_fields[] = { NULL };

static struct url server_of(const char *authority, const char *path)
{
    struct url server = { .port = 80 };

    (void)snprintf(server.authority, sizeof server.authority, "%s", authority);
    (void)snprintf(server.path, sizeof server.path, "%s", path);
    return server;
}

/* GET / without any field. */
static struct attempt attempt_to(const struct url *server)
{
    return (struct attempt){ .method = "GET", .server = server, .target = STR("/"), .fields = no_fields };
}

static enum call_error write_message(struct buf *bytes, const struct attempt *attempt, struct str *ret_body)
{
    buf_init(bytes, BYTES_MAXIMUM);
    return wire_message_write(bytes, attempt, NOW_US, COPIED_BYTES, ret_body);
}

static void check_written(const char *name, const struct attempt *attempt, const char *expected)
{
    cleanup_buf struct buf bytes;
    struct str body = { NULL, 0 };

    enum call_error error = write_message(&bytes, attempt, &body);

    assert_case(name, error == CALL_OK);
    assert_text(buf_view(&bytes), expected);
    assert_case(name, body.length == 0);
}

static void check_refused(const char *name, const struct attempt *attempt)
{
    cleanup_buf struct buf bytes;
    struct str body = { NULL, 0 };

    assert_case(name, write_message(&bytes, attempt, &body) == CALL_PROXY_INTERNAL_ERROR);
}

/* ---- the request line ---- */

struct target_case {
    const char *name;
    const char *path;
    struct str target;
    const char *line; /* NULL: refused */
};

static const struct target_case target_cases[] = {
    { "a target", "", STR_STATIC("/task1?x=1"), "GET /task1?x=1 HTTP/1.1" },
    { "a server with a path", "/base", STR_STATIC("/task1"), "GET /base/task1 HTTP/1.1" },
    { "a server with a slash", "/", STR_STATIC("/task1"), "GET //task1 HTTP/1.1" },
    { "a server with a query", "/base?x=", STR_STATIC("/task1"), "GET /base?x=/task1 HTTP/1.1" },
    { "dots stay", "", STR_STATIC("/a/../b/./c"), "GET /a/../b/./c HTTP/1.1" },
    { "no target", "", STR_STATIC(""), "GET / HTTP/1.1" },
    { "a query alone", "", STR_STATIC("?x=1"), "GET /?x=1 HTTP/1.1" },
    { "a blank", "", STR_STATIC("/a b"), NULL },
    { "a tab", "", STR_STATIC("/a\tb"), NULL },
    { "another request", "", STR_STATIC("/a HTTP/1.1\r\nX: y\r\n\r\nGET /b"), NULL },
    { "a line feed", "", STR_STATIC("/a\nb"), NULL },
    { "a carriage return", "", STR_STATIC("/a\rb"), NULL },
    { "a NUL", "", STR_STATIC("/a\0b"), NULL },
    { "a byte from 0x80 on", "", STR_STATIC("/\xc3\xa4"), NULL },
    { "a blank in the server's path", "/a b", STR_STATIC("/"), NULL },
};

static void a_request_line_has_the_servers_path_and_the_target(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(target_cases); i++) {
        const struct target_case *row = &target_cases[i];
        struct url server = server_of("127.0.0.1:9000", row->path);
        struct attempt attempt = attempt_to(&server);
        char expected[256];
        attempt.target = row->target;

        if (row->line == NULL) {
            check_refused(row->name, &attempt);
            continue;
        }
        (void)snprintf(expected, sizeof expected, "%s\r\nHost: 127.0.0.1:9000\r\n\r\n", row->line);
        check_written(row->name, &attempt, expected);
    }
}

static void a_method_is_one_word(void **state)
{
    struct url server = server_of("a.example", "");
    struct attempt attempt = attempt_to(&server);
    (void)state;

    attempt.method = "PROPFIND";
    check_written("any word", &attempt, "PROPFIND / HTTP/1.1\r\nHost: a.example\r\n\r\n");
    attempt.method = "GET /x HTTP/1.1\r\nX: y\r\n\r\nGET";
    check_refused("two requests", &attempt);
    attempt.method = "";
    check_refused("no word", &attempt);
}

/* ---- fields ---- */

static void the_fields_stand_between_the_host_and_the_length(void **state)
{
    static const char *const fields[] = { "First: 1", "Empty;", NULL };
    static const char *const broken[] = { "First: 1\r\nSecond: 2", NULL };
    struct url server = server_of("a.example", "");
    struct attempt attempt = attempt_to(&server);
    (void)state;
    attempt.method = "POST";
    attempt.deadline_field = "Left-Ms";
    attempt.deadline_us = NOW_US + CLOCK_US_PER_SECOND;

    attempt.fields = fields;
    check_written("fields", &attempt,
                  "POST / HTTP/1.1\r\nHost: a.example\r\nFirst: 1\r\nEmpty:\r\nLeft-Ms: 1000\r\n"
                  "Content-Length: 0\r\n\r\n");
    attempt.fields = broken;
    check_refused("two in one", &attempt);
}

/* ---- bodies ---- */

static void a_method_about_a_body_says_how_long_it_is(void **state)
{
    static const struct {
        const char *method;
        struct str body;
        const char *behind_host;
    } rows[] = {
        { "GET", { NULL, 0 }, "\r\n" },
        { "DELETE", { NULL, 0 }, "\r\n" },
        { "POST", { NULL, 0 }, "Content-Length: 0\r\n\r\n" },
        { "PUT", { NULL, 0 }, "Content-Length: 0\r\n\r\n" },
        { "PATCH", { NULL, 0 }, "Content-Length: 0\r\n\r\n" },
        { "GET", STR_STATIC(""), "Content-Length: 0\r\n\r\n" },
        { "GET", STR_STATIC("{}"), "Content-Length: 2\r\n\r\n{}" },
        { "POST", STR_STATIC("{\"a\":12345678}"), "Content-Length: 14\r\n\r\n{\"a\":12345678}" },
    };
    struct url server = server_of("a.example", "");
    struct attempt attempt = attempt_to(&server);
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        char expected[128];
        attempt.method = rows[i].method;
        attempt.body = rows[i].body;
        (void)snprintf(expected, sizeof expected, "%s / HTTP/1.1\r\nHost: a.example\r\n%s", rows[i].method,
                       rows[i].behind_host);
        check_written(rows[i].behind_host, &attempt, expected);
    }
}

static void a_long_body_is_left_where_it_is(void **state)
{
    static const char body[] = "a body that is longer than what is copied";
    struct url server = server_of("a.example", "");
    struct attempt attempt = attempt_to(&server);
    cleanup_buf struct buf bytes;
    struct str left = { NULL, 0 };
    (void)state;
    attempt.method = "POST";

    attempt.body = (struct str){ body, COPIED_BYTES + 1 };
    assert_int_equal(write_message(&bytes, &attempt, &left), CALL_OK);
    assert_text(buf_view(&bytes), "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 17\r\n\r\n");
    assert_true(left.base == body && left.length == COPIED_BYTES + 1);

    attempt.body.length = COPIED_BYTES;
    assert_int_equal(wire_message_write(&bytes, &attempt, NOW_US, COPIED_BYTES, &left), CALL_OK);
    assert_text(buf_view(&bytes), "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 16\r\n\r\na body that is l");
    assert_int_equal(left.length, 0);
}

static void a_request_over_the_limit_is_refused(void **state)
{
    const char *const fields[] = { "X: 0123456789", NULL };
    struct url server = server_of("a.example", "");
    struct attempt attempt = attempt_to(&server);
    size_t length = strlen("GET / HTTP/1.1\r\nHost: a.example\r\nX: 0123456789\r\n\r\n");
    (void)state;
    attempt.fields = fields;

    for (size_t limit = 0; limit <= length; limit++) {
        cleanup_buf struct buf bytes;
        struct str body = { NULL, 0 };
        buf_init(&bytes, limit);
        enum call_error error = wire_message_write(&bytes, &attempt, NOW_US, COPIED_BYTES, &body);
        assert_int_equal(error, limit < length ? CALL_PROXY_INTERNAL_ERROR : CALL_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_line_has_the_servers_path_and_the_target),
        cmocka_unit_test(a_method_is_one_word),
        cmocka_unit_test(the_fields_stand_between_the_host_and_the_length),
        cmocka_unit_test(a_method_about_a_body_says_how_long_it_is),
        cmocka_unit_test(a_long_body_is_left_where_it_is),
        cmocka_unit_test(a_request_over_the_limit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
