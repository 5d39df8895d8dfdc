/* SPDX-License-Identifier: MIT */
/*
 * What names stand for, who is asked and how often, with a name server of the test's. How long it is believed:
 * test_name_resolver_times; a name server that says nothing: test_name_resolver_silence.
 */
#include <stdio.h>

#include "tests/integration/name_bench.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

/* ---- answers ---- */

static void a_name_has_the_addresses_of_both_families(void **state)
{
    struct name_bench *bench = *state;
    bench_say(bench, "192.0.2.1,192.0.2.2,2001:db8::1", 60);

    struct asker asker = bench_find_out(bench, NAME);

    assert_int_equal(asker.error, CALL_OK);
    assert_int_equal(asker.addresses->count, 3);
    assert_non_null(strstr(asker.text, "192.0.2.1"));
    assert_non_null(strstr(asker.text, "192.0.2.2"));
    assert_non_null(strstr(asker.text, "[2001:db8::1]"));
    asker_leave(&asker);
}

static void a_name_may_have_one_family_alone(void **state)
{
    static const char *const addresses[] = { "192.0.2.7", "2001:db8::7" };
    struct name_bench *bench = *state;

    for (size_t i = 0; i < array_length(addresses); i++) {
        char name[] = "n0.test";
        name[1] = (char)('0' + i);
        name_server_say(bench->server, name, &(struct name_server_saying){ .addresses = addresses[i], .ttl_s = 60 });

        struct asker asker = bench_find_out(bench, name);

        assert_int_equal(asker.error, CALL_OK);
        assert_int_equal(asker.addresses->count, 1);
        asker_leave(&asker);
    }
}

static void a_hundred_who_want_a_name_ask_once(void **state)
{
    struct name_bench *bench = *state;
    struct asker askers[100];
    bench_say(bench, "192.0.2.1", 60);

    for (size_t i = 0; i < array_length(askers); i++) {
        askers[i] = asker_new();
        assert_false(bench_ask(bench, &askers[i], NAME));
    }
    for (size_t i = 0; i < array_length(askers); i++) {
        bench_turn_until_answered(bench, &askers[i]);
        assert_string_equal(askers[i].text, "192.0.2.1");
        asker_leave(&askers[i]);
    }

    assert_int_equal(name_server_question_count(bench->server, NAME), 1);
}

static void what_is_known_is_told_at_once(void **state)
{
    struct name_bench *bench = *state;
    struct asker again = asker_new();
    bench_say(bench, "192.0.2.1", 60);
    struct asker first = bench_find_out(bench, NAME);

    bool is_known = bench_ask(bench, &again, NAME);

    assert_true(is_known);
    assert_string_equal(again.text, "192.0.2.1");
    assert_ptr_equal(again.addresses, first.addresses);
    assert_int_equal(name_server_question_count(bench->server, NAME), 1);
    asker_leave(&first);
    asker_leave(&again);
}

/* ---- no address ---- */

static void check_none(struct name_bench *bench, enum name_server_manner manner)
{
    bench_say_manner(bench, manner);
    struct asker first = bench_find_out(bench, NAME);
    size_t asked = name_server_total_count(bench->server);

    struct asker again = bench_find_out(bench, NAME);

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
    struct name_bench *bench = *state;
    bench_say_manner(bench, NAME_SERVER_KNOWS_NONE);
    struct asker before = bench_find_out(bench, NAME);
    bench_say(bench, "192.0.2.1", 60);

    bench_outlive(1100);
    struct asker after = bench_find_out(bench, NAME);

    assert_int_equal(before.error, CALL_DNS_ERROR);
    assert_string_equal(after.text, "192.0.2.1");
    asker_leave(&after);
}

static void names_that_cannot_be_are_dns_error_and_nobody_is_asked(void **state)
{
    struct name_bench *bench = *state;
    char long_label[80];
    (void)snprintf(long_label, sizeof long_label, "x%063d.test", 0);

    struct asker asker = bench_find_out(bench, long_label);

    assert_int_equal(asker.error, CALL_DNS_ERROR);
    assert_int_equal(name_server_total_count(bench->server), 0);
}

/* ---- blocking ---- */

static void who_blocks_gets_the_answer(void **state)
{
    struct name_bench *bench = *state;
    bench_say(bench, "192.0.2.1", 60);

    struct name_answer answer =
        name_resolver_block(bench->resolver, NAME, clock_monotonic_us() + TEST_PATIENCE_MS * (uint64_t)CLOCK_US_PER_MS);

    assert_int_equal(answer.error, CALL_OK);
    assert_string_equal(answer.addresses->text, "192.0.2.1");
}

static void who_blocks_on_a_silent_name_server_goes_on_in_time(void **state)
{
    struct name_bench *bench = *state;
    bench_say_manner(bench, NAME_SERVER_IS_SILENT);
    uint64_t until_us = clock_monotonic_us() + 300 * (uint64_t)CLOCK_US_PER_MS;

    struct name_answer answer = name_resolver_block(bench->resolver, NAME, until_us);

    assert_int_equal(answer.error, CALL_DNS_TIMEOUT);
    assert_null(answer.addresses);
    assert_true(clock_monotonic_us() >= until_us);
    assert_true(clock_monotonic_us() < until_us + 5 * (uint64_t)CLOCK_US_PER_SECOND);
}

static void who_waited_already_is_told_by_the_loop_and_not_by_who_blocks(void **state)
{
    struct name_bench *bench = *state;
    struct asker asker = asker_new();
    bench_say(bench, "192.0.2.1", 60);
    assert_false(bench_ask(bench, &asker, NAME));

    struct name_answer answer =
        name_resolver_block(bench->resolver, NAME, clock_monotonic_us() + TEST_PATIENCE_MS * (uint64_t)CLOCK_US_PER_MS);
    unsigned told_meanwhile = asker.answer_count;
    bench_turn_until_answered(bench, &asker);

    assert_int_equal(answer.error, CALL_OK);
    assert_int_equal(told_meanwhile, 0);
    assert_string_equal(asker.text, "192.0.2.1");
    assert_int_equal(name_server_question_count(bench->server, NAME), 1);
    asker_leave(&asker);
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
    struct name_bench *bench = *state;
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
    bench_open_resolver(bench, path);

    struct asker before = bench_find_out(bench, "users");
    write_file(path, "search longer.test\n");
    bench_outlive(1100);
    struct asker after = bench_find_out(bench, "users");

    assert_string_equal(before.text, "192.0.2.1");
    assert_string_equal(after.text, "192.0.2.2");
    asker_leave(&before);
    asker_leave(&after);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* It would make another name of this one. */
static void the_environment_says_nothing_of_names(void **state)
{
    struct name_bench *bench = *state;
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

    struct asker asker = bench_find_out(bench, "users");

    assert_int_equal(asker.error, CALL_DNS_ERROR);
    assert_int_equal(name_server_question_count(bench->server, "evil.test"), 0);
    assert_int_equal(name_server_question_count(bench->server, "users.evil.test"), 0);
    name_channel_global_clear();
    (void)close(descriptor);
    assert_int_equal(unlink(path), 0);
}

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
        bench_test(who_blocks_gets_the_answer),
        bench_test(who_blocks_on_a_silent_name_server_goes_on_in_time),
        bench_test(who_waited_already_is_told_by_the_loop_and_not_by_who_blocks),
        bench_test(the_resolv_conf_is_read_and_read_again_when_it_is_another),
        bench_test(the_environment_says_nothing_of_names),
    };

    return cmocka_run_group_tests(tests, name_bench_begin, name_bench_end);
}
