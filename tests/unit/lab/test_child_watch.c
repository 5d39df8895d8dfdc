/* SPDX-License-Identifier: MIT */
#include "lab/child_watch.h"

#include "common/clock.h"
#include "tests/support/unit.h"

enum {
    HEARD_BYTES = 1024 * 1024,
    SHORT_US = 50 * CLOCK_US_PER_MS,
    LONG_US = 20 * CLOCK_US_PER_SECOND,
    LINE_BYTES = 100 * 1024
};

struct scene {
    struct loop *loop;
    struct child_watch watch;
    struct buf heard; /* "line|line|END" */
};

static void on_line(void *context, struct str line)
{
    struct scene *scene = context;

    (void)buf_add_str(&scene->heard, line);
    (void)buf_add_byte(&scene->heard, '|');
}

static void on_ended(void *context)
{
    struct scene *scene = context;

    (void)buf_add_text(&scene->heard, "END");
}

static int setup(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);

    assert_non_null(scene);
    scene->loop = loop_new();
    assert_non_null(scene->loop);
    buf_init(&scene->heard, HEARD_BYTES);
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    child_watch_stop(&scene->watch, 0);
    loop_free(scene->loop);
    buf_clear(&scene->heard);
    free(scene);
    return 0;
}

static void start(struct scene *scene, const char *script)
{
    static char *const no_environment[] = { NULL };
    const struct child_watch_config config = {
        .line_bytes = LINE_BYTES, .on_line = on_line, .on_ended = on_ended, .context = scene
    };
    char *arguments[] = { (char *)(uintptr_t) "/bin/sh", (char *)(uintptr_t) "-c", (char *)(uintptr_t)script, NULL };
    struct error error;

    assert_int_equal(child_watch_start(&scene->watch, scene->loop, &config, arguments, no_environment, &error), 0);
}

static void turn_until(struct scene *scene, const char *end)
{
    uint64_t give_up_us = clock_monotonic_us() + LONG_US;

    while (clock_monotonic_us() < give_up_us &&
           (scene->heard.length == 0 || memmem(scene->heard.base, scene->heard.length, end, strlen(end)) == NULL)) {
        assert_int_equal(loop_turn(scene->loop, CLOCK_US_PER_SECOND / 10), 0);
    }
}

static void all_it_wrote_is_told_before_its_end(void **state)
{
    struct scene *scene = *state;

    start(scene, "echo one; echo two; echo why >&2; echo three; exit 3");
    turn_until(scene, "END");

    assert_text(buf_view(&scene->heard), "one|two|three|END");
    assert_text(child_first_complaint(&scene->watch.child), "why");
}

static void lines_come_while_it_runs(void **state)
{
    struct scene *scene = *state;

    start(scene, "echo one; exec /bin/sleep 60");
    turn_until(scene, "one|");

    assert_text(buf_view(&scene->heard), "one|");
    assert_true(scene->watch.is_running);
}

/* Its end is its end, not that of its output. */
static void one_that_closes_its_output_has_not_ended(void **state)
{
    struct scene *scene = *state;

    start(scene, "echo one; exec >&- 2>&-; exec /bin/sleep 60");
    turn_until(scene, "one|");
    while (scene->watch.child.output >= 0) {
        assert_int_equal(loop_turn(scene->loop, CLOCK_US_PER_SECOND / 10), 0);
    }
    assert_int_equal(loop_turn(scene->loop, SHORT_US), 0);
    assert_text(buf_view(&scene->heard), "one|");

    child_watch_interrupt(&scene->watch, LONG_US);
    turn_until(scene, "END");

    assert_text(buf_view(&scene->heard), "one|END");
}

static void an_interrupt_may_be_answered(void **state)
{
    struct scene *scene = *state;

    start(scene, "/bin/sleep 60 >/dev/null 2>&1 & trap 'echo interrupted; kill $!; exit' INT; echo ready; wait $!");
    turn_until(scene, "ready|");
    child_watch_interrupt(&scene->watch, LONG_US);
    turn_until(scene, "END");

    assert_text(buf_view(&scene->heard), "ready|interrupted|END");
}

static void one_that_does_not_heed_it_is_killed_and_asking_again_gives_no_more_time(void **state)
{
    struct scene *scene = *state;

    start(scene, "trap '' INT TERM; echo ready; exec /bin/sleep 60");
    turn_until(scene, "ready|");
    child_watch_interrupt(&scene->watch, SHORT_US);
    child_watch_interrupt(&scene->watch, LONG_US);
    child_watch_expect_end(&scene->watch, LONG_US);
    uint64_t start_us = clock_monotonic_us();
    turn_until(scene, "END");

    assert_text(buf_view(&scene->heard), "ready|END");
    assert_true(clock_monotonic_us() - start_us < LONG_US / 2);
}

static void one_that_is_stopped_tells_nothing_more(void **state)
{
    struct scene *scene = *state;

    start(scene, "/bin/sleep 60 >/dev/null 2>&1 & trap 'echo terminated; kill $!; exit' TERM; echo ready; wait $!");
    turn_until(scene, "ready|");
    child_watch_terminate(&scene->watch);
    child_watch_stop(&scene->watch, LONG_US);
    assert_int_equal(loop_turn(scene->loop, 0), 0);

    assert_text(buf_view(&scene->heard), "ready|");
    assert_int_equal(scene->watch.child.pid, 0);
}

static void a_line_may_be_as_long_as_was_said(void **state)
{
    struct scene *scene = *state;

    start(scene, "printf '%080000d\\n' 7; printf '%0150000d\\n' 7; echo three");
    turn_until(scene, "END");

    struct str rest = buf_view(&scene->heard);
    struct str first = str_split(&rest, '|');
    struct str second = str_split(&rest, '|');
    assert_int_equal(first.length, 80000);
    assert_int_equal(second.length, LINE_BYTES); /* in pieces */
    assert_text(str_from(rest, rest.length - strlen("7|three|END")), "7|three|END");
}

static void what_cannot_be_started_ends_with_a_complaint(void **state)
{
    struct scene *scene = *state;

    start(scene, "exec /nowhere/at/all");
    turn_until(scene, "END");

    assert_text(buf_view(&scene->heard), "END");
    assert_true(child_first_complaint(&scene->watch.child).length > 0);
}

static void stopping_what_never_ran_does_nothing(void **state)
{
    struct scene *scene = *state;

    child_watch_interrupt(&scene->watch, LONG_US);
    child_watch_terminate(&scene->watch);
    child_watch_stop(&scene->watch, LONG_US);

    assert_false(scene->watch.is_running);
}

#define watch_test(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        watch_test(all_it_wrote_is_told_before_its_end),
        watch_test(lines_come_while_it_runs),
        watch_test(one_that_closes_its_output_has_not_ended),
        watch_test(an_interrupt_may_be_answered),
        watch_test(one_that_does_not_heed_it_is_killed_and_asking_again_gives_no_more_time),
        watch_test(one_that_is_stopped_tells_nothing_more),
        watch_test(a_line_may_be_as_long_as_was_said),
        watch_test(what_cannot_be_started_ends_with_a_complaint),
        watch_test(stopping_what_never_ran_does_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
