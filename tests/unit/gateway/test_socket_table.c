/* SPDX-License-Identifier: MIT */
#include "gateway/socket_table.h"

#include <sys/socket.h>

#include "tests/support/unit.h"

static int new_table(void **state)
{
    *state = calloc(1, sizeof(struct socket_table));
    return *state != NULL ? 0 : -1;
}

static int free_table(void **state)
{
    socket_table_clear(*state);
    free(*state);
    return 0;
}

/* Descriptors that share a bucket, whatever size the table has here. */
enum { SAME_BUCKET = 1 << 16 };

static void socket_table_finds_what_was_added_until_it_is_removed(void **state)
{
    struct socket_table *table = *state;
    struct socket_entry *first = socket_table_add(table, 7);
    struct socket_entry *second = socket_table_add(table, 7 + SAME_BUCKET);

    assert_ptr_equal(socket_table_find(table, 7), first);
    assert_ptr_equal(socket_table_find(table, 7 + SAME_BUCKET), second);
    assert_null(socket_table_find(table, 8));

    socket_table_remove(table, 7);
    assert_null(socket_table_find(table, 7));
    assert_ptr_equal(socket_table_find(table, 7 + SAME_BUCKET), second);
    socket_table_remove(table, 7 + SAME_BUCKET);
    socket_table_remove(table, 7);
}

static void socket_table_finds_all_of_many_and_none_that_is_gone(void **state)
{
    enum { MANY = 5000 };
    struct socket_table *table = *state;
    for (int i = 0; i < MANY; i++) {
        struct socket_entry *entry = socket_table_add(table, i);
        assert_non_null(entry);
        socket_table_name(table, entry, i % 2 == 0 ? 20000 + i : 0);
    }

    for (int i = 0; i < MANY; i += 5) {
        socket_table_remove(table, i);
    }

    assert_int_equal(table->count, MANY - MANY / 5);
    for (int i = 0; i < MANY; i++) {
        const struct socket_entry *entry = socket_table_find(table, i);
        assert_int_equal(entry != NULL, i % 5 != 0);
        assert_true(entry == NULL || entry->descriptor == i);
        assert_int_equal(socket_table_find_port(table, 20000 + i) != NULL, i % 2 == 0 && i % 5 != 0);
    }
    /* It grew with them: few share a bucket. */
    assert_true(table->bucket_count >= MANY / 2);
}

static void socket_table_that_was_cleared_can_be_used_again(void **state)
{
    struct socket_table *table = *state;
    assert_null(socket_table_find(table, 7)); /* never used */
    assert_false(socket_table_has_unread(table, 40000));
    socket_table_remove(table, 7);
    socket_table_name(table, socket_table_add(table, 7), 40000);

    socket_table_clear(table);

    assert_null(socket_table_find(table, 7));
    assert_null(socket_table_find_port(table, 40000));
    assert_int_equal(table->count, 0);
    assert_non_null(socket_table_add(table, 8));
    assert_non_null(socket_table_find(table, 8));
}

static void socket_table_finds_by_port_only_what_was_named(void **state)
{
    struct socket_table *table = *state;
    struct socket_entry *entry = socket_table_add(table, 7);
    assert_null(socket_table_find_port(table, 40000));

    socket_table_name(table, entry, 40000);
    socket_table_name(table, entry, 40001); /* has a name already */

    assert_ptr_equal(socket_table_find_port(table, 40000), entry);
    assert_null(socket_table_find_port(table, 40001));
    socket_table_remove(table, 7);
    assert_null(socket_table_find_port(table, 40000));
}

static void socket_table_sees_unread_bytes_on_any_socket_of_a_port(void **state)
{
    struct socket_table *table = *state;
    int quiet[2];
    int loud[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, quiet), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, loud), 0);
    socket_table_name(table, socket_table_add(table, quiet[0]), 40000);
    socket_table_name(table, socket_table_add(table, loud[0]), 40000);

    assert_false(socket_table_has_unread(table, 40000));
    assert_int_equal(write(loud[1], "x", 1), 1);

    assert_true(socket_table_has_unread(table, 40000));
    assert_false(socket_table_has_unread(table, 40001));
    socket_table_remove(table, quiet[0]);
    socket_table_remove(table, loud[0]);
    for (int i = 0; i < 2; i++) {
        (void)close(quiet[i]);
        (void)close(loud[i]);
    }
}

static void socket_table_takes_an_ended_connection_for_quiet(void **state)
{
    struct socket_table *table = *state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    socket_table_name(table, socket_table_add(table, ends[0]), 40000);

    (void)close(ends[1]);

    assert_false(socket_table_has_unread(table, 40000)); /* libcurl sees an end by itself */
    socket_table_remove(table, ends[0]);
    (void)close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(socket_table_finds_what_was_added_until_it_is_removed, new_table, free_table),
        cmocka_unit_test_setup_teardown(socket_table_finds_all_of_many_and_none_that_is_gone, new_table, free_table),
        cmocka_unit_test_setup_teardown(socket_table_that_was_cleared_can_be_used_again, new_table, free_table),
        cmocka_unit_test_setup_teardown(socket_table_finds_by_port_only_what_was_named, new_table, free_table),
        cmocka_unit_test_setup_teardown(socket_table_sees_unread_bytes_on_any_socket_of_a_port, new_table, free_table),
        cmocka_unit_test_setup_teardown(socket_table_takes_an_ended_connection_for_quiet, new_table, free_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
