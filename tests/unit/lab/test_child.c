/* SPDX-License-Identifier: MIT */
/*
 * How a child is started, what it is told, and how it is heard. How it ends: test_child_end.
 */
#include "lab/child.h"

#include <signal.h>

#include "tests/support/unit.h"
#include "tests/unit/lab/child_fixture.h"

static void child_output_is_heard_line_by_line(void **state)
{
    struct child child;
    cleanup_buf struct buf heard = { .base = NULL };

    (void)state;
    start_shell(&child, "echo one; printf 'tw'; printf 'o\\nthree\\n'; echo oh no, again >&2; echo more >&2",
                no_environment);
    listen_to(&child, &heard);

    read_to_end(&child);

    assert_text(buf_view(&heard), "one|two|three|");
    assert_text(child_first_complaint(&child), "oh no, again");
    child_stop(&child, LONG_US);
}

static void child_gets_the_environment_without_ours_and_an_empty_input(void **state)
{
    char *const environment[] = { (char *)(uintptr_t) "FANLIGHT_MODE=sync", (char *)(uintptr_t) "KEPT=yes",
                                  (char *)(uintptr_t) "FANLIGHT_DELAY=1m", NULL };
    struct child child;
    cleanup_buf struct buf heard = { .base = NULL };

    (void)state;
    start_shell(&child, "echo \"$KEPT,$FANLIGHT_MODE,$FANLIGHT_DELAY\"; read -r line || echo end of input",
                environment);
    listen_to(&child, &heard);

    read_to_end(&child);

    assert_text(buf_view(&heard), "yes,,|end of input|");
    child_stop(&child, LONG_US);
}

static void child_inherits_no_descriptor_but_its_standard_ones(void **state)
{
    int left_open = dup(STDIN_FILENO);
    struct child child;
    cleanup_buf struct buf heard = { .base = NULL };
    char script[128];

    (void)state;
    assert_true(left_open > STDERR_FILENO);
    (void)snprintf(script, sizeof script, "test -e /proc/self/fd/%d && echo open || echo closed", left_open);
    start_shell(&child, script, no_environment);
    listen_to(&child, &heard);

    read_to_end(&child);

    assert_text(buf_view(&heard), "closed|");
    child_stop(&child, LONG_US);
    (void)close(left_open);
}

static void child_inherits_no_blocked_signal(void **state)
{
    sigset_t blocked;
    sigset_t before;
    struct child child;

    (void)state;
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &blocked, &before);
    start_shell(&child, "exec /bin/sleep 60", no_environment);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    uint64_t started_us = clock_monotonic_us();

    child_stop(&child, LONG_US);

    assert_true(clock_monotonic_us() - started_us < LONG_US);
    assert_int_equal(child.pid, 0);
}

static void child_that_says_much_while_it_stops_is_read_to_the_end(void **state)
{
    struct child child;
    cleanup_buf struct buf heard = { .base = NULL };

    (void)state;
    start_shell(&child, "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo last", no_environment);
    listen_to(&child, &heard);

    read_to_end(&child);

    struct str tail = str_from(buf_view(&heard), heard.length - 5);
    assert_text(tail, "last|");
    child_stop(&child, LONG_US);
}

/* How many letters each line had that was told. */
struct lengths {
    size_t count;
    size_t items[32];
};

static void note_length(void *context, struct str line)
{
    struct lengths *lengths = context;

    assert_true(lengths->count < array_length(lengths->items));
    for (size_t i = 0; i < line.length; i++) {
        assert_int_equal(line.base[i], 'a');
    }
    lengths->items[lengths->count++] = line.length;
}

/* A child that writes so many letters, the end of a line, a last letter and the end of a line; 0: the usual limit. */
static struct lengths hear_lengths(size_t line_bytes, size_t letters)
{
    struct child child;
    struct lengths lengths = { .count = 0 };
    char script[128];

    (void)snprintf(script, sizeof script, "head -c %zu /dev/zero | tr '\\0' a; echo; echo a", letters);
    start_shell(&child, script, no_environment);
    child.on_line = note_length;
    child.context = &lengths;
    if (line_bytes > 0) {
        assert_int_equal(child_limit_lines(&child, line_bytes), 0);
    }
    read_to_end(&child);
    child_stop(&child, LONG_US);
    return lengths;
}

static void child_line_as_long_as_can_be_is_told_whole(void **state)
{
    (void)state;

    struct lengths lengths = hear_lengths(0, CHILD_LINE_BYTES);

    assert_int_equal(lengths.count, 2);
    assert_int_equal(lengths.items[0], CHILD_LINE_BYTES);
    assert_int_equal(lengths.items[1], 1);
}

static void child_line_that_is_too_long_is_told_in_pieces(void **state)
{
    (void)state;

    struct lengths lengths = hear_lengths(0, 2 * (size_t)CHILD_LINE_BYTES + 5);

    assert_int_equal(lengths.count, 4);
    assert_int_equal(lengths.items[0], CHILD_LINE_BYTES);
    assert_int_equal(lengths.items[1], CHILD_LINE_BYTES);
    assert_int_equal(lengths.items[2], 5);
    assert_int_equal(lengths.items[3], 1);
}

/* Less than what is read at once, and more than the usual limit. */
static void child_lines_may_be_as_long_as_was_said(void **state)
{
    static const size_t limits[] = { 3, 1000, 16 * 1024, 2 * (size_t)CHILD_LINE_BYTES };
    (void)state;

    for (size_t i = 0; i < array_length(limits); i++) {
        struct lengths whole = hear_lengths(limits[i], limits[i]);
        struct lengths pieces = hear_lengths(limits[i], 20 * limits[i] + 2);

        assert_int_equal(whole.count, 2);
        assert_int_equal(whole.items[0], limits[i]);
        assert_int_equal(pieces.count, 22);
        for (size_t k = 0; k < 20; k++) {
            assert_int_equal(pieces.items[k], limits[i]);
        }
        assert_int_equal(pieces.items[20], 2);
        assert_int_equal(pieces.items[21], 1);
    }
}

/* All of it may be there before its end is. */
static void child_line_as_long_as_can_be_waits_for_its_end(void **state)
{
    struct child child;
    cleanup_buf struct buf heard = { .base = NULL };

    (void)state;
    start_shell_with_input(&child, "printf '\\naaa'; read -r line; echo; echo end");
    listen_to(&child, &heard);
    assert_int_equal(child_limit_lines(&child, 3), 0);
    read_until_heard(&child, &heard);
    assert_text(buf_view(&heard), "|");

    assert_int_equal(child_tell(&child, STR("go\n")), 0);
    read_to_end(&child);

    assert_text(buf_view(&heard), "|aaa|end|");
    child_stop(&child, LONG_US);
}

static void child_that_cannot_be_executed_says_so(void **state)
{
    char *arguments[] = { (char *)(uintptr_t) "/nonexistent/program", NULL };
    struct child child = { .pid = 0 };
    struct error error;

    (void)state;
    assert_int_equal(child_start(&child, arguments, no_environment, &error), 0);

    read_to_end(&child);

    assert_text(child_first_complaint(&child), "No such file or directory");
    child_stop(&child, LONG_US);
}

static void child_with_an_input_hears_what_it_is_told(void **state)
{
    struct child child;
    cleanup_buf struct buf heard = { .base = NULL };

    (void)state;
    start_shell_with_input(&child, "read -r line; echo \"heard $line\"; read -r line || echo end of input");
    listen_to(&child, &heard);

    assert_int_equal(child_tell(&child, STR("go\n")), 0);
    read_to_end(&child);

    assert_text(buf_view(&heard), "heard go|end of input|");
    child_stop(&child, LONG_US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(child_output_is_heard_line_by_line),
        cmocka_unit_test(child_gets_the_environment_without_ours_and_an_empty_input),
        cmocka_unit_test(child_inherits_no_descriptor_but_its_standard_ones),
        cmocka_unit_test(child_inherits_no_blocked_signal),
        cmocka_unit_test(child_that_says_much_while_it_stops_is_read_to_the_end),
        cmocka_unit_test(child_line_as_long_as_can_be_is_told_whole),
        cmocka_unit_test(child_line_that_is_too_long_is_told_in_pieces),
        cmocka_unit_test(child_lines_may_be_as_long_as_was_said),
        cmocka_unit_test(child_line_as_long_as_can_be_waits_for_its_end),
        cmocka_unit_test(child_that_cannot_be_executed_says_so),
        cmocka_unit_test(child_with_an_input_hears_what_it_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
