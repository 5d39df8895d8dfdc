/* SPDX-License-Identifier: MIT */
#include "gateway/admin_guard.h"

#include "tests/support/unit.h"

static const struct {
    const char *host;
    bool is_allowed; /* to a client on this machine */
} cases[] = {
    { "127.0.0.1", true },
    { "127.0.0.1:9901", true },
    { "10.1.2.3:9901", true },
    { "[::1]:9901", true },
    { "[2001:db8::1]", true },
    { "localhost", true },
    { "LOCALHOST:9901", true },
    { "localhost.:9901", true },
    { "fanlight.localhost:9901", true },
    { "gateway:9901", true },
    { "evil.example", false },
    { "evil.example:9901", false },
    { "evil.example.", false },
    { "127.0.0.1.evil.example", false },
    { "127.0.0.1.", false },
    { "127.1", false },
    { "localhost.evil.example", false },
    { "evil-localhost.example", false },
    { ".localhost", false },
    { "1.2.3.4.5.6.7.8.9.10.11", false },
    { "", false },
    { "[::1", false },
};

static void names_of_others_are_not_for_clients_on_this_machine(void **state)
{
    static const char *const clients[] = { "127.0.0.1:52673", "127.3.4.5:1", "[::1]:52673", "[::ffff:127.0.0.1]:1" };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        for (size_t k = 0; k < array_length(clients); k++) {
            assert_case(cases[i].host,
                        admin_guard_allows(str_of(cases[i].host), str_of(clients[k])) == cases[i].is_allowed);
        }
    }
}

static void clients_from_elsewhere_may_use_any_name(void **state)
{
    static const char *const clients[] = { "10.0.0.5:52673", "[2001:db8::2]:1", "128.0.0.1:1", "unknown" };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        for (size_t k = 0; k < array_length(clients); k++) {
            assert_case(cases[i].host, admin_guard_allows(str_of(cases[i].host), str_of(clients[k])));
        }
    }
}

static void who_sends_no_host_is_no_browser(void **state)
{
    (void)state;

    assert_true(admin_guard_allows((struct str){ NULL, 0 }, STR("127.0.0.1:52673")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_others_are_not_for_clients_on_this_machine),
        cmocka_unit_test(clients_from_elsewhere_may_use_any_name),
        cmocka_unit_test(who_sends_no_host_is_no_browser),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
