/* SPDX-License-Identifier: MIT */
#include "gateway/request_history.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>

#include "common/buf.h"
#include "tests/support/unit.h"

enum { PLENTY_BYTES = 1024 * 1024, TEXT_BYTES = 4 * 1024 * 1024 };

/* {"n":first}, {"n":first+1}, … */
static void add_numbers(struct request_history *history, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        char record[32];
        (void)snprintf(record, sizeof record, "{\"n\":%d}", i);
        assert_int_equal(request_history_add(history, str_of(record)), 0);
    }
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

/* That it is an array of such numbers from `first` to `last`; of nothing if first > last. */
static void assert_numbers(const struct buf *text, int first, int last)
{
    cJSON *array = cJSON_ParseWithLength(text->base, text->length);

    assert_true(cJSON_IsArray(array));
    assert_int_equal(cJSON_GetArraySize(array), first > last ? 0 : last - first + 1);
    for (int i = first; i <= last; i++) {
        const cJSON *record = cJSON_GetArrayItem(array, i - first);
        assert_int_equal((int)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(record, "n")), i);
    }
    cJSON_Delete(array);
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

    assert_text(buf_view(&text), "[{\"n\":1},\n{\"n\":2},\n{\"n\":3}]\n");
    request_history_clear(&history);
}

static void request_history_keeps_the_bytes_of_a_record(void **state)
{
    struct request_history history;
    cleanup_buf struct buf text;
    (void)state;
    buf_init(&text, TEXT_BYTES);
    request_history_init(&history, PLENTY_BYTES);

    assert_int_equal(request_history_add(&history, STR("{\"a\":1.10,\"b\":\"\\u0000\xc3\xbc\"}")), 0);
    read_all(&history, 1000, 100, &text);

    assert_text(buf_view(&text), "[{\"a\":1.10,\"b\":\"\\u0000\xc3\xbc\"}]\n");
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

        assert_text(buf_view(&text), "[{\"n\":8},\n{\"n\":9},\n{\"n\":10},\n{\"n\":11}]\n");
    }
    request_history_clear(&history);
}

static void request_history_holds_no_more_bytes_than_its_limit(void **state)
{
    struct request_history history;
    cleanup_buf struct buf text;
    (void)state;
    buf_init(&text, TEXT_BYTES);
    request_history_init(&history, 30); /* {"n":1} has seven */

    add_numbers(&history, 1, 9);
    read_all(&history, 1000, 4096, &text);
    assert_numbers(&text, 6, 9);
    assert_int_equal(history.bytes, 28);
    assert_int_equal(request_history_add(&history, STR("{\"n\":10,\"more\":\"1234567890\"}")), 0); /* 28 bytes */
    read_all(&history, 1000, 4096, &text);

    assert_numbers(&text, 10, 10);
    request_history_clear(&history);
    assert_int_equal(history.bytes, 0);
}

static void request_history_refuses_a_record_that_could_never_fit(void **state)
{
    struct request_history history;
    cleanup_buf struct buf text;
    (void)state;
    buf_init(&text, TEXT_BYTES);
    request_history_init(&history, 30);
    add_numbers(&history, 1, 2);

    int result = request_history_add(&history, STR("{\"n\":3,\"more\":\"12345678901234567890\"}"));
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
    char beginning[5];
    (void)state;
    buf_init(&text, TEXT_BYTES);
    request_history_init(&history, PLENTY_BYTES);
    add_numbers(&history, 1, 1000);
    struct request_reader *reader = request_reader_new(&history, 1000);
    assert_non_null(reader);
    assert_int_equal(request_reader_read(reader, beginning, sizeof beginning), sizeof beginning);
    (void)buf_add(&text, beginning, sizeof beginning);

    add_numbers(&history, 1001, 998);
    read_rest(reader, 7, &text);

    assert_text(buf_view(&text), "[{\"n\":1},\n{\"n\":999},\n{\"n\":1000}]\n");
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
        cmocka_unit_test(request_history_keeps_the_bytes_of_a_record),
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
