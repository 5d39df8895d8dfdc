/* SPDX-License-Identifier: MIT */
#include "gateway/response_framing.h"

#include "tests/support/unit.h"

struct framing_case {
    const char *name;
    const char *lines[5]; /* NULL-terminated */
    enum call_error error;
    unsigned status;
    bool is_complete;
};

static const struct framing_case cases[] = {
    { "a length", { "HTTP/1.1 200 OK\r\n", "Content-Length: 2\r\n", "\r\n" }, CALL_OK, 200, true },
    { "chunks", { "HTTP/1.1 200 OK\r\n", "Transfer-Encoding: Chunked\r\n", "\r\n" }, CALL_OK, 200, true },
    { "neither", { "HTTP/1.0 204 \r\n", "\r\n" }, CALL_OK, 204, true },
    { "no reason phrase", { "HTTP/1.1 200\r\n", "\r\n" }, CALL_OK, 200, true },
    { "a head that ends early", { "HTTP/1.1 200 OK\r\n", "X: y\r\n" }, CALL_OK, 200, false },
    { "the interim head's length does not count",
      { "HTTP/1.1 103 Early Hints\r\n", "Content-Length: 9\r\n", "\r\n", "HTTP/1.1 200 OK\r\n" },
      CALL_OK,
      200,
      false },
    { "status 999", { "HTTP/1.1 999 Odd\r\n" }, CALL_HTTP_PROTOCOL_ERROR, 0, false },
    { "status 099", { "HTTP/1.1 099 Odd\r\n" }, CALL_HTTP_PROTOCOL_ERROR, 0, false },
    { "status of two digits", { "HTTP/1.1 20\r\n" }, CALL_HTTP_PROTOCOL_ERROR, 0, false },
    { "status of four digits", { "HTTP/1.1 2000 OK\r\n" }, CALL_HTTP_PROTOCOL_ERROR, 0, false },
    { "an unasked change of protocol", { "HTTP/1.1 101 Go\r\n" }, CALL_HTTP_PROTOCOL_ERROR, 101, false },
    { "two lengths",
      { "HTTP/1.1 200 OK\r\n", "Content-Length: 2\r\n", "content-length: 2\r\n" },
      CALL_HTTP_PROTOCOL_ERROR,
      200,
      false },
    { "a length and chunks",
      { "HTTP/1.1 200 OK\r\n", "Content-Length: 2\r\n", "Transfer-Encoding: chunked\r\n" },
      CALL_HTTP_PROTOCOL_ERROR,
      200,
      false },
    { "chunks and a length",
      { "HTTP/1.1 200 OK\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: 2\r\n" },
      CALL_HTTP_PROTOCOL_ERROR,
      200,
      false },
    { "a length that is none",
      { "HTTP/1.1 200 OK\r\n", "Content-Length: -1\r\n" },
      CALL_HTTP_PROTOCOL_ERROR,
      200,
      false },
    { "a length with a blank before its colon",
      { "HTTP/1.1 200 OK\r\n", "Content-Length : 2\r\n", "Content-Length: 3\r\n" },
      CALL_HTTP_PROTOCOL_ERROR,
      200,
      false },
    { "a folded line", { "HTTP/1.1 200 OK\r\n", " X: 2\r\n" }, CALL_HTTP_PROTOCOL_ERROR, 200, false },
    { "no colon", { "HTTP/1.1 200 OK\r\n", "X\r\n" }, CALL_HTTP_PROTOCOL_ERROR, 200, false },
    { "no name", { "HTTP/1.1 200 OK\r\n", ": x\r\n" }, CALL_HTTP_PROTOCOL_ERROR, 200, false },
    { "another transfer coding",
      { "HTTP/1.1 200 OK\r\n", "Transfer-Encoding: gzip, chunked\r\n" },
      CALL_HTTP_RESPONSE_TRANSFER_CODING,
      200,
      false },
    { "a content coding",
      { "HTTP/1.1 200 OK\r\n", "Content-Encoding: br\r\n" },
      CALL_HTTP_RESPONSE_CONTENT_CODING,
      200,
      false },
    { "a content coding with a blank before its colon",
      { "HTTP/1.1 200 OK\r\n", "Content-Encoding : br\r\n" },
      CALL_HTTP_RESPONSE_CONTENT_CODING,
      200,
      false },
    { "identity", { "HTTP/1.1 200 OK\r\n", "Content-Encoding: identity\r\n", "\r\n" }, CALL_OK, 200, true },
};

static void check_cases(const struct framing_case *heads, size_t count, bool allows_content_coding)
{
    for (size_t i = 0; i < count; i++) {
        struct response_framing framing = { .limit_bytes = 1000, .allows_content_coding = allows_content_coding };

        for (const char *const *line = heads[i].lines; *line != NULL; line++) {
            (void)response_framing_line(&framing, str_of(*line));
        }

        assert_case(heads[i].name, framing.error == heads[i].error);
        assert_case(heads[i].name, framing.status == heads[i].status);
        assert_case(heads[i].name, framing.is_complete == heads[i].is_complete);
    }
}

static void response_framing_judges_a_head(void **state)
{
    (void)state;

    check_cases(cases, array_length(cases), false);
}

/* Where a response is passed on, its coding is the client's affair; how it is framed stays ours. */
static void response_framing_lets_content_codings_pass_where_they_are_allowed(void **state)
{
    static const struct framing_case allowed[] = {
        { "a coding", { "HTTP/1.1 200 OK\r\n", "Content-Encoding: br\r\n", "\r\n" }, CALL_OK, 200, true },
        { "two", { "HTTP/1.1 200 OK\r\n", "content-encoding: gzip, br\r\n", "\r\n" }, CALL_OK, 200, true },
        { "identity", { "HTTP/1.1 200 OK\r\n", "Content-Encoding: identity\r\n", "\r\n" }, CALL_OK, 200, true },
        { "a coding and chunks",
          { "HTTP/1.1 200 OK\r\n", "Content-Encoding: br\r\n", "Transfer-Encoding: chunked\r\n", "\r\n" },
          CALL_OK,
          200,
          true },
        { "a transfer coding",
          { "HTTP/1.1 200 OK\r\n", "Transfer-Encoding: gzip\r\n" },
          CALL_HTTP_RESPONSE_TRANSFER_CODING,
          200,
          false },
        { "two lengths behind it",
          { "HTTP/1.1 200 OK\r\n", "Content-Encoding: br\r\n", "Content-Length: 2\r\n", "Content-Length: 2\r\n" },
          CALL_HTTP_PROTOCOL_ERROR,
          200,
          false },
    };
    (void)state;

    check_cases(allowed, array_length(allowed), true);
}

static void response_framing_bounds_all_lines_together(void **state)
{
    struct response_framing framing = { .limit_bytes = 30 };
    (void)state;

    assert_int_equal(response_framing_line(&framing, STR("HTTP/1.1 200 OK\r\n")), CALL_OK);
    assert_int_equal(response_framing_line(&framing, STR("X: 5678901\r\n")), CALL_OK);
    assert_int_equal(response_framing_line(&framing, STR("\r\n")), CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE);
}

static void response_framing_keeps_its_first_fault(void **state)
{
    struct response_framing framing = { .limit_bytes = 100 };
    (void)state;

    (void)response_framing_line(&framing, STR("HTTP/1.1 999 Odd\r\n"));

    assert_int_equal(response_framing_line(&framing, STR("HTTP/1.1 200 OK\r\n")), CALL_HTTP_PROTOCOL_ERROR);
    assert_int_equal(framing.status, 0);
}

/* A field of that name must not make whoever keeps the head forget the fields before it. */
static void response_framing_tells_status_lines_from_fields_that_look_like_them(void **state)
{
    struct response_framing framing = { .limit_bytes = 1024 };
    (void)state;

    (void)response_framing_line(&framing, STR("HTTP/1.1 100 Continue\r\n"));
    assert_true(framing.is_status_line);
    (void)response_framing_line(&framing, STR("\r\n"));
    assert_false(framing.is_status_line);
    (void)response_framing_line(&framing, STR("HTTP/1.1 200 OK\r\n"));
    assert_true(framing.is_status_line);
    (void)response_framing_line(&framing, STR("HTTP/9: x\r\n"));
    assert_false(framing.is_status_line);
    assert_int_equal(framing.status, 200);
}

/* ---- fields that somebody has taken apart ---- */

struct field_case {
    const char *name;
    struct str field_name;
    struct str value;
    enum call_error error;
};

static const struct field_case field_cases[] = {
    { "any", STR_STATIC("X"), STR_STATIC(" y"), CALL_OK },
    { "a length", STR_STATIC("Content-Length"), STR_STATIC(" \t2 "), CALL_OK },
    { "a length of nothing", STR_STATIC("Content-Length"), STR_STATIC(""), CALL_HTTP_PROTOCOL_ERROR },
    { "two lengths", STR_STATIC("cONTENT-lENGTH"), STR_STATIC("2,2"), CALL_HTTP_PROTOCOL_ERROR },
    { "as long as a length", STR_STATIC("Content-Lengti"), STR_STATIC("x"), CALL_OK },
    { "chunks", STR_STATIC("Transfer-Encoding"), STR_STATIC(" chunked\t"), CALL_OK },
    { "another transfer coding", STR_STATIC("TRANSFER-ENCODING"), STR_STATIC("gzip"),
      CALL_HTTP_RESPONSE_TRANSFER_CODING },
    { "as long as a transfer coding", STR_STATIC("Transfer-Encodind"), STR_STATIC("gzip"), CALL_OK },
    { "a content coding", STR_STATIC("Content-Encoding"), STR_STATIC("gzip"), CALL_HTTP_RESPONSE_CONTENT_CODING },
    { "no content coding", STR_STATIC("content-encoding"), STR_STATIC(" Identity "), CALL_OK },
    { "as long as a content coding", STR_STATIC("Content-Encodind"), STR_STATIC("gzip"), CALL_OK },
};

static void response_framing_judges_a_field_by_its_parts(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(field_cases); i++) {
        const struct field_case *row = &field_cases[i];
        struct response_framing framing = { .limit_bytes = 1000 };
        (void)response_framing_line(&framing, STR("HTTP/1.1 200 OK\r\n"));

        enum call_error error = response_framing_field(&framing, 10, row->field_name, row->value);

        assert_case(row->name, error == row->error && framing.error == row->error);
        assert_case(row->name, !framing.is_status_line && framing.head_bytes == 27);
    }
}

static void response_framing_counts_fields_however_they_come(void **state)
{
    struct response_framing framing = { .limit_bytes = 40 };
    (void)state;

    (void)response_framing_line(&framing, STR("HTTP/1.1 200 OK\r\n"));
    assert_int_equal(response_framing_field(&framing, 11, STR("A"), STR("b")), CALL_OK);
    (void)response_framing_line(&framing, STR("X: 789012\r\n"));
    assert_int_equal(framing.error, CALL_OK);
    assert_int_equal(response_framing_field(&framing, 2, STR("A"), STR("")), CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE);
    assert_int_equal(response_framing_field(&framing, 0, STR("A"), STR("")), CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE);
}

static void response_framing_takes_lengths_together_however_they_come(void **state)
{
    struct response_framing framing = { .limit_bytes = 1000 };
    (void)state;

    (void)response_framing_line(&framing, STR("HTTP/1.1 200 OK\r\n"));
    (void)response_framing_line(&framing, STR("Content-Length: 2\r\n"));
    assert_int_equal(response_framing_field(&framing, 20, STR("Content-Length"), STR("2")), CALL_HTTP_PROTOCOL_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(response_framing_judges_a_head),
        cmocka_unit_test(response_framing_lets_content_codings_pass_where_they_are_allowed),
        cmocka_unit_test(response_framing_bounds_all_lines_together),
        cmocka_unit_test(response_framing_keeps_its_first_fault),
        cmocka_unit_test(response_framing_tells_status_lines_from_fields_that_look_like_them),
        cmocka_unit_test(response_framing_judges_a_field_by_its_parts),
        cmocka_unit_test(response_framing_counts_fields_however_they_come),
        cmocka_unit_test(response_framing_takes_lengths_together_however_they_come),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
