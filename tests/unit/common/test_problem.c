/* SPDX-License-Identifier: MIT */
#include "common/problem.h"

#include <cjson/cJSON.h>
#include <errno.h>

#include "tests/support/unit.h"

static void problem_has_the_members_of_rfc_9457(void **state)
{
    const struct problem problem = {
        .status = 504,
        .detail = STR("The call \"a\" took too long."),
        .request_id = STR("r-1"),
        .members = STR("\"error\":\"http_response_timeout\",\"calls\":[]"),
    };
    cleanup_buf struct buf body;
    (void)state;
    buf_init(&body, 1000);

    int result = problem_render(&problem, &body);

    assert_int_equal(result, 0);
    assert_text(buf_view(&body), "{\"type\":\"about:blank\",\"title\":\"Gateway Timeout\",\"status\":504,"
                                 "\"detail\":\"The call \\\"a\\\" took too long.\",\"request_id\":\"r-1\","
                                 "\"error\":\"http_response_timeout\",\"calls\":[]}");
}

static void problem_leaves_out_what_is_empty(void **state)
{
    const struct problem problem = { .status = 404 };
    cleanup_buf struct buf body;
    (void)state;
    buf_init(&body, 1000);

    int result = problem_render(&problem, &body);

    assert_int_equal(result, 0);
    assert_text(buf_view(&body), "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404}");
}

static void problem_is_json_whatever_bytes_come_in(void **state)
{
    const struct problem problem = { .status = 400, .detail = STR("\"\\\n\xff\0"), .request_id = STR("</a>\x01") };
    cleanup_buf struct buf body;
    (void)state;
    buf_init(&body, 1000);

    assert_int_equal(problem_render(&problem, &body), 0);

    cJSON *tree = cJSON_ParseWithLength(body.base, body.length);
    assert_non_null(tree);
    assert_int_equal(cJSON_GetArraySize(tree), 5);
    cJSON_Delete(tree);
}

static void problem_that_does_not_fit_is_refused(void **state)
{
    const struct problem problem = { .status = 404 };
    cleanup_buf struct buf body;
    cleanup_buf struct buf small_body;
    (void)state;
    buf_init(&body, 1000);
    assert_int_equal(problem_render(&problem, &body), 0);
    buf_init(&small_body, body.length - 1);

    assert_int_equal(problem_render(&problem, &small_body), -ENOBUFS);
}

static void problem_knows_the_reason_phrases(void **state)
{
    (void)state;

    assert_string_equal(problem_reason_phrase(200), "OK");
    assert_string_equal(problem_reason_phrase(413), "Content Too Large");
    assert_string_equal(problem_reason_phrase(431), "Request Header Fields Too Large");
    assert_string_equal(problem_reason_phrase(499), "Client Closed Request");
    assert_string_equal(problem_reason_phrase(502), "Bad Gateway");
    assert_string_equal(problem_reason_phrase(100), "Continue");
    assert_string_equal(problem_reason_phrase(511), "Network Authentication Required");
}

static void problem_calls_other_statuses_unknown(void **state)
{
    (void)state;

    assert_string_equal(problem_reason_phrase(299), "Unknown");
    assert_string_equal(problem_reason_phrase(0), "Unknown");
    assert_string_equal(problem_reason_phrase(-1), "Unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problem_has_the_members_of_rfc_9457),
        cmocka_unit_test(problem_leaves_out_what_is_empty),
        cmocka_unit_test(problem_is_json_whatever_bytes_come_in),
        cmocka_unit_test(problem_that_does_not_fit_is_refused),
        cmocka_unit_test(problem_knows_the_reason_phrases),
        cmocka_unit_test(problem_calls_other_statuses_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
