/* SPDX-License-Identifier: MIT */
#include "common/url.h"

#include "tests/support/unit.h"

static const struct {
    const char *name;
    struct url url;
} readable[] = {
    { "http://127.0.0.1:9000", { .host = "127.0.0.1", .port = 9000, .path = "", .authority = "127.0.0.1:9000" } },
    { "http://localhost", { .host = "localhost", .port = 80, .path = "", .authority = "localhost" } },
    { "http://localhost:80/", { .host = "localhost", .port = 80, .path = "/", .authority = "localhost" } },
    { "http://localhost:443", { .host = "localhost", .port = 443, .path = "", .authority = "localhost:443" } },
    { "HTTP://a.b-c_d/x?y=z", { .host = "a.b-c_d", .port = 80, .path = "/x?y=z", .authority = "a.b-c_d" } },
    { "http://a:1/@:[]", { .host = "a", .port = 1, .path = "/@:[]", .authority = "a:1" } },
    { "http://a.:65535", { .host = "a.", .port = 65535, .path = "", .authority = "a.:65535" } },
    { "https://a/p", { .is_tls = true, .host = "a", .port = 443, .path = "/p", .authority = "a" } },
    { "https://a:80/p", { .is_tls = true, .host = "a", .port = 80, .path = "/p", .authority = "a:80" } },
    { "http://[::1]:81/", { .host = "::1", .is_ipv6 = true, .port = 81, .path = "/", .authority = "[::1]:81" } },
    { "http://[fe80::1]", { .host = "fe80::1", .is_ipv6 = true, .port = 80, .path = "", .authority = "[fe80::1]" } },
};

static void url_reads_its_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(readable); i++) {
        const struct url *expected = &readable[i].url;
        struct error error = { "" };
        struct url url;

        int result = url_parse(str_of(readable[i].name), &url, &error);

        assert_case(readable[i].name, result == 0);
        assert_case(readable[i].name, url.is_tls == expected->is_tls && url.is_ipv6 == expected->is_ipv6);
        assert_int_equal(url.port, expected->port);
        assert_string_equal(url.host, expected->host);
        assert_string_equal(url.path, expected->path);
        assert_string_equal(url.authority, expected->authority);
    }
}

static const struct {
    const char *name;
    const char *allowed;
} refused[] = {
    { "", "http://HOST[:PORT][/PATH] (or https)" },
    { "localhost:80", "http://HOST[:PORT][/PATH] (or https)" },
    { "ftp://a/", "http://HOST[:PORT][/PATH] (or https)" },
    { "http:/a", "http://HOST[:PORT][/PATH] (or https)" },
    { "http://", "http://HOST[:PORT][/PATH] with a name, an IPv4 address or an [IPv6 address] as host" },
    { "http:///x", "http://HOST[:PORT][/PATH] with a name, an IPv4 address or an [IPv6 address] as host" },
    { "http://:80", "http://HOST[:PORT][/PATH] with a name, an IPv4 address or an [IPv6 address] as host" },
    { "http://a?b", "http://HOST[:PORT][/PATH] with a name, an IPv4 address or an [IPv6 address] as host" },
    { "http://a..b", "http://HOST[:PORT][/PATH] with a name, an IPv4 address or an [IPv6 address] as host" },
    { "http://.a", "http://HOST[:PORT][/PATH] with a name, an IPv4 address or an [IPv6 address] as host" },
    { "http://1.2.3", "http://HOST[:PORT][/PATH] with a name, an IPv4 address or an [IPv6 address] as host" },
    { "http://1.2.3.256", "http://HOST[:PORT][/PATH] with a name, an IPv4 address or an [IPv6 address] as host" },
    { "http://[::1", "http://HOST[:PORT][/PATH] with a name, an IPv4 address or an [IPv6 address] as host" },
    { "http://[::1%25lo]", "http://HOST[:PORT][/PATH] with a name, an IPv4 address or an [IPv6 address] as host" },
    { "http://[]", "http://HOST[:PORT][/PATH] with a name, an IPv4 address or an [IPv6 address] as host" },
    { "http://[localhost]", "http://HOST[:PORT][/PATH] with a name, an IPv4 address or an [IPv6 address] as host" },
    { "http://a$b", "http://HOST[:PORT][/PATH] with a name, an IPv4 address or an [IPv6 address] as host" },
    { "http://u:p@a", "http://HOST[:PORT][/PATH] without user information" },
    { "http://a/#x", "http://HOST[:PORT][/PATH] without a fragment" },
    { "http://a:0", "http://HOST[:PORT][/PATH] with a port from 1 to 65535" },
    { "http://a:65536", "http://HOST[:PORT][/PATH] with a port from 1 to 65535" },
    { "http://a:", "http://HOST[:PORT][/PATH] with a port from 1 to 65535" },
    { "http://a:8a", "http://HOST[:PORT][/PATH] with a port from 1 to 65535" },
    { "http://a:-1", "http://HOST[:PORT][/PATH] with a port from 1 to 65535" },
    { "http://[::1]x", "http://HOST[:PORT][/PATH] with a port from 1 to 65535" },
    { "http://::1", "http://HOST[:PORT][/PATH] with a name, an IPv4 address or an [IPv6 address] as host" },
    { "http://a/\xc3\xa9", "http://HOST[:PORT][/PATH] in visible ASCII" },
    { "http://a/ b", "http://HOST[:PORT][/PATH] in visible ASCII" },
    { "http://a/\r\nX: y", "http://HOST[:PORT][/PATH] in visible ASCII" },
    { "http://a\x7f", "http://HOST[:PORT][/PATH] in visible ASCII" },
};

static void url_refuses_and_says_what_is_allowed(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(refused); i++) {
        struct error error = { "" };
        struct url url = { .port = 77 };

        int result = url_parse(str_of(refused[i].name), &url, &error);

        assert_case(refused[i].name, result == -1 && url.port == 77);
        assert_case(refused[i].name, strcmp(error.text, refused[i].allowed) == 0);
    }
}

static void url_refuses_a_nul_byte(void **state)
{
    struct error error = { "" };
    struct url url;
    (void)state;

    assert_int_equal(url_parse(STR("http://a\0b/"), &url, &error), -1);
    assert_int_equal(url_parse(STR("http://a/\0"), &url, &error), -1);
}

/* "http://" and `host_length` letters, "/" and more up to `path_length` bytes. */
static struct str long_url(char *text, size_t host_length, size_t path_length)
{
    memcpy(text, "http://", 7);
    memset(text + 7, 'h', host_length);
    memset(text + 7 + host_length, '/', path_length);
    return (struct str){ text, 7 + host_length + path_length };
}

static void url_takes_the_longest_host_and_path_that_fit(void **state)
{
    char text[2048];
    struct error error = { "" };
    struct url url;
    (void)state;

    assert_int_equal(url_parse(long_url(text, 255, 1023), &url, &error), 0);

    assert_int_equal(strlen(url.host), 255);
    assert_int_equal(strlen(url.path), 1023);
    assert_int_equal(strlen(url.authority), 255);
}

static void url_refuses_a_host_or_path_that_does_not_fit(void **state)
{
    char text[2048];
    struct error error = { "" };
    struct url url;
    (void)state;

    assert_int_equal(url_parse(long_url(text, 256, 1), &url, &error), -1);
    assert_int_equal(url_parse(long_url(text, 1, 1024), &url, &error), -1);
    assert_string_equal(error.text, "http://HOST[:PORT][/PATH] with a path of at most 1023 bytes");
}

static void address_reads_host_and_port(void **state)
{
    const struct {
        const char *name;
        const char *host;
        uint16_t port;
        bool is_ipv6;
    } cases[] = {
        { "127.0.0.1:8080", "127.0.0.1", 8080, false },
        { "localhost:0", "localhost", 0, false },
        { "[::]:65535", "::", 65535, true },
        { "0.0.0.0:1", "0.0.0.0", 1, false },
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct error error = { "" };
        struct address address;

        int result = address_parse(str_of(cases[i].name), &address, &error);

        assert_case(cases[i].name, result == 0 && address.port == cases[i].port);
        assert_case(cases[i].name, address.is_ipv6 == cases[i].is_ipv6 && strcmp(address.host, cases[i].host) == 0);
    }
}

static void address_refuses_what_is_not_host_and_port(void **state)
{
    const char *const cases[] = { "",           "8080",        ":8080",   "127.0.0.1", "127.0.0.1:",    "::1:80",
                                  "[::1]",      "[::1]80",     "a:65536", "a:8 0",     "a:99999999999", "a b:1",
                                  "http://a:1", "256.0.0.1:1", "a:1/",    "[::1]]:1",  "a:+1" };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct error error = { "" };
        struct address address = { .port = 77 };

        int result = address_parse(str_of(cases[i]), &address, &error);

        assert_case(cases[i], result == -1 && address.port == 77);
        assert_case(cases[i], strncmp(error.text, "HOST:PORT such as 127.0.0.1:8080 or [::1]:8080", 46) == 0);
    }
}

static void url_knows_which_hosts_are_names_to_be_looked_up(void **state)
{
    static const struct {
        const char *text;
        bool is_name;
    } cases[] = {
        { "http://users.internal", true },
        { "http://users", true },
        { "https://a.b.c.example.:8443/x", true },
        { "http://10.example", true },
        { "http://localhosts", true },
        { "http://notlocalhost", true },
        { "http://localhost.example", true },
        { "http://127.0.0.1", false },
        { "https://255.255.255.255:1/x", false },
        { "http://[::1]:80", false },
        { "http://0x7f000001", false }, /* libcurl reads it as 127.0.0.1 */
        { "http://localhost", false },
        { "http://LocalHost:80", false },
        { "http://a.localhost", false },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct error error = { "" };
        struct url url;

        int result = url_parse(str_of(cases[i].text), &url, &error);

        assert_case(cases[i].text, result == 0 && url.is_name == cases[i].is_name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(url_reads_its_parts),
        cmocka_unit_test(url_refuses_and_says_what_is_allowed),
        cmocka_unit_test(url_refuses_a_nul_byte),
        cmocka_unit_test(url_takes_the_longest_host_and_path_that_fit),
        cmocka_unit_test(url_refuses_a_host_or_path_that_does_not_fit),
        cmocka_unit_test(url_knows_which_hosts_are_names_to_be_looked_up),
        cmocka_unit_test(address_reads_host_and_port),
        cmocka_unit_test(address_refuses_what_is_not_host_and_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
