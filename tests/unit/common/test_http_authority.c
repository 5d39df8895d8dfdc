/* SPDX-License-Identifier: MIT */
#include "common/http_authority.h"

#include <errno.h>

#include "tests/support/unit.h"

static const struct {
    const char *text;
    const char *host;
    uint16_t port;
    bool is_ipv6;
} good[] = {
    { "a", "a", 80, false },
    { "a:", "a", 80, false },
    { "a:8080", "a", 8080, false },
    { "a:0080", "a", 80, false },
    { "127.0.0.1:1", "127.0.0.1", 1, false },
    { "[::1]", "::1", 80, true },
    { "[::1]:", "::1", 80, true },
    { "[2001:db8::1]:65535", "2001:db8::1", 65535, true },
    { "-._~!$&'()*+,;=%4a09azAZ", "-._~!$&'()*+,;=%4a09azAZ", 80, false },
};

static const char *const bad[] = {
    "",         ":",   ":80",  "a:65536", "a:8o", "a:-1",   "a: 80",   "a b", "u@a", "a/b",        "a?b",    "a#b",
    "\xc3\xa9", "a%4", "a%zz", "::1",     "[::1", "[::1]a", "[::1]80", "[]",  "[a]", "[::1%25lo]", "[v1.a]",
};

static void http_authority_has_a_host_and_perhaps_a_port(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(good); i++) {
        struct http_authority authority = { .port = 0 };

        assert_case(good[i].text, http_authority_parse(str_of(good[i].text), HTTP_PORT, &authority) == 0);
        assert_text(authority.host, good[i].host);
        assert_case(good[i].text, authority.port == good[i].port && authority.is_ipv6 == good[i].is_ipv6);
    }
}

static void http_authority_refuses_anything_else_and_leaves_the_result_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(bad); i++) {
        struct http_authority authority = { .port = 7 };

        assert_case(bad[i], http_authority_parse(str_of(bad[i]), HTTP_PORT, &authority) == -EINVAL);
        assert_case(bad[i], authority.port == 7);
    }
}

static bool are_equal(const char *a, const char *b, uint16_t default_port)
{
    struct http_authority one;
    struct http_authority other;

    assert_int_equal(http_authority_parse(str_of(a), default_port, &one), 0);
    assert_int_equal(http_authority_parse(str_of(b), default_port, &other), 0);
    return http_authority_equal(&one, &other);
}

static void http_authority_equals_whatever_the_case_and_with_the_scheme_s_port_said_or_not(void **state)
{
    (void)state;
    assert_true(are_equal("a", "A", HTTP_PORT));
    assert_true(are_equal("a", "a:80", HTTP_PORT));
    assert_true(are_equal("a:", "a:80", HTTP_PORT));
    assert_true(are_equal("a", "a:443", HTTPS_PORT));
    assert_false(are_equal("a", "a:443", HTTP_PORT));
    assert_false(are_equal("a", "b", HTTP_PORT));
    assert_false(are_equal("a:1", "a:2", HTTP_PORT));
    assert_false(are_equal("a", "a.", HTTP_PORT));
}

static const struct {
    const char *target;
    const char *authority; /* NULL: not in absolute form */
    const char *path;
    bool is_https;
} targets[] = {
    { "http://a/b?c", "a", "/b?c", false },
    { "HTTPS://a:1/", "a:1", "/", true },
    { "http://a", "a", "", false },
    { "http://a?b=/c", "a", "?b=/c", false },
    { "http://a#b", "a", "#b", false },
    { "http://u@a/", "u@a", "/", false },
    { "http:///b", "", "/b", false },
    { "http://", "", "", false },
    { "/http://a/", NULL, NULL, false },
    { "http:/a", NULL, NULL, false },
    { "http:a", NULL, NULL, false },
    { "ftp://a/", NULL, NULL, false },
    { "httpx://a/", NULL, NULL, false },
    { "http", NULL, NULL, false },
    { "", NULL, NULL, false },
};

static void http_absolute_target_is_cut_into_authority_and_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(targets); i++) {
        struct http_absolute_target target;

        bool is_absolute = http_absolute_target_split(str_of(targets[i].target), &target);

        assert_case(targets[i].target, is_absolute == (targets[i].authority != NULL));
        if (is_absolute) {
            assert_text(target.authority, targets[i].authority);
            assert_text(target.path, targets[i].path);
            assert_case(targets[i].target, target.is_https == targets[i].is_https);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_authority_has_a_host_and_perhaps_a_port),
        cmocka_unit_test(http_authority_refuses_anything_else_and_leaves_the_result_alone),
        cmocka_unit_test(http_authority_equals_whatever_the_case_and_with_the_scheme_s_port_said_or_not),
        cmocka_unit_test(http_absolute_target_is_cut_into_authority_and_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
