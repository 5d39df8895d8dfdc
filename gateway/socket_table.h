/* SPDX-License-Identifier: MIT */
/*
 * socket_table - the open sockets of one libcurl connection cache, found by descriptor or by local port.
 *
 * libcurl does not say which socket a transfer is about to use, only its local port. With the socket known, bytes that
 * lie on a kept connection before a request was sent on it can be seen: libcurl 7.88 would take them for the answer.
 *
 * All zero is an empty table. Finding takes the same time however many there are: the table grows with them.
 *
 * Memory: one small allocation per socket, freed when it closes.   Threads: one.
 */
#ifndef GATEWAY_SOCKET_TABLE_H
#define GATEWAY_SOCKET_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/compiler.h"
#include "common/loop.h"
#include "gateway/name_addresses.h"

struct socket_entry {
    int descriptor;
    int local_port;                   /* 0: not known yet: no request was sent on it */
    const void *opened_by;            /* while local_port is not known: the transfer that opened it */
    struct name_addresses *addresses; /* of which it was opened to one, held; NULL: the server has no name */
    struct socket_entry *next_by_descriptor;
    struct socket_entry *next_by_port;
    /* For a table whose sockets are in a loop. */
    struct loop_watch watch;
    bool is_in_use; /* libcurl wants events of it */
    void *owner;
};

struct socket_table {
    struct socket_entry **by_descriptor;
    struct socket_entry **by_port;
    size_t bucket_count; /* of each of the two; a power of two, or 0 */
    size_t count;
    struct name_addresses *latest; /* that a request went to, held; NULL: none */
};

/* Frees what the table holds: its sockets must be closed by then. */
void socket_table_clear(struct socket_table *table);
/* NULL: no memory. */
struct socket_entry *socket_table_add(struct socket_table *table, int descriptor) must_check;
struct socket_entry *socket_table_find(const struct socket_table *table, int descriptor);
void socket_table_remove(struct socket_table *table, int descriptor);
/* The socket is connected: files it under its local port. */
void socket_table_name(struct socket_table *table, struct socket_entry *entry, int local_port);
/* What the system says the descriptor's local port is; 0: none. */
int socket_table_local_port(int descriptor);
/* One that is named so; there may be more, to other servers. */
struct socket_entry *socket_table_find_port(const struct socket_table *table, int local_port);
/* A request is about to go to one of these addresses (NULL: to none of a name). If they are others than the latest,
 * kept connections to those that are outdated are shut down, so that no request goes to them: libcurl finds them dead.
 */
void socket_table_move_to(struct socket_table *table, struct name_addresses *addresses);
/* The same for one connection that nobody uses any more. */
void socket_table_end_if_outdated(const struct socket_entry *entry);
/* Whether anything can be read on any socket of that local port. */
bool socket_table_has_unread(const struct socket_table *table, int local_port);

#endif
