/* SPDX-License-Identifier: MIT */
/*
 * How a child ends: asked to, killed, by itself, or with its parent.
 */
#include "lab/child.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/support/unit.h"
#include "tests/unit/lab/child_fixture.h"

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
        cmocka_unit_test(child_that_ignores_a_stop_is_killed),
        cmocka_unit_test(child_that_was_never_started_can_be_stopped),
        cmocka_unit_test(child_dies_with_a_parent_that_is_killed),
        cmocka_unit_test(child_dies_with_a_parent_that_is_killed_while_it_starts),
        cmocka_unit_test(child_that_is_about_to_end_is_not_asked_to),
        cmocka_unit_test(child_that_does_not_end_by_itself_is_asked_to),
        cmocka_unit_test(child_tells_what_it_has_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
