/* SPDX-License-Identifier: MIT */
/* What is refused of calls is in tests/config/bad: call*.json, reference*.json, ring*.json, each*.json, headers*.json.
 */
#include "common/clock.h"
#include "gateway/mode.h"
#include "tests/unit/gateway/config_bench.h"

enum { TEXT_BYTES = 65536 };

/* Of a route /{id}, with a backend b that has a timeout of 9 s, and one called plain. */
static struct config *read_calls(const char *calls)
{
    cleanup_buf struct buf text;

    buf_init(&text, TEXT_BYTES);
    (void)buf_add_format(&text,
                         "{\"backends\":{\"plain\":{\"servers\":[\"http://h\"]},"
                         "\"b\":{\"servers\":[\"http://h\"],\"timeout\":\"9s\"}},"
                         "\"routes\":[{\"path\":\"/{id}\",\"calls\":{%s}}]}",
                         calls);
    return config_bench_read_with(NULL, buf_view(&text));
}

static const struct plan *plan_of(const struct config *config)
{
    return &config->routes[0].plan;
}

/* ---- plain values ---- */

static void config_calls_have_what_the_file_says(void **state)
{
    (void)state;

    struct config *config =
        read_calls("\"a.b\":{\"backend\":\"b\",\"path\":\"/\",\"method\":\"PATCH\",\"timeout\":\"1ms\","
                   "\"required\":false,\"default\": { \"n\": 1.10 } ,\"as\":\"text\",\"mode\":\"sync\","
                   "\"forward_headers\":[\"Cookie\",\"X-A\"]}");

    const struct plan_call *call = &plan_of(config)->calls[0];
    assert_int_equal(plan_of(config)->call_count, 1);
    assert_text(call->name, "a.b");
    assert_text(call->member, "a.b");
    assert_int_equal(call->backend, 1);
    assert_string_equal(call->method, "PATCH");
    assert_int_equal(call->timeout_us, CLOCK_US_PER_MS);
    assert_true(call->is_optional);
    assert_text(call->default_json, "{ \"n\": 1.10 }");
    assert_true(call->is_text);
    assert_int_equal(call->mode, MODE_SYNC);
    assert_string_equal(call->forward_headers[0], "Cookie");
    assert_string_equal(call->forward_headers[1], "X-A");
    assert_null(call->forward_headers[2]);
    config_release(config);
}

static void config_calls_have_defaults_for_the_rest(void **state)
{
    (void)state;

    struct config *config = read_calls("\"a\":{\"backend\":\"plain\",\"path\":\"/\"}");

    const struct plan_call *call = &plan_of(config)->calls[0];
    assert_string_equal(call->method, "GET");
    assert_int_equal(call->body_kind, PLAN_BODY_NONE);
    assert_int_equal(call->timeout_us, CLOCK_NEVER_US);
    assert_false(call->is_optional);
    assert_int_equal(call->default_json.length, 0);
    assert_false(call->is_text);
    assert_false(call->has_each);
    assert_int_equal(call->mode, MODE_INHERITED);
    assert_int_equal(call->header_count, 0);
    assert_int_equal(call->input_count, 0);
    assert_int_equal(call->dependent_count, 0);
    config_release(config);
}

static void config_calls_have_the_timeout_of_their_backend_if_none_of_their_own(void **state)
{
    (void)state;

    struct config *config = read_calls("\"a\":{\"backend\":\"b\",\"path\":\"/\"},"
                                       "\"c\":{\"backend\":\"b\",\"path\":\"/\",\"timeout\":\"24h\"},"
                                       "\"d\":{\"backend\":\"plain\",\"path\":\"/\"}");

    assert_int_equal(plan_of(config)->calls[0].timeout_us, 9 * CLOCK_US_PER_SECOND);
    assert_int_equal(plan_of(config)->calls[1].timeout_us, 86400ULL * CLOCK_US_PER_SECOND);
    assert_int_equal(plan_of(config)->calls[2].timeout_us, CLOCK_NEVER_US);
    config_release(config);
}

static const struct {
    const char *members;
    const char *method;
    enum plan_body kind;
    size_t part_count;
} body_rows[] = {
    { "", "GET", PLAN_BODY_NONE, 0 },
    { ",\"method\":\"POST\"", "POST", PLAN_BODY_NONE, 0 },
    { ",\"body\":\"request\"", "POST", PLAN_BODY_REQUEST, 0 },
    { ",\"body\":\"reque\\u0073t\"", "POST", PLAN_BODY_REQUEST, 0 },
    { ",\"body\":\"request \"", "POST", PLAN_BODY_TEMPLATE, 1 },
    { ",\"body\":[\"request\"]", "POST", PLAN_BODY_TEMPLATE, 1 },
    { ",\"body\":null,\"method\":\"PUT\"", "PUT", PLAN_BODY_TEMPLATE, 1 },
    { ",\"body\":\"{id}\"", "POST", PLAN_BODY_TEMPLATE, 1 },
    { ",\"body\":{\"a\":\"{id}\"}", "POST", PLAN_BODY_TEMPLATE, 3 },
};

static void config_calls_send_the_requests_body_or_json_of_their_own(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(body_rows); i++) {
        cleanup_buf struct buf text;
        buf_init(&text, TEXT_BYTES);
        (void)buf_add_format(&text, "\"a\":{\"backend\":\"b\",\"path\":\"/\"%s}%c", body_rows[i].members, '\0');

        struct config *config = read_calls(text.base);

        const struct plan_call *call = &plan_of(config)->calls[0];
        assert_case(body_rows[i].members, strcmp(call->method, body_rows[i].method) == 0);
        assert_case(body_rows[i].members, call->body_kind == body_rows[i].kind);
        assert_case(body_rows[i].members, call->body.part_count == body_rows[i].part_count);
        config_release(config);
    }
}

/* ---- references ---- */

static void assert_indexes(const size_t *indexes, size_t count, const char *expected)
{
    cleanup_buf struct buf text;

    buf_init(&text, TEXT_BYTES);
    for (size_t i = 0; i < count; i++) {
        (void)buf_add_format(&text, "%s%zu", i > 0 ? " " : "", indexes[i]);
    }
    assert_text(buf_view(&text), expected);
}

static void config_calls_know_whom_they_wait_for_and_who_waits_for_them(void **state)
{
    static const char *const inputs[] = { "", "0", "0", "2 0 1" };
    static const char *const dependents[] = { "1 2 3", "3", "3", "" };
    (void)state;

    struct config *config =
        read_calls("\"user\":{\"backend\":\"b\",\"path\":\"/{id}\"},"
                   "\"left\":{\"backend\":\"b\",\"path\":\"/{user.id}/{user.name}\"},"
                   "\"right\":{\"backend\":\"b\",\"path\":\"/\",\"headers\":{\"X-A\":\"{user.id}\"}},"
                   "\"end\":{\"backend\":\"b\",\"path\":\"/{right.id}?a={user.id}\","
                   "\"headers\":{\"X-A\":\"{right.b}\"},\"body\":{\"a\":[\"{left}\",\"{user}\"]}}");

    for (size_t i = 0; i < array_length(inputs); i++) {
        const struct plan_call *call = &plan_of(config)->calls[i];
        assert_indexes(call->inputs, call->input_count, inputs[i]);
        assert_indexes(call->dependents, call->dependent_count, dependents[i]);
    }
    config_release(config);
}

static void config_calls_refer_to_calls_that_come_later_in_the_file(void **state)
{
    (void)state;

    struct config *config = read_calls("\"a\":{\"backend\":\"b\",\"path\":\"/{z.x.0}\"},"
                                       "\"z\":{\"backend\":\"b\",\"path\":\"/\"}");

    const struct template *target = &plan_of(config)->calls[0].target;
    assert_int_equal(target->part_count, 2);
    assert_text(target->parts[0].text, "/");
    assert_int_equal(target->parts[1].source, TEMPLATE_CALL);
    assert_int_equal(target->parts[1].index, 1);
    assert_text(target->parts[1].text, "x.0");
    assert_indexes(plan_of(config)->calls[0].inputs, plan_of(config)->calls[0].input_count, "1");
    config_release(config);
}

static void config_calls_are_made_for_each_element(void **state)
{
    (void)state;

    struct config *config = read_calls("\"a\":{\"backend\":\"b\",\"path\":\"/\"},"
                                       "\"b\":{\"backend\":\"b\",\"path\":\"/{each}\",\"each\":\"{a.list.items}\","
                                       "\"max\":7},"
                                       "\"c\":{\"backend\":\"b\",\"path\":\"/{each}\",\"each\":\"{a}\"}");

    const struct plan_call *call = &plan_of(config)->calls[1];
    assert_true(call->has_each);
    assert_int_equal(call->each.source, TEMPLATE_CALL);
    assert_int_equal(call->each.index, 0);
    assert_text(call->each.text, "list.items");
    assert_int_equal(call->each_maximum, 7);
    assert_int_equal(call->target.parts[1].source, TEMPLATE_EACH);
    assert_indexes(call->inputs, call->input_count, "0");
    assert_int_equal(plan_of(config)->calls[2].each_maximum, 50);
    config_release(config);
}

static void config_calls_have_headers_in_their_order(void **state)
{
    (void)state;

    struct config *config = read_calls("\"a\":{\"backend\":\"b\",\"path\":\"/\",\"headers\":{\"X-B\":\"{id} {{}}\","
                                       "\"Accept\":\"\",\"Authorization\":\"Bearer x\"}}");

    const struct plan_call *call = &plan_of(config)->calls[0];
    assert_int_equal(call->header_count, 3);
    assert_string_equal(call->headers[0].name, "X-B");
    assert_int_equal(call->headers[0].value.part_count, 2);
    assert_text(call->headers[0].value.parts[1].text, " {}");
    assert_string_equal(call->headers[1].name, "Accept");
    assert_int_equal(call->headers[1].value.part_count, 0);
    assert_text(call->headers[2].value.parts[0].text, "Bearer x");
    config_release(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_calls_have_what_the_file_says),
        cmocka_unit_test(config_calls_have_defaults_for_the_rest),
        cmocka_unit_test(config_calls_have_the_timeout_of_their_backend_if_none_of_their_own),
        cmocka_unit_test(config_calls_send_the_requests_body_or_json_of_their_own),
        cmocka_unit_test(config_calls_know_whom_they_wait_for_and_who_waits_for_them),
        cmocka_unit_test(config_calls_refer_to_calls_that_come_later_in_the_file),
        cmocka_unit_test(config_calls_are_made_for_each_element),
        cmocka_unit_test(config_calls_have_headers_in_their_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
