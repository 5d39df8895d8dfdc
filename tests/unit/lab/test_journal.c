/* SPDX-License-Identifier: MIT */
#include "lab/journal.h"

#include <errno.h>

#include "common/buf.h"
#include "common/clock.h"
#include "tests/support/unit.h"

enum { NOW_US = 1000000 };

/* Everything the journal has to show by `now_us`, a line each, with the side in front. */
static void take_all(struct journal *journal, uint64_t now_us, struct buf *text)
{
    struct journal_entry entry;

    while (journal_take(journal, now_us, &entry)) {
        (void)buf_add_format(text, "%c %.*s\n", "sgb"[entry.side], (int)entry.length, entry.text);
        journal_entry_clear(&entry);
    }
}

static void add(struct journal *journal, enum journal_side side, const char *line)
{
    assert_int_equal(journal_add(journal, side, str_of(line), NOW_US), 0);
}

static void journal_brings_the_lines_of_both_sides_into_order(void **state)
{
    struct journal journal;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    journal_init(&journal);
    buf_init(&text, 4096);
    add(&journal, JOURNAL_SENDER, "2024-04-20 07:59:04,569 - --- task1 -----");
    add(&journal, JOURNAL_SENDER, "2024-04-20 07:59:04,569 - --- task1 Send!!");
    add(&journal, JOURNAL_SENDER, "2024-04-20 07:59:14,606 - --- task1 status = 200");
    add(&journal, JOURNAL_GATEWAY, "2024-04-20 07:59:04,569 - Received task1 Request!!");
    add(&journal, JOURNAL_GATEWAY, "2024-04-20 07:59:14,604 - Send task1 response");
    add(&journal, JOURNAL_GATEWAY, "INFO:     127.0.0.1:52673 - \"GET /task1 HTTP/1.1\" 200 OK");
    add(&journal, JOURNAL_GATEWAY, "2024-04-20 07:59:14,606 - Received task2 Request!!");

    take_all(&journal, CLOCK_NEVER_US, &text);

    assert_text(buf_view(&text), "s 2024-04-20 07:59:04,569 - --- task1 -----\n"
                                 "s 2024-04-20 07:59:04,569 - --- task1 Send!!\n"
                                 "g 2024-04-20 07:59:04,569 - Received task1 Request!!\n"
                                 "g 2024-04-20 07:59:14,604 - Send task1 response\n"
                                 "g INFO:     127.0.0.1:52673 - \"GET /task1 HTTP/1.1\" 200 OK\n"
                                 "g 2024-04-20 07:59:14,606 - Received task2 Request!!\n"
                                 "s 2024-04-20 07:59:14,606 - --- task1 status = 200\n");
    journal_clear(&journal);
}

static void journal_puts_the_backend_between_call_and_answer(void **state)
{
    struct journal journal;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    journal_init(&journal);
    buf_init(&text, 4096);
    add(&journal, JOURNAL_BACKEND, "2024-04-20 07:59:04,569 - Received task1 Request!!");
    add(&journal, JOURNAL_BACKEND, "2024-04-20 07:59:14,604 - Send task1 response");
    add(&journal, JOURNAL_BACKEND, "INFO:     127.0.0.1:9000 - \"GET /task1 HTTP/1.1\" 200 OK");
    add(&journal, JOURNAL_GATEWAY, "2024-04-20 07:59:04,569 - Received task1 Request!!");
    add(&journal, JOURNAL_GATEWAY, "2024-04-20 07:59:14,604 - Send task1 response");
    add(&journal, JOURNAL_SENDER, "2024-04-20 07:59:04,569 - --- task1 Send!!");
    add(&journal, JOURNAL_SENDER, "2024-04-20 07:59:14,604 - --- task1 status = 200");

    take_all(&journal, CLOCK_NEVER_US, &text);

    assert_text(buf_view(&text), "s 2024-04-20 07:59:04,569 - --- task1 Send!!\n"
                                 "g 2024-04-20 07:59:04,569 - Received task1 Request!!\n"
                                 "b 2024-04-20 07:59:04,569 - Received task1 Request!!\n"
                                 "b 2024-04-20 07:59:14,604 - Send task1 response\n"
                                 "b INFO:     127.0.0.1:9000 - \"GET /task1 HTTP/1.1\" 200 OK\n"
                                 "g 2024-04-20 07:59:14,604 - Send task1 response\n"
                                 "s 2024-04-20 07:59:14,604 - --- task1 status = 200\n");
    journal_clear(&journal);
}

static void journal_order_holds_across_midnight(void **state)
{
    struct journal journal;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    journal_init(&journal);
    buf_init(&text, 4096);
    add(&journal, JOURNAL_SENDER, "2024-04-21 00:00:00,001 - --- task1 status = 200");
    add(&journal, JOURNAL_GATEWAY, "2024-04-20 23:59:59,999 - Send task1 response");

    take_all(&journal, CLOCK_NEVER_US, &text);

    assert_text(buf_view(&text), "g 2024-04-20 23:59:59,999 - Send task1 response\n"
                                 "s 2024-04-21 00:00:00,001 - --- task1 status = 200\n");
    journal_clear(&journal);
}

static void journal_holds_a_line_for_a_moment(void **state)
{
    struct journal journal;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    journal_init(&journal);
    buf_init(&text, 4096);
    assert_true(journal_due_us(&journal) == CLOCK_NEVER_US);
    add(&journal, JOURNAL_SENDER, "2024-04-20 07:59:14,606 - --- task1 status = 200");

    take_all(&journal, NOW_US + JOURNAL_HOLD_US - 1, &text);
    assert_int_equal(text.length, 0);
    assert_int_equal(journal_due_us(&journal), NOW_US + JOURNAL_HOLD_US);
    take_all(&journal, NOW_US + JOURNAL_HOLD_US, &text);

    assert_text(buf_view(&text), "s 2024-04-20 07:59:14,606 - --- task1 status = 200\n");
    journal_clear(&journal);
}

static void journal_never_reorders_one_side(void **state)
{
    struct journal journal;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    journal_init(&journal);
    buf_init(&text, 4096);
    add(&journal, JOURNAL_GATEWAY, "2024-04-20 07:59:14,606 - second by its stamp");
    add(&journal, JOURNAL_GATEWAY, "2024-04-20 07:59:14,000 - first by its stamp");

    take_all(&journal, CLOCK_NEVER_US, &text);

    assert_text(buf_view(&text), "g 2024-04-20 07:59:14,606 - second by its stamp\n"
                                 "g 2024-04-20 07:59:14,000 - first by its stamp\n");
    journal_clear(&journal);
}

static void journal_is_bounded_and_goes_on_when_lines_are_taken(void **state)
{
    struct journal journal;
    struct journal_entry entry;

    (void)state;
    journal_init(&journal);
    for (unsigned i = 0; i < JOURNAL_LINES; i++) {
        add(&journal, JOURNAL_GATEWAY, "a line");
    }

    assert_int_equal(journal_add(&journal, JOURNAL_GATEWAY, STR("one more"), NOW_US), -ENOBUFS);
    assert_int_equal(journal_add(&journal, JOURNAL_SENDER, STR("the other side's"), NOW_US), 0);
    assert_true(journal_take(&journal, CLOCK_NEVER_US, &entry));
    journal_entry_clear(&entry);
    assert_true(journal_take(&journal, CLOCK_NEVER_US, &entry));
    journal_entry_clear(&entry);
    assert_int_equal(journal_add(&journal, JOURNAL_GATEWAY, STR("one more"), NOW_US), 0);

    journal_clear(&journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(journal_brings_the_lines_of_both_sides_into_order),
        cmocka_unit_test(journal_puts_the_backend_between_call_and_answer),
        cmocka_unit_test(journal_order_holds_across_midnight),
        cmocka_unit_test(journal_holds_a_line_for_a_moment),
        cmocka_unit_test(journal_never_reorders_one_side),
        cmocka_unit_test(journal_is_bounded_and_goes_on_when_lines_are_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
