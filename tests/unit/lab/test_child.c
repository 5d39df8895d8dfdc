/* SPDX-License-Identifier: MIT */
#include "lab/child.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "tests/support/unit.h"

enum { LONG_US = 20 * CLOCK_US_PER_SECOND, SHORT_US = 100 * CLOCK_US_PER_MS, HEARD_BYTES = 1024 * 1024 };

static char *const no_environment[] = { NULL };

static void on_line(void *context, struct str line)
{
    struct buf *heard = context;

    (void)buf_add_str(heard, line);
    (void)buf_add_byte(heard, '|');
}

/* A shell that runs `script` and waits for what it is told. */
static void start_shell_with_input(struct child *child, const char *script)
{
    char *arguments[] = { (char *)(uintptr_t) "/bin/sh", (char *)(uintptr_t) "-c", (char *)(uintptr_t)script, NULL };
    struct error error;

    *child = (struct child){ .pid = 0 };
    assert_int_equal(child_start_with_input(child, arguments, no_environment, &error), 0);
}

/* A shell that runs `script`. */
static void start_shell(struct child *child, const char *script, char *const *environment)
{
    char *arguments[] = { (char *)(uintptr_t) "/bin/sh", (char *)(uintptr_t) "-c", (char *)(uintptr_t)script, NULL };
    struct error error;

    *child = (struct child){ .pid = 0 };
    assert_int_equal(child_start(child, arguments, environment, &error), 0);
}

static void listen_to(struct child *child, struct buf *heard)
{
    buf_init(heard, HEARD_BYTES);
    child->on_line = on_line;
    child->context = heard;
}

/* Reads until the child's output ends. */
static void read_to_end(struct child *child)
{
    uint64_t give_up_us = clock_monotonic_us() + LONG_US;

    while (child_read(child) && clock_monotonic_us() < give_up_us) {
        struct pollfd descriptors[CHILD_DESCRIPTORS];
        child_descriptors(child, descriptors);
        (void)poll(descriptors, CHILD_DESCRIPTORS, 1000);
    }
    assert_int_equal(child->output, -1);
}

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

/* Reads until something was heard. */
static void read_until_heard(struct child *child, const struct buf *heard)
{
    uint64_t give_up_us = clock_monotonic_us() + LONG_US;

    while (heard->length == 0 && child_read(child) && clock_monotonic_us() < give_up_us) {
        struct pollfd descriptors[CHILD_DESCRIPTORS];
        child_descriptors(child, descriptors);
        (void)poll(descriptors, CHILD_DESCRIPTORS, 1000);
    }
}

static void child_that_ignores_a_stop_is_killed(void **state)
{
    struct child child;
    cleanup_buf struct buf heard = { .base = NULL };

    (void)state;
    start_shell(&child, "trap '' TERM; echo deaf; exec /bin/sleep 60", no_environment);
    listen_to(&child, &heard);
    read_until_heard(&child, &heard);
    assert_text(buf_view(&heard), "deaf|");
    pid_t pid = child.pid;

    child_stop(&child, SHORT_US);

    assert_int_equal(child.pid, 0);
    assert_int_equal(waitpid(pid, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
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
    size_t items[8];
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

/* A child that writes so many letters, the end of a line, a last letter and the end of a line. */
static struct lengths hear_lengths(size_t letters)
{
    struct child child;
    struct lengths lengths = { .count = 0 };
    char script[128];

    (void)snprintf(script, sizeof script, "head -c %zu /dev/zero | tr '\\0' a; echo; echo a", letters);
    start_shell(&child, script, no_environment);
    child.on_line = note_length;
    child.context = &lengths;
    read_to_end(&child);
    child_stop(&child, LONG_US);
    return lengths;
}

static void child_line_as_long_as_can_be_is_told_whole(void **state)
{
    (void)state;

    struct lengths lengths = hear_lengths(CHILD_LINE_BYTES);

    assert_int_equal(lengths.count, 2);
    assert_int_equal(lengths.items[0], CHILD_LINE_BYTES);
    assert_int_equal(lengths.items[1], 1);
}

static void child_line_that_is_too_long_is_told_in_pieces(void **state)
{
    (void)state;

    struct lengths lengths = hear_lengths(2 * (size_t)CHILD_LINE_BYTES + 5);

    assert_int_equal(lengths.count, 4);
    assert_int_equal(lengths.items[0], CHILD_LINE_BYTES);
    assert_int_equal(lengths.items[1], CHILD_LINE_BYTES);
    assert_int_equal(lengths.items[2], 5);
    assert_int_equal(lengths.items[3], 1);
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

static void child_that_was_never_started_can_be_stopped(void **state)
{
    struct child child = { .pid = 0 };

    (void)state;

    child_stop(&child, LONG_US);
    child_stop(&child, LONG_US);

    assert_int_equal(child.pid, 0);
}

/* In a process of its own: starts a child, tells its pid, and is killed without a chance to clean up. */
static void start_and_be_killed(int telling, bool waits_until_it_runs)
{
    char *arguments[] = { (char *)(uintptr_t) "/bin/sh", (char *)(uintptr_t) "-c",
                          (char *)(uintptr_t) "echo running; exec /bin/sleep 60", NULL };
    struct child child = { .pid = 0 };
    struct buf heard;
    struct error error;

    if (child_start(&child, arguments, no_environment, &error) == 0) {
        listen_to(&child, &heard);
        if (waits_until_it_runs) {
            read_until_heard(&child, &heard);
        }
        (void)!write(telling, &child.pid, sizeof child.pid);
    }
    (void)raise(SIGKILL);
}

/* How a child ended whose parent was killed: its wait status. The test ends by its timeout if it never does. */
static int end_of_orphan(bool waits_until_it_runs)
{
    int told[2];
    pid_t orphan = 0;
    int status = 0;

    assert_int_equal(pipe(told), 0);
    /* The orphan becomes ours, so that its end can be waited for. */
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    pid_t parent = fork();
    assert_true(parent >= 0);
    if (parent == 0) {
        start_and_be_killed(told[1], waits_until_it_runs);
    }
    assert_int_equal(waitpid(parent, &status, 0), parent);
    assert_int_equal(read(told[0], &orphan, sizeof orphan), sizeof orphan);
    assert_int_equal(waitpid(orphan, &status, 0), orphan);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 0);
    (void)close(told[0]);
    (void)close(told[1]);
    return status;
}

static void child_dies_with_a_parent_that_is_killed(void **state)
{
    (void)state;

    int status = end_of_orphan(true);

    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void child_dies_with_a_parent_that_is_killed_while_it_starts(void **state)
{
    (void)state;

    int status = end_of_orphan(false);

    assert_true((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
                (WIFEXITED(status) && WEXITSTATUS(status) == 127));
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

static void child_that_is_about_to_end_is_not_asked_to(void **state)
{
    struct child child;

    (void)state;
    start_shell_with_input(&child, "trap 'exit 9' TERM; read -r line; exit 3");
    assert_int_equal(child_tell(&child, STR("go\n")), 0);

    child_finish(&child, LONG_US, LONG_US);

    assert_true(WIFEXITED(child.wait_status));
    assert_int_equal(WEXITSTATUS(child.wait_status), 3);
}

static void child_that_does_not_end_by_itself_is_asked_to(void **state)
{
    struct child child;

    (void)state;
    start_shell_with_input(&child, "exec cat"); /* nobody tells it anything */

    child_finish(&child, SHORT_US, LONG_US);

    assert_true(WIFSIGNALED(child.wait_status));
    assert_int_equal(WTERMSIG(child.wait_status), SIGTERM);
}

static void child_tells_what_it_has_used(void **state)
{
    struct child idle;
    struct child busy;

    (void)state;
    start_shell(&idle, ":", no_environment);
    start_shell(&busy, "i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); done", no_environment);

    child_finish(&idle, LONG_US, LONG_US);
    child_finish(&busy, LONG_US, LONG_US);

    assert_true(idle.cpu_us > 0);
    assert_true(busy.cpu_us > idle.cpu_us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(child_output_is_heard_line_by_line),
        cmocka_unit_test(child_gets_the_environment_without_ours_and_an_empty_input),
        cmocka_unit_test(child_inherits_no_descriptor_but_its_standard_ones),
        cmocka_unit_test(child_inherits_no_blocked_signal),
        cmocka_unit_test(child_that_ignores_a_stop_is_killed),
        cmocka_unit_test(child_that_says_much_while_it_stops_is_read_to_the_end),
        cmocka_unit_test(child_line_as_long_as_can_be_is_told_whole),
        cmocka_unit_test(child_line_that_is_too_long_is_told_in_pieces),
        cmocka_unit_test(child_that_cannot_be_executed_says_so),
        cmocka_unit_test(child_that_was_never_started_can_be_stopped),
        cmocka_unit_test(child_dies_with_a_parent_that_is_killed),
        cmocka_unit_test(child_dies_with_a_parent_that_is_killed_while_it_starts),
        cmocka_unit_test(child_with_an_input_hears_what_it_is_told),
        cmocka_unit_test(child_that_is_about_to_end_is_not_asked_to),
        cmocka_unit_test(child_that_does_not_end_by_itself_is_asked_to),
        cmocka_unit_test(child_tells_what_it_has_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
