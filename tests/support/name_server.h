/* SPDX-License-Identifier: MIT */
/*
 * name_server - a name server (RFC 1035, over UDP) that says of each name exactly what a test says, in a thread of the
 * test's own process; and counts what it was asked.
 *
 *     struct name_server *server = name_server_start();
 *     name_server_say(server, "users.test", &(struct name_server_saying){ .addresses = "127.0.0.1,::1", .ttl_s = 60 });
 *     … --name-servers=127.0.0.1:PORT …
 *
 * Of a name of which nothing was said it says that there is none.
 *
 * Memory: until name_server_stop(); what is said is copied.   Threads: the functions are for the test's own.
 */
#ifndef TESTS_SUPPORT_NAME_SERVER_H
#define TESTS_SUPPORT_NAME_SERVER_H

#include <stddef.h>
#include <stdint.h>

enum name_server_manner {
    NAME_SERVER_ANSWERS,
    NAME_SERVER_KNOWS_NONE, /* NXDOMAIN */
    NAME_SERVER_FAILS,      /* SERVFAIL */
    NAME_SERVER_IS_SILENT,
};

struct name_server_saying {
    enum name_server_manner manner;
    const char *addresses; /* "127.0.0.1,::1": at most 8; none of a family: none of it */
    unsigned ttl_s;
    const char *alias; /* the name is one for this one, which has the addresses; NULL: it has them itself */
    unsigned alias_ttl_s;
};

struct name_server;

struct name_server *name_server_start(void);
/* NULL is fine. */
void name_server_stop(struct name_server *server);
uint16_t name_server_port(const struct name_server *server);
/* "127.0.0.1:PORT" */
const char *name_server_address(const struct name_server *server);

/* From now on. */
void name_server_say(struct name_server *server, const char *name, const struct name_server_saying *saying);
/* How often it was asked for the name's IPv4 addresses, those that it did not answer included. */
size_t name_server_question_count(struct name_server *server, const char *name);
/* Of all names and kinds. */
size_t name_server_total_count(struct name_server *server);
/* Waits until it was asked as often. */
void name_server_wait_for_questions(struct name_server *server, const char *name, size_t count);

#endif
