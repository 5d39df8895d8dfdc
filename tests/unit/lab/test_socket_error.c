/* SPDX-License-Identifier: MIT */
#include "lab/socket_error.h"

#include <errno.h>

#include "tests/support/unit.h"

static void a_number_of_the_system_has_one_cause(void **state)
{
    static const struct {
        const char *name;
        int number;
        enum call_error expected;
    } cases[] = {
        { "nobody listens", ECONNREFUSED, CALL_CONNECTION_REFUSED },
        { "no answer from the network", ETIMEDOUT, CALL_CONNECTION_TIMEOUT },
        { "reset", ECONNRESET, CALL_CONNECTION_TERMINATED },
        { "given up", ECANCELED, CALL_CANCELLED },
        { "no way to the host", EHOSTUNREACH, CALL_DESTINATION_UNAVAILABLE },
        { "no way to the network", ENETUNREACH, CALL_DESTINATION_UNAVAILABLE },
        { "no port left", EADDRNOTAVAIL, CALL_DESTINATION_UNAVAILABLE },
        { "no descriptor left", EMFILE, CALL_PROXY_INTERNAL_ERROR },
        { "no memory left", ENOMEM, CALL_PROXY_INTERNAL_ERROR },
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        assert_case(cases[i].name, socket_error_of_errno(cases[i].number) == cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_of_the_system_has_one_cause),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
