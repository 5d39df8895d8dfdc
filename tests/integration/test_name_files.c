/* SPDX-License-Identifier: MIT */
/*
 * A resolv.conf that changes while names are being asked for.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "common/loop.h"
#include "gateway/name_resolver.h"
#include "tests/support/gate.h"
#include "tests/support/name_server.h"
#include "tests/support/unit.h"

enum { ASKERS = 3 };

static const char *const names[ASKERS] = { "users", "orders", "items" };

struct asker {
    struct name_waiter waiter;
    unsigned answer_count;
    char text[sizeof((struct name_addresses *)NULL)->text]; /* the addresses, "" for none */
};

struct bench {
    struct loop *loop;
    struct name_server *server;
    struct name_resolver *resolver;
    char folder[32];
    char path[64];
    struct asker askers[ASKERS];
};

static void note(struct asker *asker, const struct name_answer *answer)
{
    asker->answer_count++;
    (void)snprintf(asker->text, sizeof asker->text, "%s", answer->addresses != NULL ? answer->addresses->text : "");
}

static void on_answer(struct name_waiter *waiter, const struct name_answer *answer)
{
    note(container_of(waiter, struct asker, waiter), answer);
}

/* Another file under the name: one that is rewritten in place may look the same within the clock's tick. */
static void write_search_line(const struct bench *bench, const char *domain)
{
    char next[80];

    (void)snprintf(next, sizeof next, "%s.next", bench->path);
    FILE *file = fopen(next, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "search %s\n", domain) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(next, bench->path), 0);
}

/* In the domain of old nobody answers; in the new one all names have an address. */
static void say_all(struct bench *bench)
{
    for (size_t i = 0; i < ASKERS; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%s.old.test", names[i]);
        name_server_say(bench->server, name, &(struct name_server_saying){ .manner = NAME_SERVER_IS_SILENT });
        (void)snprintf(name, sizeof name, "%s.new.test", names[i]);
        name_server_say(bench->server, name, &(struct name_server_saying){ .addresses = "192.0.2.1", .ttl_s = 60 });
    }
}

static int open_bench(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);

    assert_non_null(bench);
    (void)snprintf(bench->folder, sizeof bench->folder, "/tmp/names.XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    (void)snprintf(bench->path, sizeof bench->path, "%s/resolv.conf", bench->folder);
    write_search_line(bench, "old.test");
    bench->loop = loop_new();
    bench->server = name_server_start();
    say_all(bench);
    bench->resolver =
        name_resolver_new(bench->loop, &(struct name_channel_settings){ .servers = name_server_address(bench->server),
                                                                        .resolv_conf = bench->path });
    assert_non_null(bench->resolver);
    *state = bench;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *bench = *state;

    for (size_t i = 0; i < ASKERS; i++) {
        name_waiter_leave(&bench->askers[i].waiter);
    }
    name_resolver_free(bench->resolver);
    name_server_stop(bench->server);
    loop_free(bench->loop);
    (void)unlink(bench->path);
    (void)rmdir(bench->folder);
    free(bench);
    return 0;
}

static void ask(struct bench *bench, size_t index)
{
    struct asker *asker = &bench->askers[index];
    struct name_answer answer;

    asker->waiter.on_answer = on_answer;
    if (name_resolver_ask(bench->resolver, names[index], &asker->waiter, &answer)) {
        note(asker, &answer);
    }
}

static void wait_for_question(struct bench *bench, size_t index, const char *domain)
{
    char name[64];

    (void)snprintf(name, sizeof name, "%s.%s", names[index], domain);
    name_server_wait_for_questions(bench->server, name, 1);
}

static void turn_until_all_are_answered(struct bench *bench, size_t count)
{
    uint64_t start_us = clock_monotonic_us();

    for (size_t i = 0; i < count; i++) {
        while (bench->askers[i].answer_count == 0 && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
            assert_int_equal(loop_turn(bench->loop, 10 * (uint64_t)CLOCK_US_PER_MS), 0);
        }
        assert_int_equal(bench->askers[i].answer_count, 1);
        assert_string_equal(bench->askers[i].text, "192.0.2.1");
    }
}

/* Not only once nothing is being asked: while name servers are silent, something always is. */
static void those_who_wait_are_asked_for_anew_when_the_file_is_another(void **state)
{
    struct bench *bench = *state;
    ask(bench, 0);
    ask(bench, 1);
    wait_for_question(bench, 0, "old.test");
    wait_for_question(bench, 1, "old.test");

    write_search_line(bench, "new.test");
    ask(bench, 2);
    turn_until_all_are_answered(bench, ASKERS);

    assert_int_equal(name_server_question_count(bench->server, "items.old.test"), 0);
}

static void whoever_blocks_has_the_new_file_too_and_those_who_wait_hear_of_it(void **state)
{
    struct bench *bench = *state;
    ask(bench, 0);
    wait_for_question(bench, 0, "old.test");

    write_search_line(bench, "new.test");
    struct name_answer answer = name_resolver_block(
        bench->resolver, names[2], clock_monotonic_us() + TEST_PATIENCE_MS * (uint64_t)CLOCK_US_PER_MS);

    assert_int_equal(answer.error, CALL_OK);
    assert_int_equal(bench->askers[0].answer_count, 0); /* from the loop, and not from within */
    turn_until_all_are_answered(bench, 1);
}

static void a_file_that_is_the_same_ends_no_question(void **state)
{
    struct bench *bench = *state;
    ask(bench, 0);
    wait_for_question(bench, 0, "old.test");

    for (size_t i = 1; i < ASKERS; i++) {
        ask(bench, i);
        wait_for_question(bench, i, "old.test");
        assert_int_equal(loop_turn(bench->loop, 0), 0);
    }

    /* Once more, at most, after the usual second. */
    assert_in_range(name_server_question_count(bench->server, "users.old.test"), 1, 2);
    assert_int_equal(bench->askers[0].answer_count, 0);
}

static void a_resolver_can_be_freed_behind_a_change(void **state)
{
    struct bench *bench = *state;
    ask(bench, 0);
    wait_for_question(bench, 0, "old.test");

    write_search_line(bench, "new.test");
    ask(bench, 2);

    assert_int_equal(bench->askers[0].answer_count, 0);
}

#define bench_test(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)

static int begin(void **state)
{
    (void)state;
    return name_channel_global_init();
}

static int end(void **state)
{
    (void)state;
    name_channel_global_clear();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(those_who_wait_are_asked_for_anew_when_the_file_is_another),
        bench_test(whoever_blocks_has_the_new_file_too_and_those_who_wait_hear_of_it),
        bench_test(a_file_that_is_the_same_ends_no_question),
        bench_test(a_resolver_can_be_freed_behind_a_change),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
