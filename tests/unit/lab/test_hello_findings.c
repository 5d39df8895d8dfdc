/* SPDX-License-Identifier: MIT */
#include "lab/hello_findings.h"

#include "tests/support/unit.h"
#include "tests/unit/lab/hello_fixture.h"

/* That the findings are `expected`, no more and no less. */
static void assert_findings(const struct hello_result *result, const char *expected)
{
    cleanup_buf struct buf text = { .base = NULL };

    buf_init(&text, 64 * 1024);
    hello_findings_add(&text, result);

    assert_text(buf_view(&text), expected);
}

static void nothing_is_found_where_nothing_was_measured(void **state)
{
    struct hello_result result;

    (void)state;
    hello_fixture_make(&result);

    assert_findings(&result, "");
    hello_result_clear(&result);
}

static void findings_tell_how_gateways_grow(void **state)
{
    struct hello_result result;

    (void)state;
    hello_fixture_make(&result);
    hello_fixture_add(hello_fixture_row(&result, "sync", HELLO_CLIENT_LIGHT), 0, 1.2, 0.1, 0.1);
    hello_fixture_add(hello_fixture_row(&result, "sync", HELLO_CLIENT_LIGHT), 1, 4.8, 0.1, 0.1);
    hello_fixture_add(hello_fixture_row(&result, "async", HELLO_CLIENT_LIGHT), 0, 1.2, 0.1, 0.1);

    assert_findings(&result, "The gateway in sync, calling a backend of 1ms: from 1 to 4 clients the seconds grow "
                             "4.0-fold (theory: 4.0): its loop makes one call after the other, whoever asked.\n");
    hello_result_clear(&result);
}

static void findings_give_no_reason_for_what_theory_does_not_explain(void **state)
{
    struct hello_result result;

    (void)state;
    hello_fixture_make(&result);
    hello_fixture_add(hello_fixture_row(&result, "async", HELLO_CLIENT_LIGHT), 0, 1, 0.1, 0.1);
    hello_fixture_add(hello_fixture_row(&result, "async", HELLO_CLIENT_LIGHT), 1, 3, 0.1, 0.1);

    assert_findings(&result, "The gateway in async, calling a backend of 1ms: from 1 to 4 clients the seconds grow "
                             "3.0-fold (theory: 1.0).\n");
    hello_result_clear(&result);
}

static void findings_tell_what_others_took_from_the_measurement(void **state)
{
    struct hello_result result;

    (void)state;
    hello_fixture_make(&result);
    struct hello_row *row = hello_fixture_row(&result, "hello", HELLO_CLIENT_COMMAND);
    hello_fixture_add(row, 1, 1, 0.4, 0.2);
    row->cells[1].runs[0].machine_busy = 1;

    /* The machine was full, but not because of us. */
    assert_int_equal(hello_figures_of(&result, row, 1).limit, HELLO_LIMIT_MACHINE);
    assert_findings(&result, "Other processes used up to 70 % of the processors meanwhile: measure again on a quiet "
                             "machine.\n");
    hello_result_clear(&result);
}

static void findings_tell_what_the_client_costs_on_the_same_server(void **state)
{
    struct hello_result result;

    (void)state;
    hello_fixture_make(&result);
    hello_fixture_add(hello_fixture_row(&result, "hello", HELLO_CLIENT_LIGHT), 0, 0.5, 0.05, 0.04);
    hello_fixture_add(hello_fixture_row(&result, "hello", HELLO_CLIENT_COMMAND), 0, 1.0, 0.6, 0.04);

    assert_findings(&result,
                    "Fanlight /hello, 1 client: 1.000 s with heavy, 0.500 s with the light client, on the same server: "
                    "50 % of the time was the client's doing. A request costs heavy 600 us of processor "
                    "time, the light client 50 us, the server 40 us.\n");
    hello_result_clear(&result);
}

static void findings_compare_servers_by_each_client(void **state)
{
    struct hello_result result;

    (void)state;
    hello_fixture_make(&result);
    hello_fixture_add(hello_fixture_row(&result, "hello", HELLO_CLIENT_LIGHT), 0, 0.5, 0.05, 0.04);
    hello_fixture_add(hello_fixture_row(&result, "other", HELLO_CLIENT_LIGHT), 0, 2.0, 0.05, 0);

    assert_findings(&result,
                    "With the light client, 1 client: other takes 2.000 s, Fanlight /hello 0.500 s, a ratio of "
                    "4.0.\n");
    hello_result_clear(&result);
}

static void findings_tell_from_where_on_the_machine_is_full(void **state)
{
    struct hello_result result;

    (void)state;
    hello_fixture_make(&result);
    hello_fixture_add(hello_fixture_row(&result, "hello", HELLO_CLIENT_COMMAND), 0, 1, 0.6, 0.3);
    hello_fixture_add(hello_fixture_row(&result, "hello", HELLO_CLIENT_COMMAND), 1, 1, 1.5, 0.5);

    assert_findings(&result, "Fanlight /hello with heavy: from 4 clients on both processors were busy, with 4 "
                             "clients 75 % of it for the clients: more clients then only share what there is.\n");
    hello_result_clear(&result);
}

static void findings_compare_with_what_was_published_on_another_machine(void **state)
{
    struct hello_result result;

    (void)state;
    hello_fixture_make(&result);
    hello_fixture_add(hello_fixture_row(&result, "hello", HELLO_CLIENT_LIGHT), 0, 0.0464, 0.01, 0.01);

    assert_findings(&result, "Fanlight /hello with the light client and 1 client: 10.0 times as fast as published (on "
                             "another machine, with aiohttp as the client).\n");
    hello_result_clear(&result);
}

static void findings_do_not_hide_failures_and_noise(void **state)
{
    struct hello_result result;

    (void)state;
    hello_fixture_make(&result);
    struct hello_row *row = hello_fixture_row(&result, "other", HELLO_CLIENT_LIGHT);
    hello_fixture_add(row, 0, 1, 0.1, 0.1);
    hello_fixture_add(row, 0, 2, 0.1, 0.1);
    row->cells[0].runs[1].failed = 1;

    assert_findings(&result, "other: 1 request failed.\n"
                             "Repeats of one cell lie up to 67 % of its median apart: smaller differences mean "
                             "little.\n");
    hello_result_clear(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_found_where_nothing_was_measured),
        cmocka_unit_test(findings_tell_how_gateways_grow),
        cmocka_unit_test(findings_give_no_reason_for_what_theory_does_not_explain),
        cmocka_unit_test(findings_tell_what_others_took_from_the_measurement),
        cmocka_unit_test(findings_tell_what_the_client_costs_on_the_same_server),
        cmocka_unit_test(findings_compare_servers_by_each_client),
        cmocka_unit_test(findings_tell_from_where_on_the_machine_is_full),
        cmocka_unit_test(findings_compare_with_what_was_published_on_another_machine),
        cmocka_unit_test(findings_do_not_hide_failures_and_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
