/* SPDX-License-Identifier: MIT */
/*
 * name_bench - a resolver on a loop that the test turns by itself, the name server that it asks, and whoever wants to
 * know something of it.
 *
 * Functions that wait end the running test when it takes longer than TEST_PATIENCE_MS.
 */
#ifndef TESTS_INTEGRATION_NAME_BENCH_H
#define TESTS_INTEGRATION_NAME_BENCH_H

#include "common/loop.h"
#include "gateway/name_resolver.h"
#include "tests/support/name_server.h"

#define NAME "users.test"

struct name_bench {
    struct loop *loop;
    struct name_server *server;
    struct name_resolver *resolver;
};

int name_bench_setup(void **state);
int name_bench_teardown(void **state);
#define bench_test(test) cmocka_unit_test_setup_teardown(test, name_bench_setup, name_bench_teardown)
/* Of a program's tests together: the library. */
int name_bench_begin(void **state);
int name_bench_end(void **state);
/* The resolver; NULL: with the resolv.conf of the system. */
void bench_open_resolver(struct name_bench *bench, const char *resolv_conf);

/* ---- what the name server says of NAME ---- */

void bench_say(struct name_bench *bench, const char *addresses, unsigned ttl_s);
void bench_say_manner(struct name_bench *bench, enum name_server_manner manner);
/* Lets so much time pass: 1100 is longer than anything is believed for which less than two seconds were said. */
void bench_outlive(unsigned milliseconds);

/* ---- someone who wants to know ---- */

struct asker {
    struct name_waiter waiter;
    unsigned answer_count;
    char text[sizeof((struct name_addresses *)NULL)->text]; /* the addresses, "" for none */
    enum call_error error;
    struct name_addresses *addresses; /* held */
};

struct asker asker_new(void);
/* True: it was told at once. */
bool bench_ask(struct name_bench *bench, struct asker *asker, const char *name);
void bench_turn_until_answered(struct name_bench *bench, const struct asker *asker);
/* Asks, and waits for the answer. */
struct asker bench_find_out(struct name_bench *bench, const char *name);
/* Wants to know nothing more, and gives the addresses back. */
void asker_leave(struct asker *asker);

#endif
