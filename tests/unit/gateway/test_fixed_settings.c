/* SPDX-License-Identifier: MIT */
#include "gateway/fixed_settings.h"

#include "tests/unit/gateway/config_bench.h"

static const char *const flags_one[] = { "--listen=127.0.0.1:8081", "--admin=127.0.0.1:9902", "--threads=3", NULL };
static const char *const flags_two[] = { "--listen=127.0.0.2:8081", "--admin=off", "--threads=4", NULL };

#define LIMITS(connections, header_bytes, in_flight)                                                                   \
    "{\"limits\":{\"connections\":" #connections ",\"header_bytes\":" #header_bytes ",\"in_flight\":" #in_flight "},"
#define ROUTES "\"routes\":[{\"path\":\"/a\",\"respond\":{\"text\":\"\"}}]}"
#define ONE LIMITS(100, 5000, 7) "\"workers\":2,\"name_servers\":\"192.0.2.1\"," ROUTES
#define TWO LIMITS(200, 6000, 8) "\"workers\":1,\"name_servers\":\"192.0.2.2\"," ROUTES

static const struct tls_settings own_tls = {
    .certificate = { .path = "own.pem", .text = STR_STATIC("own") },
    .key = { .path = "key.pem", .text = STR_STATIC("key") },
};
static const struct tls_settings other_tls = {
    .certificate = { .path = "other.pem", .text = STR_STATIC("other") },
    .key = { .path = "key.pem", .text = STR_STATIC("key") },
};

static struct fixed_settings fixed_as(const char *const *flags, const char *text, bool is_secured)
{
    struct config *config = config_bench_read_with(flags, str_of(text));
    struct fixed_settings fixed;

    config->tls = is_secured ? &own_tls : NULL;
    fixed_settings_take(&fixed, config);
    config_release(config); /* nothing of it is held */
    return fixed;
}

static void fixed_settings_are_named_where_another_configuration_differs(void **state)
{
    static const struct {
        const char *name;
        const char *const *flags;
        const char *text;
        bool is_secured;
    } cases[] = {
        { "", flags_one, ONE, false },
        { "", flags_one, LIMITS(100, 5000, 8) "\"workers\":2,\"name_servers\":\"192.0.2.1\"," ROUTES, false },
        { "listen, admin, threads", flags_two, ONE, false },
        { "workers, name_servers, limits.connections, limits.header_bytes", flags_one, TWO, false },
        { "tls", flags_one, ONE, true },
        { "listen, admin, workers, threads, name_servers, tls, limits.connections, limits.header_bytes", flags_two, TWO,
          true },
    };
    (void)state;
    struct fixed_settings fixed = fixed_as(flags_one, ONE, false);
    fixed.threads = 3;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct config *other = config_bench_read_with(cases[i].flags, str_of(cases[i].text));
        struct error names = { "what was there before" };
        other->tls = cases[i].is_secured ? &own_tls : NULL;

        fixed_settings_list_others(&fixed, other, &names);

        assert_string_equal(names.text, cases[i].name);
        config_release(other);
    }
}

static void fixed_settings_are_kept_and_nothing_else_is(void **state)
{
    struct error names;
    (void)state;
    struct fixed_settings fixed = fixed_as(flags_one, ONE, false);
    fixed.threads = 3;
    struct config *other = config_bench_read_with(flags_two, STR(TWO));
    other->tls = &other_tls;

    fixed_settings_keep(&fixed, other, NULL);

    fixed_settings_list_others(&fixed, other, &names);
    assert_string_equal(names.text, "");
    assert_string_equal(other->settings.listen.host, "127.0.0.1");
    assert_true(other->settings.has_admin);
    assert_int_equal(other->settings.admin.port, 9902);
    assert_int_equal(other->settings.workers, 2);
    assert_int_equal(other->settings.threads, 3);
    assert_string_equal(other->settings.name_servers, "192.0.2.1");
    assert_int_equal(other->limits.connections, 100);
    assert_int_equal(other->limits.header_bytes, 5000);
    assert_null(other->tls);
    assert_int_equal(other->limits.in_flight, 8);
    config_release(other);
}

static void fixed_settings_leave_the_threads_open_while_there_is_no_pool(void **state)
{
    struct error names;
    (void)state;
    struct fixed_settings fixed = fixed_as(flags_one, ONE, false);
    struct config *other = config_bench_read_with(flags_two, STR(ONE));

    fixed_settings_list_others(&fixed, other, &names);
    fixed_settings_keep(&fixed, other, NULL);

    assert_string_equal(names.text, "listen, admin");
    assert_int_equal(other->settings.threads, 4);
    config_release(other);
}

static void fixed_settings_keep_the_certificate_in_use_where_another_configuration_has_none(void **state)
{
    (void)state;
    struct fixed_settings fixed = fixed_as(flags_one, ONE, true);
    struct config *without = config_bench_read_with(flags_one, STR(ONE));
    struct config *with = config_bench_read_with(flags_one, STR(ONE));
    with->tls = &other_tls;

    fixed_settings_keep(&fixed, without, &own_tls);
    fixed_settings_keep(&fixed, with, &own_tls);

    assert_non_null(without->tls);
    assert_ptr_not_equal(without->tls, &own_tls); /* a copy, which lasts as long as the configuration */
    assert_string_equal(without->tls->certificate.path, "own.pem");
    assert_text(without->tls->key.text, "key");
    assert_ptr_equal(with->tls, &other_tls); /* another certificate may come */
    config_release(without);
    config_release(with);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_settings_are_named_where_another_configuration_differs),
        cmocka_unit_test(fixed_settings_are_kept_and_nothing_else_is),
        cmocka_unit_test(fixed_settings_leave_the_threads_open_while_there_is_no_pool),
        cmocka_unit_test(fixed_settings_keep_the_certificate_in_use_where_another_configuration_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
