/* SPDX-License-Identifier: MIT */
#include "gateway/attempt.h"

#include "tests/support/unit.h"

static const struct {
    const char *name;
    const char *server;
    uint64_t started_us, resolved_us, sent_us;
    enum call_error error;
} cases[] = {
    { "it waited for a thread", "http://a", 0, 0, 0, CALL_HTTP_RESPONSE_TIMEOUT },
    { "its name was looked up", "http://a", 1, 0, 0, CALL_DNS_TIMEOUT },
    { "its connection was opened", "http://a", 1, 2, 0, CALL_CONNECTION_TIMEOUT },
    { "the same, to an address", "http://127.0.0.1", 1, 2, 0, CALL_CONNECTION_TIMEOUT },
    { "it was sent", "http://a", 1, 2, 3, CALL_HTTP_RESPONSE_TIMEOUT },
    { "it was sent on a kept connection", "http://a", 1, 0, 3, CALL_HTTP_RESPONSE_TIMEOUT },
    { "nobody came to open a socket to an address", "http://127.0.0.1:9", 1, 0, 0, CALL_HTTP_RESPONSE_TIMEOUT },
    { "nor to one of IPv6", "http://[::1]:9", 1, 0, 0, CALL_HTTP_RESPONSE_TIMEOUT },
    { "nor to this machine", "http://localhost:9", 1, 0, 0, CALL_HTTP_RESPONSE_TIMEOUT },
};

static void attempt_says_which_timeout_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct error error = { "" };
        struct url server;
        assert_int_equal(url_parse(str_of(cases[i].server), &server, &error), 0);
        struct attempt attempt = { .server = &server };
        attempt.started_us = cases[i].started_us;
        attempt.resolved_us = cases[i].resolved_us;
        attempt.sent_us = cases[i].sent_us;

        enum call_error timeout = attempt_timeout_error(&attempt);

        assert_case(cases[i].name, timeout == cases[i].error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attempt_says_which_timeout_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
