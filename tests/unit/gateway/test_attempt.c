/* SPDX-License-Identifier: MIT */
#include "gateway/attempt.h"

#include "tests/support/unit.h"

static const struct {
    const char *name;
    bool is_resolving;
    uint64_t started_us, resolved_us, sent_us;
    enum call_error error;
} cases[] = {
    { "it waited for a thread", false, 0, 0, 0, CALL_HTTP_RESPONSE_TIMEOUT },
    { "its name was looked up", true, 1, 0, 0, CALL_DNS_TIMEOUT },
    { "its connection was opened", false, 1, 2, 0, CALL_CONNECTION_TIMEOUT },
    { "it was sent", false, 1, 2, 3, CALL_HTTP_RESPONSE_TIMEOUT },
    { "it was sent on a kept connection", false, 1, 0, 3, CALL_HTTP_RESPONSE_TIMEOUT },
    { "nobody came to open a socket", false, 1, 0, 0, CALL_HTTP_RESPONSE_TIMEOUT },
};

static void attempt_says_which_timeout_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct attempt attempt = { .is_resolving = cases[i].is_resolving };
        attempt.started_us = cases[i].started_us;
        attempt.resolved_us = cases[i].resolved_us;
        attempt.sent_us = cases[i].sent_us;

        enum call_error timeout = attempt_timeout_error(&attempt);

        assert_case(cases[i].name, timeout == cases[i].error);
    }
}

static void attempt_reads_a_body_once(void **state)
{
    struct attempt good = { .body_kind = ATTEMPT_BODY_UNREAD };
    struct attempt bad = { .body_kind = ATTEMPT_BODY_UNREAD };
    (void)state;
    buf_init(&good.response, 16);
    buf_init(&bad.response, 16);
    assert_int_equal(buf_add_str(&good.response, STR("[1]")), 0);
    assert_int_equal(buf_add_str(&bad.response, STR("[1")), 0);

    assert_true(attempt_has_json(&good));
    assert_false(attempt_has_json(&bad));
    assert_int_equal(buf_add_str(&good.response, STR("]")), 0);
    assert_int_equal(buf_add_str(&bad.response, STR("]")), 0);

    assert_true(attempt_has_json(&good));
    assert_false(attempt_has_json(&bad));
    buf_clear(&good.response);
    buf_clear(&bad.response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attempt_says_which_timeout_it_was),
        cmocka_unit_test(attempt_reads_a_body_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
