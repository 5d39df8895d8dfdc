/* SPDX-License-Identifier: MIT */
/*
 * The feed on its own: the admin listener's door is played by this test.
 */
#include "gateway/account_feed.h"

#include <errno.h>

#include "common/clock.h"
#include "gateway/admin.h"
#include "gateway/metrics.h"
#include "gateway/record_batch.h"
#include "tests/support/numbered_record.h"
#include "tests/support/unit.h"

enum { BATCHES_AT_MOST = 64, MS = CLOCK_US_PER_MS, LARGE = 100 * 1024, BATCH_BYTES = 256 * 1024, MUCH = 64 };

struct admin {
    struct record_batch *batches[BATCHES_AT_MOST];
    size_t count;
    bool is_full;
    bool is_watched;
};

int admin_publish(struct admin *admin, struct record_batch *batch)
{
    if (admin->is_full || admin->count == BATCHES_AT_MOST) {
        record_batch_release(batch);
        return -ENOBUFS;
    }
    admin->batches[admin->count++] = batch;
    return 0;
}

bool admin_is_watched(const struct admin *admin)
{
    return admin->is_watched;
}

struct fixture {
    struct admin admin;
    struct metrics *metrics;
    struct account_feed feed;
    char large[BATCH_BYTES];
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
        record_batch_release(fixture->admin.batches[i]);
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

/* That the batch has the records of these numbers, one behind the other. */
static void assert_batch(const struct fixture *fixture, size_t index, int first, size_t count)
{
    assert_true(index < fixture->admin.count);
    const struct record_batch *batch = fixture->admin.batches[index];
    struct str rest = record_batch_view(batch);

    assert_int_equal(batch->record_count, count);
    for (size_t i = 0; i < count; i++) {
        cleanup_buf struct buf json;
        cleanup_buf struct buf expected;
        struct time_stamp stamp;
        buf_init(&json, 65536);
        buf_init(&expected, 65536);
        time_stamp_init(&stamp);
        render_numbered(first + (int)i, &expected);
        assert_true(rest.length > 0);
        assert_int_equal(record_render_packed(record_cut(&rest), &stamp, &json), 0);
        assert_int_equal(json.length, expected.length);
        assert_memory_equal(json.base, expected.base, expected.length);
    }
    assert_int_equal(rest.length, 0);
}

static void add(struct fixture *fixture, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        char digits[NUMBER_BYTES];
        struct record record = numbered_record(i, digits);
        account_feed_add(&fixture->feed, &record);
    }
}

/* Of so many bytes, packed: a multiple of eight. */
static void add_large(struct fixture *fixture, size_t packed_bytes)
{
    char digits[NUMBER_BYTES];
    struct record record = numbered_record(1, digits);

    record.target.length = 0;
    record.target = (struct str){ fixture->large, packed_bytes - record_packed_bytes(&record) };
    assert_int_equal(record_packed_bytes(&record), packed_bytes);
    account_feed_add(&fixture->feed, &record);
}

static void account_feed_hands_over_at_once_when_there_is_little(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, 1, 1);
    uint64_t first_wait_us = account_feed_hand_over(&fixture->feed, 1000 * MS);
    add(fixture, 2, 1);
    uint64_t second_wait_us = account_feed_hand_over(&fixture->feed, 1010 * MS);

    assert_int_equal(fixture->admin.count, 2);
    assert_batch(fixture, 0, 1, 1);
    assert_batch(fixture, 1, 2, 1);
    assert_true(first_wait_us == CLOCK_NEVER_US && second_wait_us == CLOCK_NEVER_US);
}

static void account_feed_gathers_for_ten_milliseconds_when_there_is_much(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, 1, 1);
    (void)account_feed_hand_over(&fixture->feed, 1000 * MS);

    add(fixture, 2, 1);
    uint64_t early_us = account_feed_hand_over(&fixture->feed, 1001 * MS);
    add(fixture, 3, 1);
    uint64_t late_us = account_feed_hand_over(&fixture->feed, 1010 * MS - 1);
    assert_int_equal(fixture->admin.count, 1);
    uint64_t due_us = account_feed_hand_over(&fixture->feed, 1010 * MS);

    assert_int_equal(early_us, 9 * MS);
    assert_int_equal(late_us, 1);
    assert_true(due_us == CLOCK_NEVER_US);
    assert_int_equal(fixture->admin.count, 2);
    assert_batch(fixture, 1, 2, 2);
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
    add(fixture, 1, 1);
    (void)account_feed_hand_over(&fixture->feed, 1000 * MS);
    add(fixture, 2, 1);

    account_feed_flush(&fixture->feed);

    assert_int_equal(fixture->admin.count, 2);
    assert_batch(fixture, 1, 2, 1);
}

static void account_feed_hands_a_full_batch_over(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 5; i++) {
        add_large(fixture, LARGE);
    }

    assert_int_equal(fixture->admin.count, 2); /* of two records each: there is room for 256 KiB */
    assert_int_equal(fixture->admin.batches[0]->record_count, 2);
    assert_int_equal(fixture->admin.batches[0]->length, 2 * LARGE);
    assert_dropped(fixture, "0");
}

static void account_feed_counts_what_the_admin_thread_has_no_room_for(void **state)
{
    struct fixture *fixture = *state;
    fixture->admin.is_full = true;

    add(fixture, 1, 1);
    add(fixture, 2, 1);
    account_feed_flush(&fixture->feed);
    assert_dropped(fixture, "2");
    fixture->admin.is_full = false;
    add(fixture, 3, 1);
    account_feed_flush(&fixture->feed);

    assert_dropped(fixture, "2");
    assert_batch(fixture, 0, 3, 1);
}

static void account_feed_drops_a_record_that_is_too_long(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, 1, 1);

    add_large(fixture, BATCH_BYTES + 8);
    add_large(fixture, BATCH_BYTES);
    account_feed_flush(&fixture->feed);

    assert_dropped(fixture, "1");
    assert_int_equal(fixture->admin.count, 2);
    assert_batch(fixture, 0, 1, 1);
    assert_int_equal(fixture->admin.batches[1]->length, BATCH_BYTES);
}

/* With much to do, it need not be ten milliseconds: nobody could tell. */
static void account_feed_takes_longer_with_much_that_nobody_looks_at(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, 0, 1);
    (void)account_feed_hand_over(&fixture->feed, 1000 * MS);

    add(fixture, 1, MUCH);
    uint64_t wait_us = account_feed_hand_over(&fixture->feed, 1010 * MS);
    add(fixture, 1 + MUCH, 1);
    uint64_t late_us = account_feed_hand_over(&fixture->feed, 1100 * MS - 1);
    assert_int_equal(fixture->admin.count, 1);
    uint64_t due_us = account_feed_hand_over(&fixture->feed, 1100 * MS);

    assert_int_equal(wait_us, 90 * MS);
    assert_int_equal(late_us, 1);
    assert_true(due_us == CLOCK_NEVER_US);
    assert_batch(fixture, 1, 1, MUCH + 1);
}

static void account_feed_takes_no_longer_with_much_where_somebody_looks(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, 0, 1);
    (void)account_feed_hand_over(&fixture->feed, 1000 * MS);
    fixture->admin.is_watched = true;

    add(fixture, 1, MUCH);
    uint64_t wait_us = account_feed_hand_over(&fixture->feed, 1010 * MS);

    assert_true(wait_us == CLOCK_NEVER_US);
    assert_batch(fixture, 1, 1, MUCH);
}

static void account_feed_hands_much_over_at_once_after_a_pause(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, 0, 1);
    (void)account_feed_hand_over(&fixture->feed, 1000 * MS);

    add(fixture, 1, MUCH);
    uint64_t wait_us = account_feed_hand_over(&fixture->feed, 1100 * MS);

    assert_true(wait_us == CLOCK_NEVER_US);
    assert_batch(fixture, 1, 1, MUCH);
}

static void account_feed_to_nobody_keeps_nothing(void **state)
{
    struct fixture *fixture = *state;
    account_feed_init(&fixture->feed, NULL, fixture->metrics);

    add(fixture, 1, 1);
    uint64_t wait_us = account_feed_hand_over(&fixture->feed, 1000 * MS);
    account_feed_flush(&fixture->feed);

    assert_int_equal(fixture->feed.record_count, 0);
    assert_null(fixture->feed.records.base);
    assert_true(wait_us == CLOCK_NEVER_US);
    assert_dropped(fixture, "0");
}

static void account_feed_frees_what_it_has_not_handed_over(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, 1, 1);

    account_feed_clear(&fixture->feed);
    account_feed_clear(&fixture->feed);

    assert_int_equal(fixture->feed.record_count, 0);
    assert_null(fixture->feed.records.base);
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
        feed_test(account_feed_drops_a_record_that_is_too_long),
        feed_test(account_feed_takes_longer_with_much_that_nobody_looks_at),
        feed_test(account_feed_takes_no_longer_with_much_where_somebody_looks),
        feed_test(account_feed_hands_much_over_at_once_after_a_pause),
        feed_test(account_feed_to_nobody_keeps_nothing),
        feed_test(account_feed_frees_what_it_has_not_handed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
