/* SPDX-License-Identifier: MIT */
/*
 * The open sockets of a connection cache: found by descriptor and by local port, and looked at for unread bytes.
 */
#include "gateway/socket_table.h"

#include <poll.h>
#include <sys/socket.h>

#include "tests/support/client.h"
#include "tests/support/gate.h"
#include "tests/support/scripted_server.h"
#include "tests/support/unit.h"

static void wait_until_readable(int descriptor)
{
    struct pollfd poll_entry = { .fd = descriptor, .events = POLLIN };

    assert_int_equal(poll(&poll_entry, 1, TEST_PATIENCE_MS), 1);
}

static void sockets_are_found_by_descriptor_until_they_are_removed(void **state)
{
    struct socket_table table = { .count = 0 };
    static const int descriptors[] = { 5, 5 + (1 << 16), 5 + (2 << 16), 6 }; /* three share a bucket */
    (void)state;
    for (size_t i = 0; i < array_length(descriptors); i++) {
        assert_non_null(socket_table_add(&table, descriptors[i]));
    }

    socket_table_remove(&table, descriptors[1]); /* from the middle of those that share a bucket */
    socket_table_remove(&table, 7);              /* not there */

    assert_int_equal(socket_table_find(&table, descriptors[0])->descriptor, descriptors[0]);
    assert_null(socket_table_find(&table, descriptors[1]));
    assert_int_equal(socket_table_find(&table, descriptors[2])->descriptor, descriptors[2]);
    assert_null(socket_table_find(&table, 7));
    for (size_t i = 0; i < array_length(descriptors); i++) {
        socket_table_remove(&table, descriptors[i]);
    }
    socket_table_clear(&table);
}

static void a_socket_is_found_by_its_local_port_once_it_is_named(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" } };
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    struct socket_table table = { .count = 0 };
    struct client client;
    (void)state;
    client_open(&client, scripted_server_port(server));
    struct socket_entry *entry = socket_table_add(&table, client.descriptor);
    assert_non_null(entry);

    assert_null(socket_table_find_port(&table, client.local_port));
    socket_table_name(&table, entry, socket_table_local_port(client.descriptor));
    assert_ptr_equal(socket_table_find_port(&table, client.local_port), entry);
    socket_table_remove(&table, client.descriptor);

    assert_null(socket_table_find_port(&table, client.local_port));
    socket_table_clear(&table);
    client_close(&client);
    scripted_server_stop(server);
}

static void unread_bytes_are_seen_and_left_where_they_are(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" } };
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    struct socket_table table = { .count = 0 };
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    (void)state;
    client_open(&client, scripted_server_port(server));
    struct socket_entry *entry = socket_table_add(&table, client.descriptor);
    assert_non_null(entry);
    socket_table_name(&table, entry, client.local_port);
    bool has_unread_before = socket_table_has_unread(&table, client.local_port);

    client_get(&client, "/");
    wait_until_readable(client.descriptor);
    bool has_unread_after = socket_table_has_unread(&table, client.local_port);
    client_read(&client, &answer);

    assert_false(has_unread_before);
    assert_true(has_unread_after);
    assert_false(socket_table_has_unread(&table, client.local_port + 1));
    assert_text(answer_body(&answer), "1");
    socket_table_remove(&table, client.descriptor);
    socket_table_clear(&table);
    client_close(&client);
    scripted_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sockets_are_found_by_descriptor_until_they_are_removed),
        cmocka_unit_test(a_socket_is_found_by_its_local_port_once_it_is_named),
        cmocka_unit_test(unread_bytes_are_seen_and_left_where_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
