/* SPDX-License-Identifier: MIT */
/*
 * The feed on its own: the admin listener's door is played by this test.
 */
#include "gateway/account_feed.h"

#include <errno.h>

#include "common/clock.h"
#include "gateway/admin.h"
#include "gateway/metrics.h"
#include "tests/support/unit.h"

enum { BATCHES_AT_MOST = 64, MS = CLOCK_US_PER_MS, LARGE = 100 * 1024 };

struct admin {
    struct account_batch *batches[BATCHES_AT_MOST];
    size_t count;
    bool is_full;
};

int admin_publish(struct admin *admin, struct account_batch *batch)
{
    if (admin->is_full || admin->count == BATCHES_AT_MOST) {
        account_batch_free(batch);
        return -ENOBUFS;
    }
    admin->batches[admin->count++] = batch;
    return 0;
}

struct fixture {
    struct admin admin;
    struct metrics *metrics;
    struct account_feed feed;
    char large[LARGE];
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    fixture->metrics = metrics_new();
    assert_non_null(fixture->metrics);
    memset(fixture->large, 'x', sizeof fixture->large);
    account_feed_init(&fixture->feed, &fixture->admin, fixture->metrics);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    account_feed_clear(&fixture->feed);
    for (size_t i = 0; i < fixture->admin.count; i++) {
        account_batch_free(fixture->admin.batches[i]);
    }
    metrics_free(fixture->metrics);
    free(fixture);
    return 0;
}

static void assert_dropped(const struct fixture *fixture, const char *count)
{
    static const char name[] = "\nfanlight_account_records_dropped_total ";
    struct metrics_process process = { .version = "" };
    cleanup_buf struct buf text;
    buf_init(&text, 65536);

    assert_int_equal(metrics_render(&fixture->metrics, 1, &process, &text), 0);
    const char *place = memmem(text.base, text.length, name, sizeof name - 1);
    assert_non_null(place);
    struct str rest = { place + sizeof name - 1, 20 };
    assert_text(str_split(&rest, '\n'), count);
}

static void assert_batch(const struct fixture *fixture, size_t index, const char *records)
{
    assert_true(index < fixture->admin.count);
    assert_text(buf_view(&fixture->admin.batches[index]->records), records);
}

static void account_feed_hands_over_at_once_when_there_is_little(void **state)
{
    struct fixture *fixture = *state;

    account_feed_add(&fixture->feed, STR("{\"n\":1}"));
    uint64_t first_wait_us = account_feed_hand_over(&fixture->feed, 1000 * MS);
    account_feed_add(&fixture->feed, STR("{\"n\":2}"));
    uint64_t second_wait_us = account_feed_hand_over(&fixture->feed, 1010 * MS);

    assert_int_equal(fixture->admin.count, 2);
    assert_batch(fixture, 0, "{\"n\":1}\n");
    assert_batch(fixture, 1, "{\"n\":2}\n");
    assert_true(first_wait_us == CLOCK_NEVER_US && second_wait_us == CLOCK_NEVER_US);
}

static void account_feed_gathers_for_ten_milliseconds_when_there_is_much(void **state)
{
    struct fixture *fixture = *state;
    account_feed_add(&fixture->feed, STR("1"));
    (void)account_feed_hand_over(&fixture->feed, 1000 * MS);

    account_feed_add(&fixture->feed, STR("2"));
    uint64_t early_us = account_feed_hand_over(&fixture->feed, 1001 * MS);
    account_feed_add(&fixture->feed, STR("3"));
    uint64_t late_us = account_feed_hand_over(&fixture->feed, 1010 * MS - 1);
    assert_int_equal(fixture->admin.count, 1);
    uint64_t due_us = account_feed_hand_over(&fixture->feed, 1010 * MS);

    assert_int_equal(early_us, 9 * MS);
    assert_int_equal(late_us, 1);
    assert_true(due_us == CLOCK_NEVER_US);
    assert_int_equal(fixture->admin.count, 2);
    assert_batch(fixture, 1, "2\n3\n");
    assert_int_equal(fixture->admin.batches[1]->record_count, 2);
}

static void account_feed_that_is_empty_hands_nothing_over(void **state)
{
    struct fixture *fixture = *state;

    uint64_t wait_us = account_feed_hand_over(&fixture->feed, 1000 * MS);
    account_feed_flush(&fixture->feed);

    assert_true(wait_us == CLOCK_NEVER_US);
    assert_int_equal(fixture->admin.count, 0);
}

static void account_feed_flush_does_not_wait(void **state)
{
    struct fixture *fixture = *state;
    account_feed_add(&fixture->feed, STR("1"));
    (void)account_feed_hand_over(&fixture->feed, 1000 * MS);
    account_feed_add(&fixture->feed, STR("2"));

    account_feed_flush(&fixture->feed);

    assert_int_equal(fixture->admin.count, 2);
    assert_batch(fixture, 1, "2\n");
}

static void account_feed_hands_a_full_batch_over(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 5; i++) {
        account_feed_add(&fixture->feed, (struct str){ fixture->large, LARGE });
    }

    assert_int_equal(fixture->admin.count, 2); /* of two records each: there is room for 256 KiB */
    assert_int_equal(fixture->admin.batches[0]->record_count, 2);
    assert_int_equal(fixture->admin.batches[0]->records.length, 2 * (LARGE + 1));
    assert_dropped(fixture, "0");
}

static void account_feed_counts_what_the_admin_thread_has_no_room_for(void **state)
{
    struct fixture *fixture = *state;
    fixture->admin.is_full = true;

    account_feed_add(&fixture->feed, STR("1"));
    account_feed_add(&fixture->feed, STR("2"));
    account_feed_flush(&fixture->feed);
    assert_dropped(fixture, "2");
    fixture->admin.is_full = false;
    account_feed_add(&fixture->feed, STR("3"));
    account_feed_flush(&fixture->feed);

    assert_dropped(fixture, "2");
    assert_batch(fixture, 0, "3\n");
}

static void account_feed_drops_a_record_that_is_too_long_or_would_be_two(void **state)
{
    static char too_long[256 * 1024];
    struct fixture *fixture = *state;
    memset(too_long, 'x', sizeof too_long);
    account_feed_add(&fixture->feed, STR("1"));

    account_feed_add(&fixture->feed, (struct str){ too_long, sizeof too_long });
    account_feed_add(&fixture->feed, STR("{}\ndata: {}"));
    account_feed_add(&fixture->feed, (struct str){ too_long, sizeof too_long - 1 });
    account_feed_flush(&fixture->feed);

    assert_dropped(fixture, "2");
    assert_int_equal(fixture->admin.count, 2);
    assert_batch(fixture, 0, "1\n");
    assert_int_equal(fixture->admin.batches[1]->records.length, sizeof too_long);
}

static void account_feed_to_nobody_keeps_nothing(void **state)
{
    struct fixture *fixture = *state;
    account_feed_init(&fixture->feed, NULL, fixture->metrics);

    account_feed_add(&fixture->feed, STR("1"));
    uint64_t wait_us = account_feed_hand_over(&fixture->feed, 1000 * MS);
    account_feed_flush(&fixture->feed);

    assert_null(fixture->feed.batch);
    assert_true(wait_us == CLOCK_NEVER_US);
    assert_dropped(fixture, "0");
}

static void account_feed_frees_what_it_has_not_handed_over(void **state)
{
    struct fixture *fixture = *state;
    account_feed_add(&fixture->feed, STR("1"));

    account_feed_clear(&fixture->feed);
    account_feed_clear(&fixture->feed);

    assert_null(fixture->feed.batch);
    assert_int_equal(fixture->admin.count, 0);
}

#define feed_test(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        feed_test(account_feed_hands_over_at_once_when_there_is_little),
        feed_test(account_feed_gathers_for_ten_milliseconds_when_there_is_much),
        feed_test(account_feed_that_is_empty_hands_nothing_over),
        feed_test(account_feed_flush_does_not_wait),
        feed_test(account_feed_hands_a_full_batch_over),
        feed_test(account_feed_counts_what_the_admin_thread_has_no_room_for),
        feed_test(account_feed_drops_a_record_that_is_too_long_or_would_be_two),
        feed_test(account_feed_to_nobody_keeps_nothing),
        feed_test(account_feed_frees_what_it_has_not_handed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
