/* SPDX-License-Identifier: MIT */
#include "common/stop_signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "tests/support/unit.h"

struct owner {
    struct stop_signals signals;
    unsigned counts[4];
    size_t call_count;
    size_t hangup_count;
    bool stops_at_once;
};

static void on_stop(void *context, unsigned count)
{
    struct owner *owner = context;

    assert_true(owner->call_count < array_length(owner->counts));
    owner->counts[owner->call_count++] = count;
    if (owner->stops_at_once) {
        stop_signals_stop(&owner->signals);
    }
}

static void on_hangup(void *context)
{
    struct owner *owner = context;

    owner->hangup_count++;
    if (owner->stops_at_once) {
        stop_signals_stop(&owner->signals);
    }
}

/* Turns until `call_count` is reached; a second is far more than two turns need. */
static void turn_until(struct loop *loop, const struct owner *owner, size_t call_count)
{
    for (int i = 0; i < 10 && owner->call_count < call_count; i++) {
        assert_true(loop_turn(loop, CLOCK_US_PER_SECOND) >= 0);
    }
    assert_int_equal(owner->call_count, call_count);
}

static void stop_signals_count_what_arrives(void **state)
{
    struct owner owner = { 0 };
    struct error error = { "" };
    struct loop *loop = loop_new();
    (void)state;
    assert_non_null(loop);
    assert_int_equal(stop_signals_start(&owner.signals, loop, on_stop, &owner, &error), 0);

    assert_int_equal(kill(getpid(), SIGTERM), 0);
    turn_until(loop, &owner, 1);
    assert_int_equal(kill(getpid(), SIGINT), 0);
    turn_until(loop, &owner, 2);

    assert_int_equal(owner.counts[0], 1);
    assert_int_equal(owner.counts[1], 2);
    stop_signals_stop(&owner.signals);
    loop_free(loop);
}

static void stop_signals_that_arrive_together_are_both_counted(void **state)
{
    struct owner owner = { 0 };
    struct error error = { "" };
    struct loop *loop = loop_new();
    (void)state;
    assert_non_null(loop);
    assert_int_equal(stop_signals_start(&owner.signals, loop, on_stop, &owner, &error), 0);

    assert_int_equal(kill(getpid(), SIGTERM), 0);
    assert_int_equal(kill(getpid(), SIGINT), 0);
    turn_until(loop, &owner, 2);

    assert_int_equal(owner.counts[1], 2);
    stop_signals_stop(&owner.signals);
    loop_free(loop);
}

static void stop_signals_may_be_stopped_from_within(void **state)
{
    struct owner owner = { .stops_at_once = true };
    struct error error = { "" };
    struct loop *loop = loop_new();
    const struct timespec none = { 0, 0 };
    sigset_t interrupt;
    (void)state;
    assert_non_null(loop);
    assert_int_equal(stop_signals_start(&owner.signals, loop, on_stop, &owner, &error), 0);

    assert_int_equal(kill(getpid(), SIGTERM), 0);
    assert_int_equal(kill(getpid(), SIGINT), 0);
    turn_until(loop, &owner, 1);
    assert_true(loop_turn(loop, 0) >= 0);

    assert_int_equal(owner.call_count, 1);
    (void)sigemptyset(&interrupt);
    (void)sigaddset(&interrupt, SIGINT);
    (void)sigaddset(&interrupt, SIGTERM);
    assert_true(sigtimedwait(&interrupt, NULL, &none) > 0);
    loop_free(loop);
}

static void stop_signals_can_be_stopped_twice_or_unstarted(void **state)
{
    struct owner owner = { 0 };
    struct error error = { "" };
    struct loop *loop = loop_new();
    (void)state;
    assert_non_null(loop);

    stop_signals_stop(&owner.signals);
    assert_int_equal(stop_signals_start(&owner.signals, loop, on_stop, &owner, &error), 0);
    stop_signals_stop(&owner.signals);
    stop_signals_stop(&owner.signals);

    assert_int_equal(owner.call_count, 0);
    loop_free(loop);
}

static void stop_signals_ignore_a_broken_pipe(void **state)
{
    int ends[2];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    (void)close(ends[0]);

    ssize_t result = write(ends[1], "x", 1);

    assert_int_equal(result, -1);
    assert_int_equal(errno, EPIPE);
    (void)close(ends[1]);
}

/* ---- SIGHUP ---- */

/* A process of its own, in which SIGHUP does what it does by itself, sends it to itself. Returns what became of it. */
static int hang_up_a_child(bool blocks_it)
{
    const pid_t child = fork();
    int status = 0;

    assert_true(child >= 0);
    if (child == 0) {
        struct sigaction by_itself = { .sa_handler = SIG_DFL };
        sigset_t hangup;
        (void)sigemptyset(&hangup);
        (void)sigaddset(&hangup, SIGHUP);
        (void)sigprocmask(SIG_UNBLOCK, &hangup, NULL);
        (void)sigaction(SIGHUP, &by_itself, NULL);
        stop_signals_block();
        if (blocks_it) {
            stop_signals_block_hangup();
        }
        (void)raise(SIGHUP);
        _exit(7);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void stop_signals_leave_a_hangup_alone_unless_it_is_blocked_too(void **state)
{
    (void)state;

    int killed = hang_up_a_child(false);
    int lives = hang_up_a_child(true);

    assert_true(WIFSIGNALED(killed) && WTERMSIG(killed) == SIGHUP);
    assert_true(WIFEXITED(lives) && WEXITSTATUS(lives) == 7);
}

/* For the tests from here on. */
static void start_with_hangup(struct owner *owner, struct loop *loop, bool hears_it)
{
    struct error error = { "" };

    stop_signals_block_hangup();
    assert_int_equal(stop_signals_start(&owner->signals, loop, on_stop, owner, &error), 0);
    owner->signals.on_hangup = hears_it ? on_hangup : NULL;
}

static void turn_until_hangup(struct loop *loop, const struct owner *owner, size_t hangup_count)
{
    for (int i = 0; i < 10 && owner->hangup_count < hangup_count; i++) {
        assert_true(loop_turn(loop, CLOCK_US_PER_SECOND) >= 0);
    }
    assert_int_equal(owner->hangup_count, hangup_count);
}

static void stop_signals_tell_of_each_hangup_and_do_not_count_it(void **state)
{
    struct owner owner = { 0 };
    struct loop *loop = loop_new();
    (void)state;
    assert_non_null(loop);
    start_with_hangup(&owner, loop, true);

    assert_int_equal(kill(getpid(), SIGHUP), 0);
    turn_until_hangup(loop, &owner, 1);
    assert_int_equal(kill(getpid(), SIGHUP), 0);
    turn_until_hangup(loop, &owner, 2);
    assert_int_equal(owner.call_count, 0);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    turn_until(loop, &owner, 1);

    assert_int_equal(owner.counts[0], 1);
    assert_int_equal(owner.hangup_count, 2);
    stop_signals_stop(&owner.signals);
    loop_free(loop);
}

static void stop_signals_hear_a_hangup_and_a_stop_that_arrive_together(void **state)
{
    struct owner owner = { 0 };
    struct loop *loop = loop_new();
    (void)state;
    assert_non_null(loop);
    start_with_hangup(&owner, loop, true);

    assert_int_equal(kill(getpid(), SIGHUP), 0);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    turn_until(loop, &owner, 1);
    turn_until_hangup(loop, &owner, 1);

    assert_int_equal(owner.counts[0], 1);
    stop_signals_stop(&owner.signals);
    loop_free(loop);
}

static void stop_signals_drop_a_hangup_that_nobody_wants(void **state)
{
    struct owner owner = { 0 };
    struct loop *loop = loop_new();
    (void)state;
    assert_non_null(loop);
    start_with_hangup(&owner, loop, false);

    assert_int_equal(kill(getpid(), SIGHUP), 0);
    assert_int_equal(kill(getpid(), SIGINT), 0);
    turn_until(loop, &owner, 1);

    assert_int_equal(owner.counts[0], 1);
    assert_int_equal(owner.hangup_count, 0);
    owner.signals.on_hangup = on_hangup;
    assert_true(loop_turn(loop, 0) >= 0);
    assert_int_equal(owner.hangup_count, 0);
    stop_signals_stop(&owner.signals);
    loop_free(loop);
}

static void stop_signals_may_be_stopped_from_within_a_hangup(void **state)
{
    struct owner owner = { .stops_at_once = true };
    struct loop *loop = loop_new();
    const struct timespec none = { 0, 0 };
    sigset_t pending;
    (void)state;
    assert_non_null(loop);
    start_with_hangup(&owner, loop, true);

    assert_int_equal(kill(getpid(), SIGHUP), 0);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    turn_until_hangup(loop, &owner, 1);
    assert_true(loop_turn(loop, 0) >= 0);

    assert_int_equal(owner.call_count, 0);
    (void)sigemptyset(&pending);
    (void)sigaddset(&pending, SIGTERM);
    assert_int_equal(sigtimedwait(&pending, NULL, &none), SIGTERM);
    loop_free(loop);
}

static int block(void **state)
{
    (void)state;
    stop_signals_block();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stop_signals_count_what_arrives),
        cmocka_unit_test(stop_signals_that_arrive_together_are_both_counted),
        cmocka_unit_test(stop_signals_may_be_stopped_from_within),
        cmocka_unit_test(stop_signals_can_be_stopped_twice_or_unstarted),
        cmocka_unit_test(stop_signals_ignore_a_broken_pipe),
        cmocka_unit_test(stop_signals_leave_a_hangup_alone_unless_it_is_blocked_too),
        cmocka_unit_test(stop_signals_tell_of_each_hangup_and_do_not_count_it),
        cmocka_unit_test(stop_signals_hear_a_hangup_and_a_stop_that_arrive_together),
        cmocka_unit_test(stop_signals_drop_a_hangup_that_nobody_wants),
        cmocka_unit_test(stop_signals_may_be_stopped_from_within_a_hangup),
    };

    return cmocka_run_group_tests(tests, block, NULL);
}
