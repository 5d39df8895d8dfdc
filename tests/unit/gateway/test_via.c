/* SPDX-License-Identifier: MIT */
#include "gateway/via.h"

#include "tests/support/unit.h"

static const char *const naming[] = {
    "1.1 fanlight",
    "HTTP/1.1 fanlight",
    "1.1\tfanlight",
    " 1.1 \t fanlight \t ",
    "1.1 FanLight",
    "2 fanlight (a comment)",
    "1.1 fanlight(close by)",
    "1.0 other, 1.1 fanlight",
    "1.0 other,1.1 fanlight",
    "1.1 fanlight, 1.0 other:8080",
    ", ,1.1 fanlight,",
    "1.0 other (a, b), 1.1 fanlight",
    "1.0 other (a (b, c), d), 1.1 fanlight",
    "1.0 other (a \\( b), 1.1 fanlight",
    "1.0 other ), 1.1 fanlight",
};

static const char *const not_naming[] = {
    "",
    " ",
    ",",
    "fanlight",
    "fanlight 1.1",
    "1.1",
    "1.1 ",
    "1.1 fan",
    "1.1 fanlights",
    "1.1 other",
    "1.1 fanlight:8080",
    "1.1 fanlight.example",
    "1.1 my-fanlight",
    "1.1 other fanlight",
    "1.1 other (1.1 fanlight)",
    "1.1 other (, 1.1 fanlight)",
    "1.1 other (a (b), 1.1 fanlight)",
    "1.1 other (a \\), 1.1 fanlight)",
    "1.1 other (no end, 1.1 fanlight",
    "1.1 other (\\",
    "1.1 (fanlight) other",
    "(1.1) fanlight",
};

static void via_names_who_received_the_message(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(naming); i++) {
        assert_case(naming[i], via_names(str_of(naming[i]), STR("fanlight")));
        assert_case(naming[i], !via_names(str_of(naming[i]), STR("fan")));
    }
}

static void via_names_nobody_who_only_stands_there(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(not_naming); i++) {
        assert_case(not_naming[i], !via_names(str_of(not_naming[i]), STR("fanlight")));
    }
    assert_false(via_names((struct str){ NULL, 0 }, STR("fanlight")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(via_names_who_received_the_message),
        cmocka_unit_test(via_names_nobody_who_only_stands_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
