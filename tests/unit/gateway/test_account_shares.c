/* SPDX-License-Identifier: MIT */
/*
 * Whose time it was: the shares of an account's calls add up to its total.
 */
#include "gateway/account.h"

#include "common/random.h"
#include "tests/unit/gateway/account_scene.h"

struct times {
    uint64_t queued_us;
    uint64_t started_us;
    uint64_t done_us;
};

struct share_row {
    const char *name;
    struct times calls[3];
    size_t call_count;
    uint64_t done_us;
    struct account_shares shares; /* total, calls, queue, own */
};

/* The head is read at 1000. */
static const struct share_row share_rows[] = {
    { "no call: all of it is our own", { { 0, 0, 0 } }, 0, 1500, { 500, 0, 0, 500 } },
    { "one call", { { 1010, 1010, 1400 } }, 1, 1500, { 500, 390, 0, 110 } },
    { "a wait before the call", { { 1010, 1100, 1400 } }, 1, 1500, { 500, 300, 90, 110 } },
    { "two at the same time", { { 1010, 1010, 1400 }, { 1020, 1020, 1300 } }, 2, 1500, { 500, 390, 0, 110 } },
    { "two one after the other, the second waits meanwhile",
      { { 1010, 1010, 1200 }, { 1010, 1200, 1400 } },
      2,
      1500,
      { 500, 390, 0, 110 } },
    { "both wait at first", { { 1010, 1050, 1200 }, { 1010, 1100, 1400 } }, 2, 1500, { 500, 350, 40, 110 } },
    { "a gap between two", { { 1010, 1010, 1200 }, { 1300, 1300, 1400 } }, 2, 1500, { 500, 290, 0, 210 } },
    { "a wait in the gap", { { 1010, 1010, 1200 }, { 1150, 1300, 1400 } }, 2, 1500, { 500, 290, 100, 110 } },
    { "never started, done in the queue", { { 1010, 0, 1400 } }, 1, 1500, { 500, 0, 390, 110 } },
    { "never queued", { { 0, 0, 1400 } }, 1, 1500, { 500, 0, 0, 500 } },
    { "not done yet", { { 1010, 1100, 0 } }, 1, 1500, { 500, 400, 90, 10 } },
    { "done after the request, which did not wait", { { 1010, 1100, 9000 } }, 1, 1500, { 500, 400, 90, 10 } },
    { "queued before the head was read", { { 900, 950, 1400 } }, 1, 1500, { 500, 400, 0, 100 } },
    { "a request that took no time", { { 1000, 1000, 1000 } }, 1, 1000, { 0, 0, 0, 0 } },
    { "a request that is not done", { { 1010, 1010, 1400 } }, 1, 0, { 0, 0, 0, 0 } },
    { "three in a row under one that lasts",
      { { 1100, 1100, 1200 }, { 1300, 1300, 1400 }, { 1000, 1000, 1500 } },
      3,
      1500,
      { 500, 500, 0, 0 } },
};

static bool shares_equal(struct account_shares a, struct account_shares b)
{
    return a.total_us == b.total_us && a.calls_us == b.calls_us && a.queue_us == b.queue_us && a.own_us == b.own_us;
}

static void account_shares_add_up_to_the_total(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(share_rows); i++) {
        struct call_account calls[3] = { { .status = 0 } };
        struct fixture fixture;
        for (size_t j = 0; j < share_rows[i].call_count; j++) {
            calls[j].queued_us = share_rows[i].calls[j].queued_us;
            calls[j].started_us = share_rows[i].calls[j].started_us;
            calls[j].done_us = share_rows[i].calls[j].done_us;
        }

        struct account_shares shares =
            account_shares(account_of(&fixture, calls, share_rows[i].call_count, share_rows[i].done_us));

        if (!shares_equal(shares, share_rows[i].shares)) {
            fail_msg("%s: calls %d, queue %d, own %d", share_rows[i].name, (int)shares.calls_us, (int)shares.queue_us,
                     (int)shares.own_us);
        }
        assert_case(share_rows[i].name, shares.total_us == shares.calls_us + shares.queue_us + shares.own_us);
    }
}

/* By hand: each microsecond is some call's, or some call waits in it, or it is our own. */
static struct account_shares count_microseconds(const struct call_account *calls, size_t count, uint64_t done_us)
{
    struct account_shares shares = { .total_us = done_us - HEAD_READ_US };

    for (uint64_t now_us = HEAD_READ_US; now_us < done_us; now_us++) {
        bool is_calling = false;
        bool is_waiting = false;
        for (size_t i = 0; i < count; i++) {
            uint64_t end_us = calls[i].done_us != 0 ? calls[i].done_us : done_us;
            is_calling |= calls[i].started_us != 0 && now_us >= calls[i].started_us && now_us < end_us;
            is_waiting |= calls[i].queued_us != 0 && now_us >= calls[i].queued_us && now_us < end_us;
        }
        shares.calls_us += is_calling;
        shares.queue_us += is_waiting && !is_calling;
        shares.own_us += !is_waiting && !is_calling;
    }
    return shares;
}

static void account_shares_are_what_counting_every_microsecond_gives(void **state)
{
    enum { ROUNDS = 20000, CALLS = 6, SPAN_US = 40 };
    struct random_source random;
    (void)state;
    random_source_seed(&random, 1);

    for (size_t round = 0; round < ROUNDS; round++) {
        struct call_account calls[CALLS] = { { .status = 0 } };
        struct fixture fixture;
        size_t count = random_source_next(&random) % (CALLS + 1);
        for (size_t i = 0; i < count; i++) {
            calls[i].queued_us = HEAD_READ_US - 5 + random_source_next(&random) % SPAN_US;
            calls[i].started_us = calls[i].queued_us + random_source_next(&random) % 5;
            calls[i].done_us = calls[i].started_us + random_source_next(&random) % 10;
            calls[i].started_us = random_source_next(&random) % 8 == 0 ? 0 : calls[i].started_us;
            calls[i].queued_us = random_source_next(&random) % 8 == 0 ? 0 : calls[i].queued_us;
            calls[i].done_us = random_source_next(&random) % 8 == 0 ? 0 : calls[i].done_us;
        }
        struct account_shares expected = count_microseconds(calls, count, HEAD_READ_US + SPAN_US);

        struct account_shares shares = account_shares(account_of(&fixture, calls, count, HEAD_READ_US + SPAN_US));

        assert_true(shares_equal(shares, expected));
    }
}

/* More calls apart from each other than the sweep has places for. */
static void account_shares_stay_whole_with_many_calls_apart(void **state)
{
    struct call_account calls[CALLS_MAXIMUM] = { { .status = 0 } };
    struct fixture fixture;
    (void)state;
    for (size_t i = 0; i < CALLS_MAXIMUM; i++) {
        calls[i].queued_us = HEAD_READ_US + i * 100;
        calls[i].started_us = calls[i].queued_us + 20;
        calls[i].done_us = calls[i].queued_us + 50;
    }

    struct account_shares shares =
        account_shares(account_of(&fixture, calls, CALLS_MAXIMUM, HEAD_READ_US + CALLS_MAXIMUM * 100));

    assert_int_equal(shares.total_us, CALLS_MAXIMUM * 100);
    assert_int_equal(shares.total_us, shares.calls_us + shares.queue_us + shares.own_us);
    assert_in_range(shares.calls_us, CALLS_MAXIMUM * 30, CALLS_MAXIMUM * 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(account_shares_add_up_to_the_total),
        cmocka_unit_test(account_shares_are_what_counting_every_microsecond_gives),
        cmocka_unit_test(account_shares_stay_whole_with_many_calls_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
