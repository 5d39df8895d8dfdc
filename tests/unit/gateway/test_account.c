/* SPDX-License-Identifier: MIT */
/*
 * What an account tells: in JSON, and in a line. Its calls' shares of the time: test_account_shares.
 */
#include "gateway/account.h"

#include <errno.h>

#include "common/json_scan.h"
#include "tests/unit/gateway/account_scene.h"

/* ---- JSON ---- */

static const struct call_account good_call = {
    .name = STR_STATIC("task1"),
    .backend = STR_STATIC("default"),
    .server = STR_STATIC("127.0.0.1:9000"),
    .status = 200,
    .attempts = 1,
    .body_bytes = 21,
    .queued_us = 1010,
    .started_us = 1020,
    .connected_us = 1120,
    .sent_us = 1130,
    .first_byte_us = 3000,
    .done_us = 3100,
};

static void account_json_tells_all_of_a_call(void **state)
{
    struct fixture fixture;
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, LIMIT);

    int result = account_render_json(account_of(&fixture, &good_call, 1, 3200), &json);

    assert_int_equal(result, 0);
    assert_text(
        buf_view(&json),
        ",\"total_us\":2200,\"queue_us\":10,\"own_us\":110,\"calls\":[{\"name\":\"task1\",\"backend\":\"default\","
        "\"server\":\"127.0.0.1:9000\",\"status\":200,\"error\":null,\"attempts\":1,\"reused\":false,\"bytes\":21,"
        "\"queued_us\":10,\"started_us\":20,\"connected_us\":120,\"sent_us\":130,\"first_byte_us\":2000,"
        "\"done_us\":2100}],\"critical_path\":[]");
}

static void account_json_says_null_for_what_did_not_happen(void **state)
{
    const struct call_account calls[] = {
        { .name = STR_STATIC("a"),
          .error = CALL_CONNECTION_REFUSED,
          .attempts = 1,
          .queued_us = 1000,
          .done_us = 1001 },
        { .name = STR_STATIC("b"), .is_reused = true, .error = CALL_CANCELLED },
    };
    struct fixture fixture;
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, LIMIT);

    int result = account_render_json(account_of(&fixture, calls, array_length(calls), 1002), &json);

    assert_int_equal(result, 0);
    assert_text(
        buf_view(&json),
        ",\"total_us\":2,\"queue_us\":1,\"own_us\":1,\"calls\":["
        "{\"name\":\"a\",\"backend\":\"\",\"server\":\"\",\"status\":null,\"error\":\"connection_refused\","
        "\"attempts\":1,\"reused\":false,\"bytes\":0,\"queued_us\":0,\"started_us\":null,\"connected_us\":null,"
        "\"sent_us\":null,\"first_byte_us\":null,\"done_us\":1},"
        "{\"name\":\"b\",\"backend\":\"\",\"server\":\"\",\"status\":null,\"error\":\"cancelled\","
        "\"attempts\":0,\"reused\":true,\"bytes\":0,\"queued_us\":null,\"started_us\":null,\"connected_us\":null,"
        "\"sent_us\":null,\"first_byte_us\":null,\"done_us\":null}],\"critical_path\":[]");
}

static void account_json_of_no_call_has_an_empty_list(void **state)
{
    struct fixture fixture;
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, LIMIT);

    int result = account_render_json(account_of(&fixture, NULL, 0, 1040), &json);

    assert_int_equal(result, 0);
    assert_text(buf_view(&json), ",\"total_us\":40,\"queue_us\":0,\"own_us\":40,\"calls\":[],\"critical_path\":[]");
}

static void account_json_escapes_the_server(void **state)
{
    const struct call_account call = { .name = STR_STATIC("a"), .server = STR_STATIC("x\"\n:1") };
    struct fixture fixture;
    cleanup_buf struct buf json;
    cleanup_buf struct buf whole;
    (void)state;
    buf_init(&json, LIMIT);
    buf_init(&whole, LIMIT);

    assert_int_equal(account_render_json(account_of(&fixture, &call, 1, 1040), &json), 0);
    (void)buf_add_format(&whole, "{\"event\":\"done\"%.*s}", STR_ARGUMENTS(buf_view(&json)));

    assert_int_equal(json_scan_check(buf_view(&whole), JSON_SCAN_DEPTH, NULL), 0);
    assert_int_equal(str_find(buf_view(&json), '\n'), json.length);
}

static void account_json_over_the_limit_is_an_error(void **state)
{
    struct fixture fixture;
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, 100);

    assert_int_equal(account_render_json(account_of(&fixture, &good_call, 1, 3200), &json), -ENOBUFS);
}

/* ---- elements and details ---- */

static void account_json_tells_which_element_behind_the_name(void **state)
{
    struct fixture fixture;
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, LIMIT);

    assert_int_equal(account_render_json(account_of(&fixture, elements, 4, 4000), &json), 0);
    (void)buf_add_byte(&json, '\0');

    assert_non_null(strstr(json.base, "\"calls\":[{\"name\":\"user\",\"backend\":"));
    assert_non_null(strstr(json.base, ",{\"name\":\"items\",\"index\":0,\"backend\":"));
    assert_non_null(strstr(json.base, ",{\"name\":\"items\",\"index\":3,\"backend\":"));
    assert_non_null(strstr(json.base, ",{\"name\":\"items.3\",\"backend\":"));
}

static void account_json_tells_more_of_an_error_where_there_is_more(void **state)
{
    struct fixture fixture;
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, LIMIT);

    assert_int_equal(account_render_json(account_of(&fixture, elements, 4, 4000), &json), 0);
    (void)buf_add_byte(&json, '\0');

    const char *detail = strstr(json.base, ",\"detail\":");
    assert_non_null(strstr(json.base, ",\"error\":\"dependency_failed\",\"detail\":\"{user.\\\"x\\\"} "
                                      "is\\u000amissing\",\"attempts\":0,"));
    assert_non_null(detail);
    assert_null(strstr(detail + strlen(",\"detail\":"), "\"detail\""));
}

static void account_outcomes_tell_element_and_detail(void **state)
{
    struct fixture fixture;
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, LIMIT);

    assert_int_equal(account_render_outcomes(account_of(&fixture, elements, 4, 4000), false, &json), 0);

    assert_text(buf_view(&json),
                "[{\"call\":\"user\",\"error\":null,\"status\":null,\"elapsed_ms\":1},"
                "{\"call\":\"items\",\"index\":0,\"error\":null,\"status\":null,\"elapsed_ms\":1},"
                "{\"call\":\"items\",\"index\":3,\"error\":\"dependency_failed\",\"detail\":\"{user.\\\"x\\\"} "
                "is\\u000amissing\",\"status\":null,\"elapsed_ms\":2},"
                "{\"call\":\"items.3\",\"error\":null,\"status\":null,\"elapsed_ms\":1}]");
}

/* The calls of the path are not all calls, nor in their order. */
static void account_json_ends_with_the_critical_path(void **state)
{
    static const struct {
        const char *name;
        size_t path[3];
        size_t count;
        const char *members;
    } cases[] = {
        { "no call", { 0 }, 0, ",\"critical_path\":[]" },
        { "one call", { 0 }, 1, ",\"critical_path\":[\"user\"]" },
        { "an element", { 2 }, 1, ",\"critical_path\":[\"items.3\"]" },
        { "one after the other", { 0, 2 }, 2, ",\"critical_path\":[\"user\",\"items.3\"]" },
        { "in the path's own order", { 3, 1, 0 }, 3, ",\"critical_path\":[\"items.3\",\"items.0\",\"user\"]" },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        const struct call_account *path[3];
        struct fixture fixture;
        cleanup_buf struct buf json;
        cleanup_buf struct buf whole;
        buf_init(&json, LIMIT);
        buf_init(&whole, LIMIT);
        (void)account_of(&fixture, elements, 4, 4000);
        for (size_t j = 0; j < cases[i].count; j++) {
            path[j] = &elements[cases[i].path[j]];
        }
        fixture.account.critical_path = path;
        fixture.account.critical_count = cases[i].count;

        assert_int_equal(account_render_json(&fixture.account, &json), 0);
        (void)buf_add_format(&whole, "{\"event\":\"done\"%.*s}", STR_ARGUMENTS(buf_view(&json)));

        assert_case(cases[i].name, json_scan_check(buf_view(&whole), JSON_SCAN_DEPTH, NULL) == 0);
        struct str members = str_of(cases[i].members);
        assert_case(cases[i].name, json.length > members.length);
        assert_text(str_from(buf_view(&json), json.length - members.length), cases[i].members);
    }
}

/* ---- outcomes ---- */

static const struct call_account three_calls[] = {
    { .name = STR_STATIC("a"), .status = 200, .queued_us = 1000, .started_us = 1100, .done_us = 3499 },
    { .name = STR_STATIC("b"),
      .error = CALL_HTTP_RESPONSE_STATUS,
      .status = 503,
      .queued_us = 1000,
      .started_us = 1000,
      .done_us = 3500 },
    { .name = STR_STATIC("c"),
      .error = CALL_HTTP_RESPONSE_TIMEOUT,
      .queued_us = 2000,
      .started_us = 2000,
      .done_us = 302000 },
};

static void account_outcomes_tell_every_call(void **state)
{
    struct fixture fixture;
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, LIMIT);

    int result = account_render_outcomes(account_of(&fixture, three_calls, 3, 303000), false, &json);

    assert_int_equal(result, 0);
    assert_text(buf_view(&json),
                "[{\"call\":\"a\",\"error\":null,\"status\":200,\"elapsed_ms\":2},"
                "{\"call\":\"b\",\"error\":\"http_response_status\",\"status\":503,\"elapsed_ms\":3},"
                "{\"call\":\"c\",\"error\":\"http_response_timeout\",\"status\":null,\"elapsed_ms\":300}]");
}

static void account_outcomes_can_leave_out_what_went_well(void **state)
{
    struct fixture fixture;
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, LIMIT);

    assert_int_equal(account_render_outcomes(account_of(&fixture, three_calls, 2, 303000), true, &json), 0);
    assert_text(buf_view(&json),
                "[{\"call\":\"b\",\"error\":\"http_response_status\",\"status\":503,\"elapsed_ms\":3}]");

    buf_reset(&json);
    assert_int_equal(account_render_outcomes(account_of(&fixture, three_calls, 1, 303000), true, &json), 0);
    assert_text(buf_view(&json), "[]");
}

static void account_outcome_of_a_call_on_its_way_counts_to_the_requests_end(void **state)
{
    const struct call_account calls[] = {
        { .name = STR_STATIC("a"), .error = CALL_CANCELLED, .queued_us = 1000, .started_us = 1000 },
        { .name = STR_STATIC("b"), .error = CALL_CANCELLED },
    };
    struct fixture fixture;
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, LIMIT);

    int result = account_render_outcomes(account_of(&fixture, calls, array_length(calls), 6000), true, &json);

    assert_int_equal(result, 0);
    assert_text(buf_view(&json), "[{\"call\":\"a\",\"error\":\"cancelled\",\"status\":null,\"elapsed_ms\":5},"
                                 "{\"call\":\"b\",\"error\":\"cancelled\",\"status\":null,\"elapsed_ms\":0}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(account_json_tells_all_of_a_call),
        cmocka_unit_test(account_json_says_null_for_what_did_not_happen),
        cmocka_unit_test(account_json_of_no_call_has_an_empty_list),
        cmocka_unit_test(account_json_escapes_the_server),
        cmocka_unit_test(account_json_over_the_limit_is_an_error),
        cmocka_unit_test(account_json_tells_which_element_behind_the_name),
        cmocka_unit_test(account_json_tells_more_of_an_error_where_there_is_more),
        cmocka_unit_test(account_outcomes_tell_element_and_detail),
        cmocka_unit_test(account_json_ends_with_the_critical_path),
        cmocka_unit_test(account_outcomes_tell_every_call),
        cmocka_unit_test(account_outcomes_can_leave_out_what_went_well),
        cmocka_unit_test(account_outcome_of_a_call_on_its_way_counts_to_the_requests_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
