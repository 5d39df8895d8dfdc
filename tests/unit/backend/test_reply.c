/* SPDX-License-Identifier: MIT */
#include "backend/reply.h"

#include "common/json_scan.h"
#include "tests/support/unit.h"

enum { LARGEST = 200 };

/* ---- padded ---- */

static const struct {
    const char *name; /* the body */
} padded[] = {
    { "" },
    { "0" },
    { "\"\"" },
    { "\"x\"" },
    { "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"" },
    { "{\"message\":\"success\",\"padding\":\"\"}" },
    { "{\"message\":\"success\",\"padding\":\"x\"}" },
    { "{\"message\":\"success\",\"padding\":\"xxxxxxxxxx\"}" },
};

static void reply_padded_is_a_digit_a_string_or_an_object(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(padded); i++) {
        char bytes[LARGEST];
        size_t length = strlen(padded[i].name);

        size_t count = reply_padded(length, 0, bytes, sizeof bytes);

        assert_case(padded[i].name, str_equal((struct str){ bytes, count }, str_of(padded[i].name)));
    }
}

static void reply_padded_is_json_of_exactly_the_size_asked_for(void **state)
{
    (void)state;
    for (size_t size = 1; size <= LARGEST; size++) {
        char bytes[LARGEST + 1];

        size_t count = reply_padded(size, 0, bytes, sizeof bytes);

        assert_int_equal(count, size);
        assert_int_equal(json_scan_check((struct str){ bytes, count }, 2, NULL), 0);
    }
}

static void reply_padded_is_the_same_in_pieces_of_any_size(void **state)
{
    (void)state;
    for (size_t piece = 1; piece <= LARGEST; piece++) {
        char whole[LARGEST];
        char pieces[LARGEST];
        size_t offset = 0;
        size_t count = 1;
        (void)reply_padded(LARGEST, 0, whole, sizeof whole);

        while (count > 0 && offset < LARGEST) {
            count = reply_padded(LARGEST, offset, pieces + offset, piece < LARGEST - offset ? piece : LARGEST - offset);
            offset += count;
        }

        assert_int_equal(offset, LARGEST);
        assert_memory_equal(whole, pieces, LARGEST);
    }
}

static void reply_padded_can_be_had_far_into_a_large_body(void **state)
{
    const uint64_t total = UINT64_C(1) << 30;
    char bytes[16];
    (void)state;

    size_t inside = reply_padded(total, total / 2, bytes, sizeof bytes);
    assert_int_equal(inside, sizeof bytes);
    assert_memory_equal(bytes, "xxxxxxxxxxxxxxxx", sizeof bytes);
    size_t at_end = reply_padded(total, total - 4, bytes, sizeof bytes);

    assert_int_equal(at_end, 4);
    assert_memory_equal(bytes, "xx\"}", 4);
    assert_int_equal(reply_padded(total, total, bytes, sizeof bytes), 0);
}

/* ---- echo ---- */

static void reply_echo_shows_the_request(void **state)
{
    const struct reply_header headers[] = { { STR("Host"), STR("127.0.0.1") }, { STR("X-Empty"), STR("") } };
    const struct reply_request request = {
        .method = STR("POST"),
        .target = STR("/a%20b?echo=1"),
        .headers = headers,
        .header_count = array_length(headers),
        .body = STR("{\"a\":\"\\n\"}"),
    };
    struct buf body;
    (void)state;
    buf_init(&body, 4096);

    int result = reply_echo(&request, &body);

    assert_int_equal(result, 0);
    assert_text(buf_view(&body), "{\"method\":\"POST\",\"path\":\"/a%20b?echo=1\","
                                 "\"headers\":{\"Host\":\"127.0.0.1\",\"X-Empty\":\"\"},"
                                 "\"body\":\"{\\\"a\\\":\\\"\\\\n\\\"}\"}");
    buf_clear(&body);
}

static void reply_echo_joins_headers_that_stand_several_times(void **state)
{
    const struct reply_header headers[] = {
        { STR("Accept"), STR("text/a") }, { STR("Host"), STR("h") },   { STR("accept"), STR("text/b") },
        { STR("X"), STR("1") },           { STR("ACCEPT"), STR("c") },
    };
    const struct reply_request request = {
        .method = STR("GET"), .target = STR("/"), .headers = headers, .header_count = array_length(headers)
    };
    struct buf body;
    (void)state;
    buf_init(&body, 4096);

    int result = reply_echo(&request, &body);

    assert_int_equal(result, 0);
    assert_text(buf_view(&body), "{\"method\":\"GET\",\"path\":\"/\","
                                 "\"headers\":{\"Accept\":\"text/a, text/b, c\",\"Host\":\"h\",\"X\":\"1\"},"
                                 "\"body\":\"\"}");
    buf_clear(&body);
}

static void reply_echo_is_json_whatever_the_bytes_are(void **state)
{
    const struct reply_header headers[] = { { STR("X-\xff"), STR("\x01\"\\\xc3") } };
    const struct reply_request request = {
        .method = STR("G\x7fT"),
        .target = STR("/\xe2\x82"),
        .headers = headers,
        .header_count = array_length(headers),
        .body = STR("a\0b\xf0\x9f\x98\x80\xed\xa0\x80"),
    };
    struct buf body;
    (void)state;
    buf_init(&body, 4096);

    int result = reply_echo(&request, &body);

    assert_int_equal(result, 0);
    assert_int_equal(json_scan_check(buf_view(&body), 4, NULL), 0);
    buf_clear(&body);
}

static void reply_echo_fails_when_the_buffer_is_too_small(void **state)
{
    const struct reply_request request = { .method = STR("GET"), .target = STR("/"), .body = STR("0123456789") };
    struct buf body;
    (void)state;
    buf_init(&body, 50);

    int result = reply_echo(&request, &body);

    assert_true(result < 0);
    buf_clear(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reply_padded_is_a_digit_a_string_or_an_object),
        cmocka_unit_test(reply_padded_is_json_of_exactly_the_size_asked_for),
        cmocka_unit_test(reply_padded_is_the_same_in_pieces_of_any_size),
        cmocka_unit_test(reply_padded_can_be_had_far_into_a_large_body),
        cmocka_unit_test(reply_echo_shows_the_request),
        cmocka_unit_test(reply_echo_joins_headers_that_stand_several_times),
        cmocka_unit_test(reply_echo_is_json_whatever_the_bytes_are),
        cmocka_unit_test(reply_echo_fails_when_the_buffer_is_too_small),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
