/* SPDX-License-Identifier: MIT */
/*
 * What names stand for: who is asked, how often, and what is believed for how long; with a name server of the test's.
 */
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/loop.h"
#include "gateway/name_resolver.h"
#include "tests/support/gate.h"
#include "tests/support/name_server.h"
#include "tests/support/unit.h"

#define NAME "users.test"

struct bench {
    struct loop *loop;
    struct name_server *server;
    struct name_resolver *resolver;
};

/* Someone who wants to know. */
struct asker {
    struct name_waiter waiter;
    unsigned answer_count;
    char text[sizeof((struct name_addresses *)NULL)->text]; /* the addresses, "" for none */
    enum call_error error;
    struct name_addresses *addresses; /* held */
};

static void note(struct asker *asker, const struct name_answer *answer)
{
    asker->answer_count++;
    asker->error = answer->error;
    (void)snprintf(asker->text, sizeof asker->text, "%s", answer->addresses != NULL ? answer->addresses->text : "");
    name_addresses_release(asker->addresses);
    asker->addresses = name_addresses_hold(answer->addresses);
}

static void on_answer(struct name_waiter *waiter, const struct name_answer *answer)
{
    note(container_of(waiter, struct asker, waiter), answer);
}

static struct asker new_asker(void)
{
    return (struct asker){ .waiter = { .on_answer = on_answer } };
}

/* True: at once. */
static bool ask(struct bench *bench, struct asker *asker, const char *name)
{
    struct name_answer answer;
    bool is_known = name_resolver_ask(bench->resolver, name, &asker->waiter, &answer);

    if (is_known) {
        note(asker, &answer);
    }
    return is_known;
}

static void turn_until_answered(struct bench *bench, const struct asker *asker)
{
    uint64_t start_us = clock_monotonic_us();

    while (asker->answer_count == 0 && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        assert_int_equal(loop_turn(bench->loop, 100 * (uint64_t)CLOCK_US_PER_MS), 0);
    }
    assert_int_equal(asker->answer_count, 1);
}

static struct asker find_out(struct bench *bench, const char *name)
{
    struct asker asker = new_asker();

    if (!ask(bench, &asker, name)) {
        turn_until_answered(bench, &asker);
    }
    return asker;
}

static void leave(struct asker *asker)
{
    name_waiter_leave(&asker->waiter);
    name_addresses_release(take_pointer(asker->addresses));
}

/* Longer than anything is believed for which less than two seconds were said. */
static void outlive(unsigned milliseconds)
{
    uint64_t until_us = clock_monotonic_us() + milliseconds * (uint64_t)CLOCK_US_PER_MS;

    while (clock_monotonic_us() < until_us) {
        (void)poll(NULL, 0, 10);
    }
}

static void say(struct bench *bench, const char *addresses, unsigned ttl_s)
{
    name_server_say(bench->server, NAME, &(struct name_server_saying){ .addresses = addresses, .ttl_s = ttl_s });
}

static void say_manner(struct bench *bench, enum name_server_manner manner)
{
    name_server_say(bench->server, NAME, &(struct name_server_saying){ .manner = manner });
}

static void open_resolver(struct bench *bench, const char *resolv_conf)
{
    const struct name_channel_settings settings = { .servers = name_server_address(bench->server),
                                                    .resolv_conf = resolv_conf };

    bench->resolver = name_resolver_new(bench->loop, &settings);
    assert_non_null(bench->resolver);
}

static int open_bench(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);

    assert_non_null(bench);
    bench->loop = loop_new();
    assert_non_null(bench->loop);
    bench->server = name_server_start();
    open_resolver(bench, NULL);
    *state = bench;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *bench = *state;

    name_resolver_free(bench->resolver);
    name_server_stop(bench->server);
    loop_free(bench->loop);
    free(bench);
    return 0;
}

/* ---- answers ---- */

static void a_name_has_the_addresses_of_both_families(void **state)
{
    struct bench *bench = *state;
    say(bench, "192.0.2.1,192.0.2.2,2001:db8::1", 60);

    struct asker asker = find_out(bench, NAME);

    assert_int_equal(asker.error, CALL_OK);
    assert_int_equal(asker.addresses->count, 3);
    assert_non_null(strstr(asker.text, "192.0.2.1"));
    assert_non_null(strstr(asker.text, "192.0.2.2"));
    assert_non_null(strstr(asker.text, "[2001:db8::1]"));
    leave(&asker);
}

static void a_name_may_have_one_family_alone(void **state)
{
    static const char *const addresses[] = { "192.0.2.7", "2001:db8::7" };
    struct bench *bench = *state;

    for (size_t i = 0; i < array_length(addresses); i++) {
        char name[] = "n0.test";
        name[1] = (char)('0' + i);
        name_server_say(bench->server, name, &(struct name_server_saying){ .addresses = addresses[i], .ttl_s = 60 });

        struct asker asker = find_out(bench, name);

        assert_int_equal(asker.error, CALL_OK);
        assert_int_equal(asker.addresses->count, 1);
        leave(&asker);
    }
}

static void a_hundred_who_want_a_name_ask_once(void **state)
{
    struct bench *bench = *state;
    struct asker askers[100];
    say(bench, "192.0.2.1", 60);

    for (size_t i = 0; i < array_length(askers); i++) {
        askers[i] = new_asker();
        assert_false(ask(bench, &askers[i], NAME));
    }
    for (size_t i = 0; i < array_length(askers); i++) {
        turn_until_answered(bench, &askers[i]);
        assert_string_equal(askers[i].text, "192.0.2.1");
        leave(&askers[i]);
    }

    assert_int_equal(name_server_question_count(bench->server, NAME), 1);
}

static void what_is_known_is_told_at_once(void **state)
{
    struct bench *bench = *state;
    struct asker again = new_asker();
    say(bench, "192.0.2.1", 60);
    struct asker first = find_out(bench, NAME);

    bool is_known = ask(bench, &again, NAME);

    assert_true(is_known);
    assert_string_equal(again.text, "192.0.2.1");
    assert_ptr_equal(again.addresses, first.addresses);
    assert_int_equal(name_server_question_count(bench->server, NAME), 1);
    leave(&first);
    leave(&again);
}

/* ---- no address ---- */

static void check_none(struct bench *bench, enum name_server_manner manner)
{
    say_manner(bench, manner);
    struct asker first = find_out(bench, NAME);
    size_t asked = name_server_total_count(bench->server);

    struct asker again = find_out(bench, NAME);

    assert_int_equal(first.error, CALL_DNS_ERROR);
    assert_null(first.addresses);
    assert_int_equal(again.error, CALL_DNS_ERROR);
    assert_int_equal(name_server_total_count(bench->server), asked); /* it was remembered */
}

static void a_name_that_does_not_exist_is_dns_error_and_remembered(void **state)
{
    check_none(*state, NAME_SERVER_KNOWS_NONE);
}

static void a_name_server_that_fails_is_dns_error_and_remembered(void **state)
{
    check_none(*state, NAME_SERVER_FAILS);
}

static void a_name_without_an_address_is_dns_error(void **state)
{
    check_none(*state, NAME_SERVER_ANSWERS);
}

static void a_name_that_comes_to_exist_is_found_a_second_later(void **state)
{
    struct bench *bench = *state;
    say_manner(bench, NAME_SERVER_KNOWS_NONE);
    struct asker before = find_out(bench, NAME);
    say(bench, "192.0.2.1", 60);

    outlive(1100);
    struct asker after = find_out(bench, NAME);

    assert_int_equal(before.error, CALL_DNS_ERROR);
    assert_string_equal(after.text, "192.0.2.1");
    leave(&after);
}

static void names_that_cannot_be_are_dns_error_and_nobody_is_asked(void **state)
{
    struct bench *bench = *state;
    char long_label[80];
    (void)snprintf(long_label, sizeof long_label, "x%063d.test", 0);

    struct asker asker = find_out(bench, long_label);

    assert_int_equal(asker.error, CALL_DNS_ERROR);
    assert_int_equal(name_server_total_count(bench->server), 0);
}

/* ---- time to live ---- */

static void another_address_is_taken_up_after_the_time_to_live(void **state)
{
    struct bench *bench = *state;
    say(bench, "192.0.2.1", 1);
    struct asker before = find_out(bench, NAME);
    say(bench, "192.0.2.2", 1);

    outlive(1100);
    struct asker after = find_out(bench, NAME);

    assert_string_equal(before.text, "192.0.2.1");
    assert_string_equal(after.text, "192.0.2.2");
    assert_true(name_addresses_are_outdated(before.addresses));
    assert_false(name_addresses_are_outdated(after.addresses));
    leave(&before);
    leave(&after);
}

static void the_same_addresses_in_another_order_outdate_nothing(void **state)
{
    struct bench *bench = *state;
    say(bench, "192.0.2.1,192.0.2.2,::1", 1);
    struct asker before = find_out(bench, NAME);
    say(bench, "::1,192.0.2.2,192.0.2.1", 1);

    outlive(1100);
    struct asker after = find_out(bench, NAME);

    assert_true(name_server_question_count(bench->server, NAME) >= 2);
    assert_ptr_equal(after.addresses, before.addresses);
    assert_false(name_addresses_are_outdated(before.addresses));
    leave(&before);
    leave(&after);
}

static void a_time_to_live_of_nothing_is_a_second(void **state)
{
    struct bench *bench = *state;
    say(bench, "192.0.2.1", 0);
    struct asker first = find_out(bench, NAME);

    for (int i = 0; i < 1000; i++) {
        struct asker again = find_out(bench, NAME);
        leave(&again);
    }

    /* A busy machine may need seconds for it; once for each would be a thousand. */
    assert_true(name_server_question_count(bench->server, NAME) <= 10);
    leave(&first);
}

static void an_alias_that_lives_shorter_counts(void **state)
{
    struct bench *bench = *state;
    name_server_say(bench->server, NAME,
                    &(struct name_server_saying){
                        .addresses = "192.0.2.1", .ttl_s = 3600, .alias = "other.test", .alias_ttl_s = 1 });
    struct asker before = find_out(bench, NAME);

    outlive(1100);
    struct asker after = find_out(bench, NAME);

    assert_string_equal(before.text, "192.0.2.1");
    assert_int_equal(name_server_question_count(bench->server, NAME), 2);
    leave(&before);
    leave(&after);
}

static void a_name_that_exists_no_more_outdates_its_addresses(void **state)
{
    struct bench *bench = *state;
    say(bench, "192.0.2.1", 1);
    struct asker before = find_out(bench, NAME);
    say_manner(bench, NAME_SERVER_KNOWS_NONE);

    outlive(1100);
    struct asker after = find_out(bench, NAME);

    assert_int_equal(after.error, CALL_DNS_ERROR);
    assert_true(name_addresses_are_outdated(before.addresses));
    leave(&before);
}

/* ---- silence ---- */

static void who_waits_for_a_silent_name_server_waits_and_may_leave(void **state)
{
    struct bench *bench = *state;
    struct asker asker = new_asker();
    say_manner(bench, NAME_SERVER_IS_SILENT);

    assert_false(ask(bench, &asker, NAME));
    name_server_wait_for_questions(bench->server, NAME, 1);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(loop_turn(bench->loop, CLOCK_US_PER_MS), 0);
    }
    leave(&asker);
    say(bench, "192.0.2.1", 60);
    struct asker other = find_out(bench, NAME);

    assert_int_equal(asker.answer_count, 0);
    assert_string_equal(other.text, "192.0.2.1"); /* it was asked again */
    leave(&other);
}

static void a_resolver_can_be_freed_while_it_asks(void **state)
{
    struct bench *bench = *state;
    struct asker asker = new_asker();
    say_manner(bench, NAME_SERVER_IS_SILENT);
    assert_false(ask(bench, &asker, NAME));
    name_server_wait_for_questions(bench->server, NAME, 1);
    leave(&asker);

    uint64_t start_us = clock_monotonic_us();
    name_resolver_free(take_pointer(bench->resolver));

    assert_true(clock_monotonic_us() - start_us < NAME_CHANNEL_PATIENCE_MS * (uint64_t)CLOCK_US_PER_MS);
    assert_int_equal(asker.answer_count, 0);
}

static void addresses_outlive_a_name_server_that_falls_silent(void **state)
{
    struct bench *bench = *state;
    struct asker third = new_asker();
    say(bench, "192.0.2.1", 1);
    struct asker first = find_out(bench, NAME);
    say_manner(bench, NAME_SERVER_IS_SILENT);
    outlive(1100);

    struct asker second = new_asker();
    bool is_second_known = ask(bench, &second, NAME);
    turn_until_answered(bench, &second);
    bool is_third_known = ask(bench, &third, NAME);

    assert_false(is_second_known); /* it gave the server a moment to say something newer */
    assert_string_equal(second.text, "192.0.2.1");
    assert_true(is_third_known); /* and that was moment enough for all */
    assert_ptr_equal(third.addresses, first.addresses);
    assert_false(name_addresses_are_outdated(first.addresses));
    leave(&first);
    leave(&second);
    leave(&third);
}

static void addresses_outlive_a_name_server_that_fails_until_it_can_tell_again(void **state)
{
    struct bench *bench = *state;
    say(bench, "192.0.2.1", 1);
    struct asker first = find_out(bench, NAME);
    say_manner(bench, NAME_SERVER_FAILS);
    outlive(1100);

    struct asker during = find_out(bench, NAME);
    say(bench, "192.0.2.2", 60);
    struct asker after = new_asker();
    uint64_t start_us = clock_monotonic_us();
    do {
        leave(&after);
        after = find_out(bench, NAME);
        assert_int_equal(loop_turn(bench->loop, 10 * (uint64_t)CLOCK_US_PER_MS), 0);
    } while (strcmp(after.text, "192.0.2.1") == 0 && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0);

    assert_int_equal(during.error, CALL_OK);
    assert_string_equal(during.text, "192.0.2.1");
    assert_string_equal(after.text, "192.0.2.2");
    assert_true(name_addresses_are_outdated(first.addresses));
    leave(&first);
    leave(&during);
    leave(&after);
}

/* ---- blocking ---- */

static void who_blocks_gets_the_answer(void **state)
{
    struct bench *bench = *state;
    say(bench, "192.0.2.1", 60);

    struct name_answer answer =
        name_resolver_block(bench->resolver, NAME, clock_monotonic_us() + TEST_PATIENCE_MS * (uint64_t)CLOCK_US_PER_MS);

    assert_int_equal(answer.error, CALL_OK);
    assert_string_equal(answer.addresses->text, "192.0.2.1");
}

static void who_blocks_on_a_silent_name_server_goes_on_in_time(void **state)
{
    struct bench *bench = *state;
    say_manner(bench, NAME_SERVER_IS_SILENT);
    uint64_t until_us = clock_monotonic_us() + 300 * (uint64_t)CLOCK_US_PER_MS;

    struct name_answer answer = name_resolver_block(bench->resolver, NAME, until_us);

    assert_int_equal(answer.error, CALL_DNS_TIMEOUT);
    assert_null(answer.addresses);
    assert_true(clock_monotonic_us() >= until_us);
    assert_true(clock_monotonic_us() < until_us + 5 * (uint64_t)CLOCK_US_PER_SECOND);
}

static void who_waited_already_is_told_by_the_loop_and_not_by_who_blocks(void **state)
{
    struct bench *bench = *state;
    struct asker asker = new_asker();
    say(bench, "192.0.2.1", 60);
    assert_false(ask(bench, &asker, NAME));

    struct name_answer answer =
        name_resolver_block(bench->resolver, NAME, clock_monotonic_us() + TEST_PATIENCE_MS * (uint64_t)CLOCK_US_PER_MS);
    unsigned told_meanwhile = asker.answer_count;
    turn_until_answered(bench, &asker);

    assert_int_equal(answer.error, CALL_OK);
    assert_int_equal(told_meanwhile, 0);
    assert_string_equal(asker.text, "192.0.2.1");
    assert_int_equal(name_server_question_count(bench->server, NAME), 1);
    leave(&asker);
}

/* ---- what the system says ---- */

static void write_file(const char *path, const char *text)
{
    char next[64];

    (void)snprintf(next, sizeof next, "%s.next", path);
    FILE *file = fopen(next, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(next, path), 0);
}

static void the_resolv_conf_is_read_and_read_again_when_it_is_another(void **state)
{
    struct bench *bench = *state;
    char folder[] = "/tmp/names.XXXXXX";
    char path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/resolv.conf", folder);
    write_file(path, "search a.test\n");
    name_server_say(bench->server, "users.a.test",
                    &(struct name_server_saying){ .addresses = "192.0.2.1", .ttl_s = 1 });
    name_server_say(bench->server, "users.longer.test",
                    &(struct name_server_saying){ .addresses = "192.0.2.2", .ttl_s = 1 });
    name_resolver_free(bench->resolver);
    open_resolver(bench, path);

    struct asker before = find_out(bench, "users");
    write_file(path, "search longer.test\n");
    outlive(1100);
    struct asker after = find_out(bench, "users");

    assert_string_equal(before.text, "192.0.2.1");
    assert_string_equal(after.text, "192.0.2.2");
    leave(&before);
    leave(&after);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* It would make another name of this one. */
static void the_environment_says_nothing_of_names(void **state)
{
    struct bench *bench = *state;
    char path[] = "/tmp/names.XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(dprintf(descriptor, "users evil.test\n"), 16);
    assert_int_equal(setenv("HOSTALIASES", path, 1), 0);
    assert_int_equal(setenv("LOCALDOMAIN", "evil.test", 1), 0);
    name_server_say(bench->server, "evil.test", &(struct name_server_saying){ .addresses = "192.0.2.66", .ttl_s = 1 });
    name_server_say(bench->server, "users.evil.test",
                    &(struct name_server_saying){ .addresses = "192.0.2.66", .ttl_s = 1 });
    assert_int_equal(name_channel_global_init(), 0); /* as a program does that was started with them */

    struct asker asker = find_out(bench, "users");

    assert_int_equal(asker.error, CALL_DNS_ERROR);
    assert_int_equal(name_server_question_count(bench->server, "evil.test"), 0);
    assert_int_equal(name_server_question_count(bench->server, "users.evil.test"), 0);
    name_channel_global_clear();
    (void)close(descriptor);
    assert_int_equal(unlink(path), 0);
}

#define bench_test(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_name_has_the_addresses_of_both_families),
        bench_test(a_name_may_have_one_family_alone),
        bench_test(a_hundred_who_want_a_name_ask_once),
        bench_test(what_is_known_is_told_at_once),
        bench_test(a_name_that_does_not_exist_is_dns_error_and_remembered),
        bench_test(a_name_server_that_fails_is_dns_error_and_remembered),
        bench_test(a_name_without_an_address_is_dns_error),
        bench_test(a_name_that_comes_to_exist_is_found_a_second_later),
        bench_test(names_that_cannot_be_are_dns_error_and_nobody_is_asked),
        bench_test(another_address_is_taken_up_after_the_time_to_live),
        bench_test(the_same_addresses_in_another_order_outdate_nothing),
        bench_test(a_time_to_live_of_nothing_is_a_second),
        bench_test(an_alias_that_lives_shorter_counts),
        bench_test(a_name_that_exists_no_more_outdates_its_addresses),
        bench_test(who_waits_for_a_silent_name_server_waits_and_may_leave),
        bench_test(a_resolver_can_be_freed_while_it_asks),
        bench_test(addresses_outlive_a_name_server_that_falls_silent),
        bench_test(addresses_outlive_a_name_server_that_fails_until_it_can_tell_again),
        bench_test(who_blocks_gets_the_answer),
        bench_test(who_blocks_on_a_silent_name_server_goes_on_in_time),
        bench_test(who_waited_already_is_told_by_the_loop_and_not_by_who_blocks),
        bench_test(the_resolv_conf_is_read_and_read_again_when_it_is_another),
        bench_test(the_environment_says_nothing_of_names),
    };

    if (name_channel_global_init() < 0) {
        return 1;
    }
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    name_channel_global_clear();
    return failed_count;
}
