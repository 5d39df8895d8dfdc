/* SPDX-License-Identifier: MIT */
#include "common/loop.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum { WAIT_US = 5 * CLOCK_US_PER_SECOND };

static int setup(void **state)
{
    *state = loop_new();
    return *state != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    loop_free(*state);
    return 0;
}

/* What happened, in order, as letters. */
struct journal {
    char letters[64];
    size_t count;
};

static void note(struct journal *journal, char letter)
{
    assert_true(journal->count + 1 < sizeof journal->letters);
    journal->letters[journal->count++] = letter;
}

/* ---- timers ---- */

struct timed {
    struct loop_timer timer;
    struct loop *loop;
    struct journal *journal;
    char letter;
    uint64_t fired_us;
    struct timed *to_disarm;
    unsigned rearm_count;
};

static void on_due(void *context)
{
    struct timed *timed = context;

    note(timed->journal, timed->letter);
    timed->fired_us = clock_monotonic_us();
    if (timed->to_disarm != NULL) {
        loop_disarm(timed->loop, &timed->to_disarm->timer);
    }
    if (timed->rearm_count > 0) {
        timed->rearm_count--;
        assert_int_equal(loop_arm(timed->loop, &timed->timer, loop_now_us(timed->loop)), 0);
    }
}

static struct timed timed_of(struct loop *loop, struct journal *journal, char letter)
{
    return (struct timed){ .loop = loop, .journal = journal, .letter = letter };
}

static void arm(struct timed *timed, uint64_t due_us)
{
    timed->timer = (struct loop_timer){ .on_due = on_due, .context = timed };
    assert_int_equal(loop_arm(timed->loop, &timed->timer, due_us), 0);
}

static void turn_until_count(struct loop *loop, const struct journal *journal, size_t count)
{
    uint64_t start_us = clock_monotonic_us();

    while (journal->count < count && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        assert_int_equal(loop_turn(loop, WAIT_US), 0);
    }
    assert_int_equal(journal->count, count);
}

static void timers_fire_in_the_order_of_their_time_and_never_early(void **state)
{
    struct loop *loop = *state;
    struct journal journal = { .count = 0 };
    static const unsigned after_ms[] = { 30, 10, 20, 5, 40, 15 };
    struct timed timed[array_length(after_ms)];
    uint64_t start_us = clock_monotonic_us();
    for (size_t i = 0; i < array_length(after_ms); i++) {
        timed[i] = timed_of(loop, &journal, (char)('a' + (int)i));
        arm(&timed[i], start_us + after_ms[i] * (uint64_t)CLOCK_US_PER_MS);
    }

    turn_until_count(loop, &journal, array_length(after_ms));

    assert_string_equal(journal.letters, "dbfcae");
    for (size_t i = 0; i < array_length(after_ms); i++) {
        assert_true(timed[i].fired_us >= start_us + after_ms[i] * (uint64_t)CLOCK_US_PER_MS);
    }
}

static void many_timers_armed_moved_and_disarmed_keep_their_order(void **state)
{
    enum { COUNT = 500 };
    struct loop *loop = *state;
    struct journal journal = { .count = 0 };
    static struct timed timed[COUNT];
    uint64_t start_us = clock_monotonic_us() - CLOCK_US_PER_SECOND;
    unsigned random = 12345;

    for (size_t i = 0; i < COUNT; i++) {
        random = random * 1103515245U + 12345U;
        timed[i] = timed_of(loop, &journal, (char)('A' + (int)(i % 26)));
        arm(&timed[i], start_us + random % 100000);
    }
    for (size_t i = 0; i < COUNT; i++) {
        if (i >= 20) {
            loop_disarm(loop, &timed[i].timer);
        } else {
            assert_int_equal(loop_arm(loop, &timed[i].timer, start_us + 100 - i), 0);
        }
    }
    turn_until_count(loop, &journal, 20);

    assert_string_equal(journal.letters, "TSRQPONMLKJIHGFEDCBA");
}

static void a_timer_disarmed_by_another_of_the_same_moment_does_not_fire(void **state)
{
    struct loop *loop = *state;
    struct journal journal = { .count = 0 };
    struct timed first = timed_of(loop, &journal, '1');
    struct timed second = timed_of(loop, &journal, '2');
    uint64_t now_us = clock_monotonic_us();
    first.to_disarm = &second;
    arm(&first, now_us);
    arm(&second, now_us + 1);

    turn_until_count(loop, &journal, 1);
    assert_int_equal(loop_turn(loop, 10 * (uint64_t)CLOCK_US_PER_MS), 0);

    assert_string_equal(journal.letters, "1");
}

static void a_timer_that_arms_itself_for_now_does_not_hold_up_the_turn(void **state)
{
    struct loop *loop = *state;
    struct journal journal = { .count = 0 };
    struct timed eager = timed_of(loop, &journal, 'e');
    eager.rearm_count = 3;
    arm(&eager, clock_monotonic_us());

    assert_int_equal(loop_turn(loop, 0), 0);

    assert_int_equal(journal.count, 1);
    turn_until_count(loop, &journal, 4);
}

/* ---- watches ---- */

struct watcher {
    struct loop_watch watch;
    struct loop *loop;
    struct journal *journal;
    char letter;
    int descriptor;
    struct watcher *to_unwatch;
};

static void on_ready(void *context, uint32_t events)
{
    struct watcher *watcher = context;
    uint64_t value = 0;

    assert_true((events & EPOLLIN) != 0);
    (void)!read(watcher->descriptor, &value, sizeof value);
    note(watcher->journal, watcher->letter);
    if (watcher->to_unwatch != NULL) {
        loop_unwatch(watcher->loop, &watcher->to_unwatch->watch);
    }
}

static void open_watcher(struct watcher *watcher, struct loop *loop, struct journal *journal, char letter)
{
    *watcher = (struct watcher){ .loop = loop, .journal = journal, .letter = letter };
    watcher->watch = (struct loop_watch){ .on_ready = on_ready, .context = watcher };
    watcher->descriptor = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_int_equal(loop_watch(loop, &watcher->watch, watcher->descriptor, EPOLLIN), 0);
}

static void close_watcher(struct watcher *watcher)
{
    loop_unwatch(watcher->loop, &watcher->watch);
    (void)close(watcher->descriptor);
}

static void unwatching_neutralises_events_of_the_same_batch(void **state)
{
    struct loop *loop = *state;
    struct journal journal = { .count = 0 };
    struct watcher watchers[2];
    open_watcher(&watchers[0], loop, &journal, 'w');
    open_watcher(&watchers[1], loop, &journal, 'w');
    watchers[0].to_unwatch = &watchers[1]; /* whichever comes first removes the other */
    watchers[1].to_unwatch = &watchers[0];

    assert_int_equal(loop_turn(loop, WAIT_US), 0);
    assert_int_equal(loop_turn(loop, 0), 0);

    assert_int_equal(journal.count, 1);
    close_watcher(&watchers[0]);
    close_watcher(&watchers[1]);
}

static void a_watch_may_be_removed_and_its_memory_reused_within_the_batch(void **state)
{
    struct loop *loop = *state;
    struct journal journal = { .count = 0 };
    struct watcher first;
    struct watcher *second = malloc(sizeof *second);
    assert_non_null(second);
    open_watcher(&first, loop, &journal, '1');
    open_watcher(second, loop, &journal, '2');

    assert_int_equal(loop_turn(loop, WAIT_US), 0);
    close_watcher(second);
    free(second);
    assert_int_equal(loop_turn(loop, 0), 0);

    assert_int_equal(journal.count, 2);
    close_watcher(&first);
    loop_unwatch(loop, &first.watch); /* once more does nothing */
}

static void a_changed_mask_counts_at_once(void **state)
{
    struct loop *loop = *state;
    struct journal journal = { .count = 0 };
    struct watcher watcher;
    open_watcher(&watcher, loop, &journal, 'w');

    assert_int_equal(loop_rewatch(loop, &watcher.watch, 0), 0);
    assert_int_equal(loop_turn(loop, 0), 0);
    assert_int_equal(journal.count, 0);
    assert_int_equal(loop_rewatch(loop, &watcher.watch, EPOLLIN), 0);
    assert_int_equal(loop_turn(loop, WAIT_US), 0);

    assert_int_equal(journal.count, 1);
    close_watcher(&watcher);
}

/* ---- tasks and hooks ---- */

struct posted {
    struct loop_task task;
    struct loop *loop;
    pthread_t ran_on;
    bool ends_loop;
};

static void run_posted(void *context)
{
    struct posted *posted = context;

    posted->ran_on = pthread_self();
    if (posted->ends_loop) {
        loop_stop(posted->loop);
    }
}

static void *post_from_thread(void *context)
{
    struct posted *posted = context;

    for (size_t i = 0; i < 10; i++) {
        posted[i].task = (struct loop_task){ .run = run_posted, .context = &posted[i] };
        loop_post(posted[i].loop, &posted[i].task);
    }
    return NULL;
}

static void tasks_from_another_thread_wake_the_loop_and_run_on_its_thread(void **state)
{
    struct loop *loop = *state;
    struct posted posted[10] = { { .loop = NULL } };
    pthread_t thread;
    for (size_t i = 0; i < array_length(posted); i++) {
        posted[i].loop = loop;
    }
    posted[9].ends_loop = true;

    assert_int_equal(pthread_create(&thread, NULL, post_from_thread, posted), 0);
    int result = loop_run(loop);
    (void)pthread_join(thread, NULL);

    assert_int_equal(result, 0);
    for (size_t i = 0; i < array_length(posted); i++) {
        assert_true(pthread_equal(posted[i].ran_on, pthread_self()));
    }
}

static void *stop_from_thread(void *context)
{
    loop_stop(context);
    return NULL;
}

static void another_thread_can_stop_a_loop_that_waits(void **state)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, stop_from_thread, *state), 0);
    int result = loop_run(*state);
    (void)pthread_join(thread, NULL);

    assert_int_equal(result, 0);
}

struct hooked {
    struct loop_hook hook;
    struct journal *journal;
    char letter;
    uint64_t wait_us;
};

static uint64_t before_wait(void *context)
{
    struct hooked *hooked = context;

    note(hooked->journal, hooked->letter);
    return hooked->wait_us;
}

static void hooks_run_before_each_wait_in_the_order_they_were_added(void **state)
{
    struct loop *loop = *state;
    struct journal journal = { .count = 0 };
    struct hooked hooked[3];
    for (size_t i = 0; i < array_length(hooked); i++) {
        hooked[i] = (struct hooked){ .journal = &journal, .letter = (char)('1' + (int)i), .wait_us = 0 };
        hooked[i].hook = (struct loop_hook){ .before_wait = before_wait, .context = &hooked[i] };
        loop_add_hook(loop, &hooked[i].hook);
    }

    assert_int_equal(loop_turn(loop, WAIT_US), 0);
    loop_remove_hook(loop, &hooked[1].hook);
    assert_int_equal(loop_turn(loop, WAIT_US), 0);

    assert_string_equal(journal.letters, "12313");
}

static void the_shortest_wait_of_the_hooks_counts(void **state)
{
    struct loop *loop = *state;
    struct journal journal = { .count = 0 };
    struct hooked hooked[2] = {
        { .journal = &journal, .letter = 'a', .wait_us = CLOCK_NEVER_US },
        { .journal = &journal, .letter = 'b', .wait_us = 20 * (uint64_t)CLOCK_US_PER_MS },
    };
    for (size_t i = 0; i < array_length(hooked); i++) {
        hooked[i].hook = (struct loop_hook){ .before_wait = before_wait, .context = &hooked[i] };
        loop_add_hook(loop, &hooked[i].hook);
    }
    uint64_t start_us = clock_monotonic_us();

    assert_int_equal(loop_turn(loop, WAIT_US), 0);

    uint64_t elapsed_us = clock_monotonic_us() - start_us;
    assert_in_range(elapsed_us, 19 * CLOCK_US_PER_MS, WAIT_US / 2);
}

#define loop_test(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        loop_test(timers_fire_in_the_order_of_their_time_and_never_early),
        loop_test(many_timers_armed_moved_and_disarmed_keep_their_order),
        loop_test(a_timer_disarmed_by_another_of_the_same_moment_does_not_fire),
        loop_test(a_timer_that_arms_itself_for_now_does_not_hold_up_the_turn),
        loop_test(unwatching_neutralises_events_of_the_same_batch),
        loop_test(a_watch_may_be_removed_and_its_memory_reused_within_the_batch),
        loop_test(a_changed_mask_counts_at_once),
        loop_test(tasks_from_another_thread_wake_the_loop_and_run_on_its_thread),
        loop_test(another_thread_can_stop_a_loop_that_waits),
        loop_test(hooks_run_before_each_wait_in_the_order_they_were_added),
        loop_test(the_shortest_wait_of_the_hooks_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
