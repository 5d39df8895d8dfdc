/* SPDX-License-Identifier: MIT */
/*
 * What an answer's head may hold, and what the server adds to it.
 */
#include <errno.h>

#include "tests/integration/http_server_bench.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

static void answer_with_fields(struct http_server_bench *bench, const struct http_field *fields, size_t field_count,
                               struct answer *seen)
{
    struct http_answer answer = {
        .status = 200,
        .fields = fields,
        .field_count = field_count,
        .body = STR("ok"),
        .memory = HTTP_BODY_CONSTANT,
    };
    struct client client;
    struct http_exchange *exchange = bench_hold_one(bench, &client, "GET", "/");

    assert_int_equal(http_exchange_answer(exchange, &answer), 0);
    bench_read(bench, &client, seen);
    client_close(&client);
}

/* ---- fields ---- */

static void fields_of_the_same_name_all_go_out_in_their_order(void **state)
{
    static const struct http_field fields[] = {
        { "Set-Cookie", "a=1; Path=/" },
        { "X-Between", "x" },
        { "set-cookie", "b=2" },
    };
    cleanup_answer struct answer seen = ANSWER_NONE;

    answer_with_fields(*state, fields, array_length(fields), &seen);

    const char *head = seen.head.base;
    assert_non_null(strstr(head, "\r\nSet-Cookie: a=1; Path=/\r\n"));
    assert_non_null(strstr(head, "\r\nset-cookie: b=2\r\n"));
    assert_true(strstr(head, "a=1") < strstr(head, "X-Between") && strstr(head, "X-Between") < strstr(head, "b=2"));
}

static void a_date_is_added_only_where_there_is_none(void **state)
{
    static const struct http_field date = { "date", "Sun, 06 Nov 1994 08:49:37 GMT" };
    cleanup_answer struct answer without = ANSWER_NONE;
    cleanup_answer struct answer with = ANSWER_NONE;

    answer_with_fields(*state, NULL, 0, &without);
    answer_with_fields(*state, &date, 1, &with);

    assert_int_equal(answer_count_headers(&without, "Date"), 1);
    assert_int_equal(answer_count_headers(&with, "Date"), 1);
    assert_text(answer_header(&with, "Date"), date.value);
}

static void an_empty_value_goes_out_as_an_empty_value(void **state)
{
    static const struct http_field fields[] = { { "X-Empty", "" }, { "X-Next", "x" } };
    cleanup_answer struct answer seen = ANSWER_NONE;

    answer_with_fields(*state, fields, array_length(fields), &seen);

    assert_int_equal(answer_count_headers(&seen, "X-Empty"), 1);
    assert_text(answer_header(&seen, "X-Empty"), "");
    assert_text(answer_header(&seen, "X-Next"), "x");
}

static void tabs_and_bytes_beyond_ascii_stay_in_a_value(void **state)
{
    static const struct http_field field = { "X-Value", "a\tb \xc3\xa9" };
    cleanup_answer struct answer seen = ANSWER_NONE;

    answer_with_fields(*state, &field, 1, &seen);

    assert_text(answer_header(&seen, "X-Value"), field.value);
}

/* ---- what is refused ---- */

struct refused_case {
    const char *name;
    int status;
    struct http_field field;
};

static const struct refused_case refused_cases[] = {
    { "a length", 200, { "content-length", "2" } },
    { "a coding", 200, { "Transfer-Encoding", "chunked" } },
    { "a connection", 200, { "Connection", "keep-alive" } },
    { "a connection that closes", 200, { "CONNECTION", "close" } },
    { "a name with a colon", 200, { "X: y\r\nZ", "1" } },
    { "a name with just a colon", 200, { "X:Y", "1" } },
    { "a name with a blank", 200, { "X Y", "1" } },
    { "a name that is empty", 200, { "", "1" } },
    { "a value with a line break", 200, { "X", "1\r\nY: 2" } },
    { "a value with half a line break", 200, { "X", "1\n2" } },
    { "no status", 0, { "X", "1" } },
    { "a negative status", -1, { "X", "1" } },
    { "an interim status", 100, { "X", "1" } },
    { "the last interim status", 199, { "X", "1" } },
    { "a status beyond the last", 600, { "X", "1" } },
};

static void check_refused(struct http_server_bench *bench, const struct refused_case *refused)
{
    struct http_answer answer = {
        .status = refused->status,
        .fields = &refused->field,
        .field_count = 1,
        .body = { strdup("ok"), 2 },
        .memory = HTTP_BODY_OWNED,
    };
    struct client client;
    buf_reset(&bench->journal);
    struct http_exchange *exchange = bench_hold_one(bench, &client, "GET", "/");

    int result = http_exchange_answer(exchange, &answer);
    bool has_ended = bench_sees_end(bench, &client, TEST_PATIENCE_MS);

    assert_case(refused->name, result == -EINVAL);
    assert_case(refused->name, has_ended);
    bench_turn_until(bench, "broken", 1);
    client_close(&client);
}

static void a_head_that_is_not_the_owners_to_give_is_refused(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(refused_cases); i++) {
        check_refused(bench, &refused_cases[i]);
    }
}

/* ---- statuses ---- */

static void every_final_status_goes_out(void **state)
{
    struct http_server_bench *bench = *state;

    for (int status = 200; status <= 599; status++) {
        struct http_answer answer = { .status = status, .body = STR("x"), .memory = HTTP_BODY_CONSTANT };
        struct client client;
        cleanup_answer struct answer seen = ANSWER_NONE;
        struct http_exchange *exchange = bench_hold_one(bench, &client, "GET", "/");

        assert_int_equal(http_exchange_answer(exchange, &answer), 0);
        bench_read(bench, &client, &seen);

        assert_int_equal(seen.status, status);
        assert_true(seen.is_complete);
        client_close(&client);
    }
}

static ssize_t read_one_byte(void *context, uint64_t offset, char *buffer, size_t capacity)
{
    assert_true(capacity >= 1);
    *(bool *)context = true;
    if (offset > 0) {
        return HTTP_STREAM_END;
    }
    buffer[0] = 'x';
    return 1;
}

enum { BYTES = -1, UNKNOWN = -2 };

struct bodiless_case {
    const char *name;
    const char *method;
    int status;
    int stream_length; /* or BYTES: a body of one byte; UNKNOWN */
    const char *content_length;
    bool ends_before_1_0; /* microhttpd 0.9 can leave the length out only by closing */
};

static const struct bodiless_case bodiless_cases[] = {
    { "204", "GET", 204, BYTES, NULL, false },
    { "204 to HEAD", "HEAD", 204, BYTES, NULL, false },
    { "204 as a stream", "GET", 204, UNKNOWN, NULL, false },
    { "204 as a stream with a length", "GET", 204, 1, NULL, false },
    { "205", "GET", 205, BYTES, "0", false },
    { "205 as a stream", "GET", 205, UNKNOWN, "0", false },
    { "304", "GET", 304, BYTES, NULL, true },
    { "304 to HEAD", "HEAD", 304, BYTES, NULL, true },
    { "304 as a stream", "GET", 304, UNKNOWN, NULL, true },
    { "304 that knows what a GET would have", "GET", 304, 77, "77", false },
    { "200 to HEAD", "HEAD", 200, BYTES, "1", false },
    { "200 to HEAD as a stream", "HEAD", 200, UNKNOWN, NULL, true },
    { "200 to HEAD that knows what a GET would have", "HEAD", 200, 77, "77", false },
};

static void give_bodiless(struct http_exchange *exchange, const struct bodiless_case *bodiless, bool *was_read)
{
    struct http_answer answer = { .status = bodiless->status, .memory = HTTP_BODY_OWNED };

    if (bodiless->stream_length == BYTES) {
        answer.body = (struct str){ strdup("x"), 1 };
        assert_int_equal(http_exchange_answer(exchange, &answer), 0);
        return;
    }
    uint64_t length = bodiless->stream_length == UNKNOWN ? HTTP_LENGTH_UNKNOWN : (uint64_t)bodiless->stream_length;
    assert_int_equal(http_exchange_stream(exchange, &answer, length, read_one_byte, was_read), 0);
}

/* Nothing may lie between this answer and the next one. */
static void check_next(struct http_server_bench *bench, struct client *client, const char *name)
{
    cleanup_answer struct answer next = ANSWER_NONE;

    bench->on_request = NULL;
    client_get(client, "/next");
    bench_read(bench, client, &next);
    assert_case(name, next.status == 200);
    assert_case(name, str_equal(answer_body(&next), STR("GET /next")));
}

static void check_bodiless(struct http_server_bench *bench, const struct bodiless_case *bodiless)
{
    struct client client;
    cleanup_answer struct answer seen = ANSWER_NONE;
    bool was_read = false;
    bool is_before_1_0 = str_starts_with(str_of(http_server_library_version()), STR("0."));
    struct http_exchange *exchange = bench_hold_one(bench, &client, bodiless->method, "/");

    give_bodiless(exchange, bodiless, &was_read);
    bench_read(bench, &client, &seen);
    bench_turn_idly(bench);
    client_gather(&client);

    assert_case(bodiless->name, seen.status == bodiless->status && !was_read);
    assert_case(bodiless->name, client.input.length == 0 && seen.body.length == 0);
    assert_case(bodiless->name, answer_count_headers(&seen, "Transfer-Encoding") == 0);
    assert_case(bodiless->name, str_equal(answer_header(&seen, "Content-Length"), str_of(bodiless->content_length)));
    if (bodiless->ends_before_1_0 && is_before_1_0) {
        assert_case(bodiless->name, answer_says_close(&seen) && client.is_at_end);
    } else {
        check_next(bench, &client, bodiless->name);
    }
    client_close(&client);
}

static void an_answer_without_content_has_neither_body_nor_a_wrong_length(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(bodiless_cases); i++) {
        check_bodiless(bench, &bodiless_cases[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(fields_of_the_same_name_all_go_out_in_their_order),
        bench_test(a_date_is_added_only_where_there_is_none),
        bench_test(an_empty_value_goes_out_as_an_empty_value),
        bench_test(tabs_and_bytes_beyond_ascii_stay_in_a_value),
        bench_test(a_head_that_is_not_the_owners_to_give_is_refused),
        bench_test(every_final_status_goes_out),
        bench_test(an_answer_without_content_has_neither_body_nor_a_wrong_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
