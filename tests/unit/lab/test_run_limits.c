/* SPDX-License-Identifier: MIT */
#include "lab/run_limits.h"

#include <cjson/cJSON.h>

#include "tests/support/unit.h"

enum { TEXT_BYTES = 64 * 1024 };

static double number(const cJSON *limits, const char *kind, const char *name)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(limits, kind), name);

    assert_true(cJSON_IsNumber(member));
    return member->valuedouble;
}

static void the_page_is_told_what_is_checked(void **state)
{
    cleanup_buf struct buf text;

    (void)state;
    buf_init(&text, TEXT_BYTES);
    assert_int_equal(run_limits_add_json(&text), 0);
    cJSON *limits = cJSON_ParseWithLength(text.base, text.length);
    assert_non_null(limits);

    assert_true(number(limits, "experiment", "tasks_most") == RUN_TASKS_MOST);
    assert_true(number(limits, "experiment", "delay_most_ms") == RUN_DELAY_MOST_MS);
    assert_true(number(limits, "experiment", "total_most_s") == RUN_TOTAL_MOST_S);
    assert_true(number(limits, "sweep", "delay_most_ms") == RUN_SWEEP_DELAY_MOST_MS);
    assert_true(number(limits, "sweep", "clients_most") == RUN_CLIENTS_MOST);
    assert_true(number(limits, "sweep", "points_most") == RUN_POINTS_MOST);
    const cJSON *sweep = cJSON_GetObjectItemCaseSensitive(limits, "sweep");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(sweep, "modes")), RUN_MODES_MOST);
    const cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(sweep, "cases"), 0);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(first, "name")), "one-client");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(limits, "version")), FANLIGHT_VERSION);
    cJSON_Delete(limits);
}

static void limits_that_do_not_fit_are_an_error(void **state)
{
    cleanup_buf struct buf text;

    (void)state;
    buf_init(&text, 100);

    assert_true(run_limits_add_json(&text) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_told_what_is_checked),
        cmocka_unit_test(limits_that_do_not_fit_are_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
