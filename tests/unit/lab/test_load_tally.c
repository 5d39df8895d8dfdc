/* SPDX-License-Identifier: MIT */
#include "lab/load_tally.h"

#include <errno.h>

#include "common/clock.h"
#include "tests/support/unit.h"

/* The window of all tests: from 1000 to 2000. */
enum { WINDOW_BEGIN_US = 1000, WINDOW_END_US = 2000 };

struct scene {
    struct load_result result;
    struct load_tally tally;
};

static void set_up(struct scene *scene, bool is_open_loop)
{
    *scene = (struct scene){
        .tally = {
            .is_open_loop = is_open_loop,
            .window_begin_us = WINDOW_BEGIN_US,
            .window_end_us = WINDOW_END_US,
        },
    };
    samples_init(&scene->result.latency);
    samples_init(&scene->result.uncorrected);
    samples_init(&scene->result.lateness);
    scene->tally.result = &scene->result;
}

static void tear_down(struct scene *scene)
{
    samples_clear(&scene->result.latency);
    samples_clear(&scene->result.uncorrected);
    samples_clear(&scene->result.lateness);
}

static struct load_request begin(struct scene *scene, uint64_t due_us, uint64_t sent_us)
{
    struct load_request request;

    load_tally_begin(&scene->tally, &request, due_us, false);
    request.sent_us = sent_us;
    return request;
}

static void answer(struct scene *scene, uint64_t due_us, uint64_t sent_us, int status, uint64_t now_us)
{
    struct load_request request = begin(scene, due_us, sent_us);

    load_tally_answered(&scene->tally, &request, status, now_us);
}

static void latency_is_of_those_due_in_the_window_and_throughput_of_answers_in_it(void **state)
{
    static const struct {
        const char *name;
        uint64_t due_us;
        uint64_t answered_us;
        uint64_t counted;
        uint64_t in_window;
    } cases[] = {
        { "all before it", 100, 900, 0, 0 },
        { "into it", 100, 1500, 0, 1 },
        { "at its first instant", 999, 1000, 0, 1 },
        { "from its first instant", 1000, 1001, 1, 1 },
        { "all in it", 1200, 1700, 1, 1 },
        { "up to its last instant", 1999, 1999, 1, 1 },
        { "just out of it", 1999, 2000, 1, 0 },
        { "out of it", 1200, 9000, 1, 0 },
        { "across it", 100, 9000, 0, 0 },
        { "behind it", 2000, 2100, 0, 0 },
    };

    (void)state;
    for (int is_open_loop = 0; is_open_loop < 2; is_open_loop++) {
        for (size_t i = 0; i < array_length(cases); i++) {
            struct scene scene;
            set_up(&scene, is_open_loop != 0);

            answer(&scene, cases[i].due_us, cases[i].due_us, 200, cases[i].answered_us);

            assert_case(cases[i].name, scene.result.answered == cases[i].counted);
            assert_case(cases[i].name, scene.result.latency.count == cases[i].counted);
            assert_case(cases[i].name, scene.result.answered_in_window == cases[i].in_window);
            tear_down(&scene);
        }
    }
}

static void the_open_loop_counts_from_when_a_request_was_due(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene, true);
    answer(&scene, 1100, 1400, 200, 1450);

    assert_int_equal(samples_percentile(&scene.result.latency, 1).value_us, 350);
    assert_int_equal(samples_percentile(&scene.result.uncorrected, 1).value_us, 50);
    assert_int_equal(samples_percentile(&scene.result.lateness, 1).value_us, 300);
    tear_down(&scene);
}

static void the_closed_loop_counts_from_when_its_client_was_free(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene, false);
    answer(&scene, 1100, 1130, 200, 1450);

    assert_int_equal(samples_percentile(&scene.result.latency, 1).value_us, 350);
    assert_int_equal(scene.result.uncorrected.count, 0);
    assert_int_equal(scene.result.lateness.count, 0);
    tear_down(&scene);
}

static void refusals_and_failures_are_counted_and_leave_no_latency(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene, true);
    answer(&scene, 1100, 1100, 503, 1110);
    answer(&scene, 1100, 1100, 302, 1110);
    answer(&scene, 500, 500, 404, 1110); /* due in the warm-up */
    struct load_request written = begin(&scene, 1200, 1250);
    load_tally_failed(&scene.tally, &written, CALL_HTTP_RESPONSE_INCOMPLETE);
    struct load_request unwritten = begin(&scene, 1200, CLOCK_NEVER_US);
    load_tally_failed(&scene.tally, &unwritten, CALL_CONNECTION_REFUSED);
    struct load_request early = begin(&scene, 900, CLOCK_NEVER_US);
    load_tally_failed(&scene.tally, &early, CALL_CONNECTION_REFUSED);

    assert_int_equal(scene.result.refused, 2);
    assert_int_equal(scene.result.first_refusal_status, 503);
    assert_int_equal(scene.result.failed[CALL_HTTP_RESPONSE_INCOMPLETE], 1);
    assert_int_equal(scene.result.failed[CALL_CONNECTION_REFUSED], 1);
    assert_int_equal(load_result_failures(&scene.result), 4);
    assert_int_equal(scene.result.latency.count, 0);
    assert_int_equal(scene.result.uncorrected.count, 0);
    assert_int_equal(scene.result.lateness.count, 3); /* of those that were written */
    assert_int_equal(scene.result.answered_in_window, 0);
    tear_down(&scene);
}

static void what_has_no_answer_in_the_end_is_a_lower_bound(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene, true);
    struct load_request sent = begin(&scene, 1100, 1300);
    struct load_request unsent = begin(&scene, 1200, CLOCK_NEVER_US);
    struct load_request early = begin(&scene, 500, 500);

    load_tally_unanswered(&scene.tally, &sent, 5000);
    load_tally_unanswered(&scene.tally, &unsent, 5000);
    load_tally_unanswered(&scene.tally, &early, 5000);

    assert_int_equal(scene.result.unanswered, 2);
    assert_int_equal(scene.result.latency.count, 2);
    assert_int_equal(scene.result.latency.least_bound, 3800);
    assert_int_equal(scene.result.uncorrected.count, 1);
    assert_int_equal(scene.result.uncorrected.least_bound, 3700);
    assert_int_equal(scene.result.lateness.count, 2);
    assert_int_equal(scene.result.lateness.least_bound, 3800);
    assert_int_equal(samples_percentile(&scene.result.lateness, 0.5).value_us, 200);
    tear_down(&scene);
}

static void a_client_that_was_never_answered_counts_however_early_it_asked(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene, false);
    answer(&scene, 1500, 1500, 200, 1600);
    struct load_request early = begin(&scene, 500, 500);
    load_tally_window_over(&scene.tally, &early);
    assert_false(early.is_counted);

    load_tally_unanswered(&scene.tally, &early, 5000);

    assert_int_equal(scene.result.unanswered, 1);
    assert_int_equal(scene.result.latency.least_bound, 4500);
    tear_down(&scene);
}

static void where_nothing_was_due_in_the_window_what_was_under_way_counts(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene, false);
    struct load_request early = begin(&scene, 500, 500);

    load_tally_window_over(&scene.tally, &early);
    load_tally_answered(&scene.tally, &early, 200, 7500);

    assert_int_equal(scene.result.answered, 1);
    assert_int_equal(samples_percentile(&scene.result.latency, 1).value_us, 7000);
    assert_int_equal(scene.result.answered_in_window, 0);
    tear_down(&scene);
}

static void the_open_loop_never_counts_what_was_due_early(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene, true);
    struct load_request early = begin(&scene, 500, 500);

    load_tally_window_over(&scene.tally, &early);

    assert_false(early.is_counted);
    tear_down(&scene);
}

static void waiting_for_a_connection_is_counted_in_the_window_only(void **state)
{
    struct scene scene;
    struct load_request request;

    (void)state;
    set_up(&scene, true);
    load_tally_begin(&scene.tally, &request, 900, true);
    load_tally_begin(&scene.tally, &request, 1000, true);
    load_tally_begin(&scene.tally, &request, 1001, false);

    assert_int_equal(scene.result.waited, 1);
    tear_down(&scene);
}

static void a_tally_says_when_there_is_no_room_for_more(void **state)
{
    struct scene scene;
    static uint32_t full[1];

    (void)state;
    set_up(&scene, false);
    scene.result.latency = (struct samples){ .values = full, .count = SAMPLES_MOST, .capacity = SAMPLES_MOST };
    answer(&scene, 1100, 1100, 200, 1200);

    assert_int_equal(scene.tally.status, -ENOBUFS);
    samples_init(&scene.result.latency);
    tear_down(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latency_is_of_those_due_in_the_window_and_throughput_of_answers_in_it),
        cmocka_unit_test(the_open_loop_counts_from_when_a_request_was_due),
        cmocka_unit_test(the_closed_loop_counts_from_when_its_client_was_free),
        cmocka_unit_test(refusals_and_failures_are_counted_and_leave_no_latency),
        cmocka_unit_test(what_has_no_answer_in_the_end_is_a_lower_bound),
        cmocka_unit_test(a_client_that_was_never_answered_counts_however_early_it_asked),
        cmocka_unit_test(where_nothing_was_due_in_the_window_what_was_under_way_counts),
        cmocka_unit_test(the_open_loop_never_counts_what_was_due_early),
        cmocka_unit_test(waiting_for_a_connection_is_counted_in_the_window_only),
        cmocka_unit_test(a_tally_says_when_there_is_no_room_for_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
