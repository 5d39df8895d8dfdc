/* SPDX-License-Identifier: MIT */
#include "lab/loopback.h"

#include "tests/support/unit.h"

static const struct {
    const char *text;
    const char *shown; /* NULL: refused */
} rows[] = {
    { "127.0.0.1:9901", "127.0.0.1:9901" },
    { "127.8.9.10:1", "127.8.9.10:1" },
    { "localhost:65535", "localhost:65535" },
    { "LocalHost:80", "LocalHost:80" },
    { "[::1]:9901", "[::1]:9901" },
    { "[0:0:0:0:0:0:0:1]:9901", "[0:0:0:0:0:0:0:1]:9901" },
    { "http://127.0.0.1:9901", "127.0.0.1:9901" },
    { "http://localhost:9901/", "localhost:9901" },
    { "", NULL },
    { "127.0.0.1", NULL },
    { "127.0.0.1:", NULL },
    { "127.0.0.1:0", NULL },
    { "127.0.0.1:65536", NULL },
    { "127.0.0.1:9901/", NULL },
    { "127.0.0.1:9901/admin", NULL },
    { "127.0.0.1:9901?x", NULL },
    { "127.0.0.1:9901#x", NULL },
    { "127.0.0.1:99 01", NULL },
    { "127.0.0.1:9901\n--limit=1", NULL },
    { "http://127.0.0.1:9901//", NULL },
    { "http://user@127.0.0.1:9901", NULL },
    { "https://127.0.0.1:9901", NULL },
    { "file:///etc/passwd", NULL },
    { "127.1:9901", NULL },
    { "2130706433:9901", NULL },
    { "0x7f000001:9901", NULL },
    { "0177.0.0.1:9901", NULL },
    { "0.0.0.0:9901", NULL },
    { "128.0.0.1:9901", NULL },
    { "10.0.0.1:9901", NULL },
    { "169.254.169.254:80", NULL },
    { "[::]:9901", NULL },
    { "[::2]:9901", NULL },
    { "[::ffff:127.0.0.1]:9901", NULL },
    { "[fe80::1]:9901", NULL },
    { "localhost.:9901", NULL },
    { "localhost.example.com:9901", NULL },
    { "127.0.0.1.example.com:9901", NULL },
    { "example.com:9901", NULL },
    { "-x:9901", NULL },
};

static void an_address_of_this_machine_is_taken_and_no_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct address address;
        struct error allowed = { { '\0' } };
        char shown[300] = "";

        int status = loopback_parse(str_of(rows[i].text), &address, &allowed);

        assert_case(rows[i].text, (status == 0) == (rows[i].shown != NULL));
        if (status == 0) {
            loopback_format(&address, shown, sizeof shown);
            assert_string_equal(shown, rows[i].shown);
        } else {
            assert_string_equal(allowed.text,
                                "an address of this machine: 127.0.0.1:PORT, [::1]:PORT or localhost:PORT");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_of_this_machine_is_taken_and_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
