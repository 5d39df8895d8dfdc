/* SPDX-License-Identifier: MIT */
#include "gateway/request_history.h"

#include <errno.h>

#include "tests/support/numbered_record.h"
#include "tests/support/unit.h"

enum { PLENTY_BYTES = 1024 * 1024, TEXT_BYTES = 4 * 1024 * 1024 };

/* Those numbers, all in one batch. */
static void add_numbers(struct request_history *history, int first, int count)
{
    cleanup_buf struct buf records;

    buf_init(&records, TEXT_BYTES);
    for (int i = first; i < first + count; i++) {
        pack_numbered(i, &records);
    }
    struct record_batch *batch = record_batch_new(buf_view(&records), (size_t)count);
    assert_non_null(batch);
    struct str rest = record_batch_view(batch);
    while (rest.length > 0) {
        assert_int_equal(request_history_add(history, batch, record_cut(&rest)), 0);
    }
    record_batch_release(batch);
}

/* One whose target is so long. */
static int add_long(struct request_history *history, int number, size_t target_length)
{
    static char target[4096];
    char digits[NUMBER_BYTES];
    struct record record = numbered_record(number, digits);

    memset(target, 'x', sizeof target);
    record.target = (struct str){ target, target_length };
    size_t bytes = record_packed_bytes(&record);
    cleanup_free char *packed = malloc(bytes);
    assert_non_null(packed);
    record_pack(&record, bytes, packed);
    struct record_batch *batch = record_batch_new((struct str){ packed, bytes }, 1);
    assert_non_null(batch);
    int result = request_history_add(history, batch, record_batch_view(batch));
    record_batch_release(batch);
    return result;
}

static size_t bytes_of_one(void)
{
    char digits[NUMBER_BYTES];
    struct record record = numbered_record(1, digits);

    return record_packed_bytes(&record);
}

static void read_rest(struct request_reader *reader, size_t capacity, struct buf *text)
{
    size_t count = 0;

    do {
        char *room = buf_reserve(text, capacity);
        assert_non_null(room);
        count = request_reader_read(reader, room, capacity);
        assert_true(count <= capacity);
        text->length += count;
    } while (count > 0);
}

static void read_all(const struct request_history *history, uint64_t count, size_t capacity, struct buf *text)
{
    struct request_reader *reader = request_reader_new(history, count);

    assert_non_null(reader);
    buf_reset(text);
    read_rest(reader, capacity, text);
    request_reader_free(reader);
}

/* The array of those numbers; of nothing if first > last. */
static void add_array(struct buf *text, int first, int last)
{
    (void)buf_add_byte(text, '[');
    for (int i = first; i <= last; i++) {
        (void)buf_add_text(text, i > first ? ",\n" : "");
        render_numbered(i, text);
    }
    (void)buf_add_text(text, "]\n");
}

static void assert_numbers(const struct buf *text, int first, int last)
{
    cleanup_buf struct buf expected;

    buf_init(&expected, TEXT_BYTES);
    add_array(&expected, first, last);
    assert_int_equal(text->length, expected.length);
    assert_memory_equal(text->base, expected.base, expected.length);
}

static void request_history_is_an_array_oldest_first(void **state)
{
    struct request_history history;
    cleanup_buf struct buf text;
    (void)state;
    buf_init(&text, TEXT_BYTES);
    request_history_init(&history, PLENTY_BYTES);

    read_all(&history, 1000, 100, &text);
    assert_text(buf_view(&text), "[]\n");
    add_numbers(&history, 1, 3);
    read_all(&history, 1000, 100, &text);

    assert_numbers(&text, 1, 3);
    request_history_clear(&history);
}

/* Whatever batches they came in. */
static void request_history_puts_batches_of_any_size_together(void **state)
{
    struct request_history history;
    cleanup_buf struct buf text;
    (void)state;
    buf_init(&text, TEXT_BYTES);
    request_history_init(&history, PLENTY_BYTES);

    add_numbers(&history, 1, 1);
    add_numbers(&history, 2, 700);
    add_numbers(&history, 702, 3);
    add_numbers(&history, 705, 400);
    read_all(&history, 1000, 4096, &text);

    assert_numbers(&text, 105, 1104);
    request_history_clear(&history);
}

static void request_history_forgets_the_oldest_of_more_than_a_thousand(void **state)
{
    struct request_history history;
    cleanup_buf struct buf text;
    (void)state;
    buf_init(&text, TEXT_BYTES);
    request_history_init(&history, PLENTY_BYTES);

    add_numbers(&history, 1, 1000);
    read_all(&history, 1000, 4096, &text);
    assert_numbers(&text, 1, 1000);
    add_numbers(&history, 1001, 2345);
    read_all(&history, 1000, 4096, &text);

    assert_numbers(&text, 2346, 3345);
    request_history_clear(&history);
}

static const struct {
    const char *name;
    uint64_t limit;
    int first;
} limits[] = {
    { "none", 0, 6 },
    { "the last", 1, 5 },
    { "some", 3, 3 },
    { "all", 5, 1 },
    { "more than there are", 6, 1 },
    { "far more", UINT64_MAX, 1 },
};

static void request_history_gives_the_newest_as_many_as_asked_for(void **state)
{
    struct request_history history;
    cleanup_buf struct buf text;
    (void)state;
    buf_init(&text, TEXT_BYTES);
    request_history_init(&history, PLENTY_BYTES);
    add_numbers(&history, 1, 5);

    for (size_t i = 0; i < array_length(limits); i++) {
        print_message("%s\n", limits[i].name);
        read_all(&history, limits[i].limit, 4096, &text);

        assert_numbers(&text, limits[i].first, 5);
    }
    request_history_clear(&history);
}

static void request_history_is_read_in_pieces_of_any_size(void **state)
{
    struct request_history history;
    cleanup_buf struct buf text;
    (void)state;
    buf_init(&text, TEXT_BYTES);
    request_history_init(&history, PLENTY_BYTES);
    add_numbers(&history, 8, 4);

    for (size_t capacity = 1; capacity < 60; capacity++) {
        read_all(&history, 1000, capacity, &text);

        assert_numbers(&text, 8, 11);
    }
    request_history_clear(&history);
}

static void request_history_holds_no_more_bytes_than_its_limit(void **state)
{
    struct request_history history;
    cleanup_buf struct buf text;
    (void)state;
    buf_init(&text, TEXT_BYTES);
    request_history_init(&history, 4 * bytes_of_one() + 2);

    add_numbers(&history, 1, 9);
    read_all(&history, 1000, 4096, &text);
    assert_numbers(&text, 6, 9);
    assert_int_equal(history.bytes, 4 * bytes_of_one());
    assert_int_equal(add_long(&history, 10, 3 * bytes_of_one()), 0); /* leaves no room for another */
    read_all(&history, 1000, 4096, &text);

    assert_int_equal(history.end - history.first, 1);
    assert_non_null(memmem(text.base, text.length, "\"request_id\":\"10\"", 17));
    request_history_clear(&history);
    assert_int_equal(history.bytes, 0);
}

static void request_history_refuses_a_record_that_could_never_fit(void **state)
{
    struct request_history history;
    cleanup_buf struct buf text;
    (void)state;
    buf_init(&text, TEXT_BYTES);
    request_history_init(&history, 4 * bytes_of_one());
    add_numbers(&history, 1, 2);

    int result = add_long(&history, 3, 4 * bytes_of_one());
    read_all(&history, 1000, 4096, &text);

    assert_int_equal(result, -EMSGSIZE);
    assert_numbers(&text, 1, 2);
    request_history_clear(&history);
}

/* The record a reader is in the middle of stays; those that went are left out; those that came are not seen. */
static void request_history_can_go_on_while_it_is_read(void **state)
{
    struct request_history history;
    cleanup_buf struct buf text;
    cleanup_buf struct buf expected;
    char beginning[5];
    (void)state;
    buf_init(&text, TEXT_BYTES);
    buf_init(&expected, TEXT_BYTES);
    request_history_init(&history, PLENTY_BYTES);
    add_numbers(&history, 1, 1000);
    struct request_reader *reader = request_reader_new(&history, 1000);
    assert_non_null(reader);
    assert_int_equal(request_reader_read(reader, beginning, sizeof beginning), sizeof beginning);
    (void)buf_add(&text, beginning, sizeof beginning);

    add_numbers(&history, 1001, 998);
    read_rest(reader, 7, &text);

    (void)buf_add_byte(&expected, '[');
    render_numbered(1, &expected);
    (void)buf_add_text(&expected, ",\n");
    render_numbered(999, &expected);
    (void)buf_add_text(&expected, ",\n");
    render_numbered(1000, &expected);
    (void)buf_add_text(&expected, "]\n");
    assert_int_equal(text.length, expected.length);
    assert_memory_equal(text.base, expected.base, expected.length);
    request_reader_free(reader);
    request_history_clear(&history);
}

static void request_history_can_be_overtaken_altogether(void **state)
{
    struct request_history history;
    cleanup_buf struct buf text;
    (void)state;
    buf_init(&text, TEXT_BYTES);
    request_history_init(&history, PLENTY_BYTES);
    add_numbers(&history, 1, 10);
    struct request_reader *reader = request_reader_new(&history, 1000);
    assert_non_null(reader);

    add_numbers(&history, 11, 2000);
    read_rest(reader, 100, &text);

    assert_text(buf_view(&text), "[]\n");
    request_reader_free(reader);
    request_history_clear(&history);
}

static void request_history_reader_can_be_freed_in_the_middle_of_a_record(void **state)
{
    struct request_history history;
    char beginning[5];
    (void)state;
    request_history_init(&history, PLENTY_BYTES);
    add_numbers(&history, 1, 10);
    struct request_reader *reader = request_reader_new(&history, 1000);
    assert_non_null(reader);
    assert_int_equal(request_reader_read(reader, beginning, sizeof beginning), sizeof beginning);

    add_numbers(&history, 11, 1000);
    request_reader_free(reader);
    request_reader_free(NULL);

    assert_int_equal(history.end - history.first, REQUEST_HISTORY_RECORDS);
    request_history_clear(&history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_history_is_an_array_oldest_first),
        cmocka_unit_test(request_history_puts_batches_of_any_size_together),
        cmocka_unit_test(request_history_forgets_the_oldest_of_more_than_a_thousand),
        cmocka_unit_test(request_history_gives_the_newest_as_many_as_asked_for),
        cmocka_unit_test(request_history_is_read_in_pieces_of_any_size),
        cmocka_unit_test(request_history_holds_no_more_bytes_than_its_limit),
        cmocka_unit_test(request_history_refuses_a_record_that_could_never_fit),
        cmocka_unit_test(request_history_can_go_on_while_it_is_read),
        cmocka_unit_test(request_history_can_be_overtaken_altogether),
        cmocka_unit_test(request_history_reader_can_be_freed_in_the_middle_of_a_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
