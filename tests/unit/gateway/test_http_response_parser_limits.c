/* SPDX-License-Identifier: MIT */
/* Answers that are too long for a table, and what is kept of a head. */
#include "gateway/http_response_parser.h"
#include "tests/support/unit.h"
#include "tests/unit/gateway/response_scene.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

struct long_case {
    const char *name;
    const char *front;
    const char *repeated;
    size_t count;
    const char *back;
    enum call_error error;
};

/* SCENE_HEAD_BYTES and SCENE_BODY_BYTES are 4096. */
static const struct long_case long_cases[] = {
    { "the longest head", OK "Content-Length: 2\r\nX: ", "x", 4096 - 43, "\r\n\r\n{}", CALL_OK },
    { "a head one byte longer", OK "Content-Length: 2\r\nX: ", "x", 4096 - 42, "\r\n\r\n{}",
      CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
    { "many headers", OK, "X: x\r\n", 1000, "Content-Length: 2\r\n\r\n{}", CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
    { "a header line without end", OK "X: ", "x", 100000, "", CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
    { "a header line too long with a fault behind its room", OK "X: ", "x", 5000, "\x01\r\n",
      CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
    { "a status line without end", "HTTP/1.1 200 ", "x", 100000, "", CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
    { "garbage without end", "", "x", 100000, "", CALL_HTTP_PROTOCOL_ERROR },
    { "empty lines for ever", "", "\r\n", 10000, "", CALL_HTTP_PROTOCOL_ERROR },
    { "interim responses for ever", "", "HTTP/1.1 100 Continue\r\n\r\n", 1000, OK "Content-Length: 2\r\n\r\n{}",
      CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
    { "as many interim responses as fit", "", "HTTP/1.1 100 \r\n\r\n", (4096 - 38) / 17,
      OK "Content-Length: 2\r\n\r\n{}", CALL_OK },
    { "one interim response more", "", "HTTP/1.1 100 \r\n\r\n", (4096 - 38) / 17 + 1, OK "Content-Length: 2\r\n\r\n{}",
      CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },

    { "the longest body", OK "Content-Length: 4096\r\n\r\n", "x", 4096, "", CALL_OK },
    { "the longest body of chunks", CHUNKED "1000\r\n", "x", 4096, "\r\n0\r\n\r\n", CALL_OK },
    { "the longest body until the end", OK "\r\n", "x", 4096, "", CALL_OK },
    { "a body until the end over the limit", OK "\r\n", "x", 4097, "", CALL_HTTP_RESPONSE_BODY_SIZE },
    { "a length over the limit of a body that does not come", "HTTP/1.1 304 Not Modified\r\n", "X: y\r\n", 1,
      "Content-Length: 99999\r\n\r\n", CALL_OK },
    { "a length over the limit of an interim response", "HTTP/1.1 103 Early Hints\r\n", "X: y\r\n", 1,
      "Content-Length: 99999\r\n\r\n" OK "Content-Length: 2\r\n\r\n{}", CALL_OK },
    { "small chunks over the limit", CHUNKED, "2\r\n{}\r\n", 3000, "0\r\n\r\n", CALL_HTTP_RESPONSE_BODY_SIZE },

    { "the smallest chunks", CHUNKED, "1\r\nx\r\n", 4096, "0\r\n\r\n", CALL_OK },
    { "small chunks with short extensions", CHUNKED, "1;a=123456789012\r\nx\r\n", 4096, "0\r\n\r\n", CALL_OK },
    { "small chunks with long extensions", CHUNKED, "1;a=123456789012345678\r\nx\r\n", 4096, "0\r\n\r\n",
      CALL_HTTP_RESPONSE_TRANSFER_CODING },
    { "larger chunks with long extensions", CHUNKED,
      "64;signature=0123456789012345678901234567890123456789012345678901234567890123\r\n"
      "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\r\n",
      40, "0\r\n\r\n", CALL_OK },
    { "the longest extension", CHUNKED "1;", "x", 4096 - 4, "\r\nx\r\n0\r\n\r\n", CALL_OK },
    { "an extension one byte longer", CHUNKED "1;", "x", 4096 - 3, "\r\nx\r\n0\r\n\r\n",
      CALL_HTTP_RESPONSE_TRANSFER_CODING },
    { "an extension without end", CHUNKED "1;", "x", 100000, "", CALL_HTTP_RESPONSE_TRANSFER_CODING },
    { "zeros for a chunk's size, without end", CHUNKED, "0", 100000, "", CALL_HTTP_RESPONSE_TRANSFER_CODING },
    { "trailers over the limit", CHUNKED "2\r\n{}\r\n0\r\n", "X: x\r\n", 1000, "\r\n",
      CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
    { "a trailer without end", CHUNKED "2\r\n{}\r\n0\r\nX: ", "x", 100000, "", CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
};

static void build(struct buf *bytes, const struct long_case *row)
{
    buf_init(bytes, 1024 * 1024);
    (void)buf_add_text(bytes, row->front);
    for (size_t i = 0; i < row->count; i++) {
        (void)buf_add_text(bytes, row->repeated);
    }
    (void)buf_add_text(bytes, row->back);
    assert_false(bytes->failed);
}

static void check_long_case(const struct long_case *row, size_t piece_bytes)
{
    cleanup_buf struct buf bytes;
    struct response_outcome outcome;
    build(&bytes, row);
    struct response_scene scene = { .bytes = buf_view(&bytes), .ending = ENDING_CLOSE, .piece_bytes = piece_bytes };

    response_scene_run(&scene, &outcome);

    if (outcome.error != row->error) {
        const char *name = call_error_name(outcome.error);
        fail_msg("case \"%s\", pieces of %zu: %s", row->name, piece_bytes, name != NULL ? name : "good");
    }
    assert_case(row->name, outcome.is_complete == (row->error == CALL_OK));
    assert_case(row->name, outcome.body.length <= SCENE_BODY_BYTES);
    response_outcome_clear(&outcome);
}

static void what_a_backend_can_make_the_parser_hold_is_bounded(void **state)
{
    static const size_t pieces[] = { 1, 2, 1000, 4096, 4097, 16384, SCENE_AT_ONCE };
    (void)state;

    for (size_t i = 0; i < array_length(long_cases); i++) {
        for (size_t j = 0; j < array_length(pieces); j++) {
            check_long_case(&long_cases[i], pieces[j]);
        }
    }
}

/* ---- heads ---- */

static void check_head(struct response_scene scene, size_t piece_bytes, const char *expected)
{
    struct response_outcome outcome;
    scene.piece_bytes = piece_bytes;

    response_scene_run(&scene, &outcome);

    assert_int_equal(outcome.error, CALL_OK);
    assert_text(buf_view(&outcome.head), expected);
    response_outcome_clear(&outcome);
}

static void the_fields_of_the_final_response_are_kept_as_they_came(void **state)
{
    struct response_scene scene = {
        .bytes = STR("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" OK
                     "Set-Cookie: a\r\nX:  \xe4 \r\nset-cookie:b\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "0\r\nX-Trailer: 1\r\n\r\n"),
    };
    (void)state;

    for (size_t length = 1; length <= scene.bytes.length; length++) {
        check_head(scene, length, "Set-Cookie: a\r\nX:  \xe4 \r\nset-cookie:b\r\nTransfer-Encoding: chunked\r\n");
    }
}

static void an_answer_to_head_has_no_body_whatever_it_says(void **state)
{
    static const struct str answers[] = {
        STR_STATIC(OK "Content-Length: 99999\r\n\r\n"),
        STR_STATIC(OK "Transfer-Encoding: chunked\r\n\r\n"),
        STR_STATIC(OK "\r\n"),
        STR_STATIC("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n"),
    };
    (void)state;

    for (size_t i = 0; i < array_length(answers); i++) {
        struct response_scene scene = { .bytes = answers[i], .is_answer_to_head = true, .piece_bytes = SCENE_AT_ONCE };
        struct response_outcome outcome;
        response_scene_run(&scene, &outcome);
        assert_int_equal(outcome.error, CALL_OK);
        assert_true(outcome.is_complete && outcome.keeps_connection);
        assert_int_equal(outcome.body.length, 0);
        response_outcome_clear(&outcome);
    }
}

static void a_content_coding_passes_where_it_is_allowed(void **state)
{
    struct response_scene scene = { .bytes = STR(OK "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}"),
                                    .allows_content_coding = true,
                                    .piece_bytes = SCENE_AT_ONCE };
    struct response_outcome outcome;
    (void)state;

    response_scene_run(&scene, &outcome);

    assert_int_equal(outcome.error, CALL_OK);
    assert_text(buf_view(&outcome.body), "{}");
    response_outcome_clear(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_backend_can_make_the_parser_hold_is_bounded),
        cmocka_unit_test(the_fields_of_the_final_response_are_kept_as_they_came),
        cmocka_unit_test(an_answer_to_head_has_no_body_whatever_it_says),
        cmocka_unit_test(a_content_coding_passes_where_it_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
