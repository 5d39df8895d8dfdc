/* SPDX-License-Identifier: MIT */
#include "lab/experiment_screen.h"

#include "tests/support/unit.h"

enum { OUTPUT_BYTES = 4096 };

static const struct screen narrow = { .columns = 80 };
static const struct url gateway = { .authority = "127.0.0.1:8080" };

/* One mode, with a line of each side, as it is shown. */
static void show(enum mode mode, bool has_lines, char *shown)
{
    static const enum journal_side sides[] = { JOURNAL_SENDER, JOURNAL_BACKEND, JOURNAL_GATEWAY };
    const struct experiment_result plan = { .threads = 4, .blocking = "a,b" };
    const struct mode_result result = { .mode = mode };
    FILE *output = fmemopen(shown, OUTPUT_BYTES, "w");
    struct experiment_screen screen = { .screen = &narrow, .output = output, .has_lines = has_lines };

    experiment_screen_init(&screen);
    screen.audience.on_begin(&screen.audience, &plan);
    screen.audience.on_mode(&screen.audience, &result, &gateway);
    for (size_t i = 0; i < array_length(sides); i++) {
        const struct audience_line line = { .mode = &result, .side = sides[i], .text = STR("a\x1b[31mb") };
        screen.audience.on_line(&screen.audience, &line);
    }
    screen.audience.on_pause(&screen.audience);
    screen.audience.on_mode_done(&screen.audience, &result);
    (void)fclose(output);
}

static void screen_says_what_each_mode_does(void **state)
{
    static const struct {
        enum mode mode;
        const char *expected;
    } rows[] = {
        { MODE_SYNC, "\nsync: every call blocks the event loop; gateway at 127.0.0.1:8080\n" },
        { MODE_ASYNC, "\nasync: no call blocks the event loop; gateway at 127.0.0.1:8080\n" },
        { MODE_WIRE,
          "\nwire: no call blocks the event loop, and the gateway speaks HTTP itself; gateway at 127.0.0.1:8080\n" },
        { MODE_MIXED,
          "\nmixed: some calls block the event loop (a,b), the others do not; gateway at 127.0.0.1:8080\n" },
        { MODE_THREADS, "\nthreads: blocking calls on a pool of 4 threads; gateway at 127.0.0.1:8080\n" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        char shown[OUTPUT_BYTES] = "";

        show(rows[i].mode, false, shown);

        assert_string_equal(shown, rows[i].expected);
    }
}

static void screen_shows_sender_and_gateway_safely_and_not_the_backend(void **state)
{
    char shown[OUTPUT_BYTES] = "";

    (void)state;

    show(MODE_SYNC, true, shown);

    assert_non_null(strstr(shown, "\nsender  | a\\x1B[31mb\ngateway | a\\x1B[31mb\n"));
    assert_null(strstr(shown, "backend"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(screen_says_what_each_mode_does),
        cmocka_unit_test(screen_shows_sender_and_gateway_safely_and_not_the_backend),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
