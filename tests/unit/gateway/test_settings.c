/* SPDX-License-Identifier: MIT */
#include "gateway/settings.h"

#include "common/clock.h"
#include "gateway/mode.h"
#include "tests/support/unit.h"

enum { MOST_WORDS = 3 };

/* One run of the options' parser. */
struct run {
    struct settings settings;
    enum options_result result;
    struct error error;
};

/* `variable` and `flag`: NULL for none. */
static void parse(struct run *run, const char *variable, const char *flag)
{
    const struct options_program program = {
        .name = "fanlight-gateway",
        .synopsis = "gateway",
        .summary = "A gateway.",
        .options = settings_options,
        .option_count = settings_option_count,
        .has_given = true,
        .given_offset = offsetof(struct settings, given),
    };
    char *arguments[MOST_WORDS] = { (char *)(uintptr_t) "gateway", (char *)(uintptr_t)flag, NULL };
    char *environment[MOST_WORDS] = { (char *)(uintptr_t)variable, NULL };

    *run = (struct run){ .result = OPTIONS_WRONG };
    run->result =
        options_parse(&program, flag != NULL ? 2 : 1, arguments, environment, &run->settings, NULL, &run->error);
}

static const struct option *row(const char *name)
{
    for (size_t i = 0; i < settings_option_count; i++) {
        if (strcmp(settings_options[i].name, name) == 0) {
            return &settings_options[i];
        }
    }
    fail_msg("there is no --%s", name);
    return NULL;
}

/* ---- rows and keys ---- */

static const struct {
    const char *name; /* of the flag */
    const char *key;  /* of the file; NULL: none */
    const char *value;
} rows[] = {
    { "config", NULL, "gateway.json" },
    { "check", NULL, "true" },
    { "mode", "mode", "async" },
    { "listen", "listen", "127.0.0.1:8080" },
    { "admin", "admin", "off" },
    { "backend", NULL, "http://127.0.0.1:9000" },
    { "workers", "workers", "2" },
    { "threads", "threads", "16" },
    { "blocking", "blocking", "task1" },
    { "deadline", "deadline", "60s" },
    { "drain-timeout", "drain_timeout", "30s" },
    { "allow-mode-override", "allow_mode_override", "1" },
    { "allow-explain", "allow_explain", "0" },
    { "name-servers", "name_servers", "system" },
    { "log-format", NULL, "text" },
    { "log-level", NULL, "info" },
};

static void settings_have_these_rows_and_room_to_say_which_were_given(void **state)
{
    (void)state;

    assert_int_equal(settings_option_count, array_length(rows));
    assert_in_range(settings_option_count, 1, 64);
    for (size_t i = 0; i < array_length(rows); i++) {
        assert_case(rows[i].name, strcmp(settings_options[i].name, rows[i].name) == 0);
    }
}

static void settings_find_the_row_of_a_key(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        if (rows[i].key != NULL) {
            assert_case(rows[i].key, settings_option_of_key(str_of(rows[i].key)) == &settings_options[i]);
        } else {
            assert_case(rows[i].name, settings_option_of_key(str_of(rows[i].name)) == NULL);
        }
    }
}

static void settings_have_no_row_for_another_key(void **state)
{
    static const struct str keys[] = {
        STR_STATIC(""),
        STR_STATIC("drain-timeout"),
        STR_STATIC("allow-mode-override"),
        STR_STATIC("log_format"),
        STR_STATIC("log-format"),
        STR_STATIC("log_level"),
        STR_STATIC("log-level"),
        STR_STATIC("config"),
        STR_STATIC("check"),
        STR_STATIC("backend"),
        STR_STATIC("backends"),
        STR_STATIC("routes"),
        STR_STATIC("Mode"),
        STR_STATIC("mod"),
        STR_STATIC("modes"),
        STR_STATIC("mode\0"),
        STR_STATIC("m\0de"),
        STR_STATIC("drain_timeou"),
        STR_STATIC("drain"),
        STR_STATIC("allow_mode_overridee"),
        STR_STATIC("allow_mode"),
        STR_STATIC("_allow_explain"),
    };
    (void)state;

    for (size_t i = 0; i < array_length(keys); i++) {
        assert_case(keys[i].base, settings_option_of_key(keys[i]) == NULL);
    }
}

/* A key from a file has no NUL behind it. */
static void settings_read_no_byte_behind_a_key(void **state)
{
    const struct str longer = STR("drain_timeout!");
    (void)state;

    for (size_t length = 1; length <= longer.length; length++) {
        cleanup_free char *key = malloc(length);
        assert_non_null(key);
        memcpy(key, longer.base, length);

        const struct option *found = settings_option_of_key((struct str){ key, length });

        assert_ptr_equal(found, length == longer.length - 1 ? row("drain-timeout") : NULL);
    }
}

/* ---- what was given ---- */

static void settings_are_given_by_nobody_at_first(void **state)
{
    struct run run;
    (void)state;

    parse(&run, NULL, NULL);

    assert_int_equal(run.result, OPTIONS_RUN);
    assert_int_equal(run.settings.given, 0);
    for (size_t i = 0; i < settings_option_count; i++) {
        assert_case(settings_options[i].name, !settings_is_given(&run.settings, &settings_options[i]));
    }
}

static void assert_only_given(const struct run *run, size_t index)
{
    assert_case(rows[index].name, run->result == OPTIONS_RUN);
    for (size_t i = 0; i < settings_option_count; i++) {
        assert_case(rows[index].name, settings_is_given(&run->settings, &settings_options[i]) == (i == index));
    }
}

/* Also where the value is the one it would have had anyway. */
static void settings_are_given_by_a_flag(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        struct run run;
        char flag[128];
        (void)snprintf(flag, sizeof flag, "--%s=%s", rows[i].name, rows[i].value);

        parse(&run, NULL, flag);

        assert_only_given(&run, i);
    }
}

static void settings_are_given_by_a_variable(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        struct run run;
        char name[OPTIONS_VARIABLE_BYTES];
        char variable[256];
        options_variable_name(rows[i].name, name, sizeof name);
        (void)snprintf(variable, sizeof variable, "%s=%s", name, rows[i].value);

        parse(&run, variable, NULL);

        assert_only_given(&run, i);
    }
}

static void settings_are_given_by_variable_and_flag_together(void **state)
{
    struct run run;
    (void)state;

    parse(&run, "FANLIGHT_LOG_LEVEL=debug", "--mode=sync");

    assert_int_equal(run.result, OPTIONS_RUN);
    assert_true(settings_is_given(&run.settings, row("log-level")));
    assert_true(settings_is_given(&run.settings, row("mode")));
    assert_false(settings_is_given(&run.settings, row("log-format")));
    assert_false(settings_is_given(&run.settings, row("listen")));
}

/* ---- values ---- */

static void settings_have_these_values_unless_told_otherwise(void **state)
{
    struct run run;
    (void)state;

    parse(&run, NULL, NULL);

    assert_null(run.settings.config_file);
    assert_false(run.settings.check);
    assert_int_equal(run.settings.mode, MODE_ASYNC);
    assert_string_equal(run.settings.listen.host, "127.0.0.1");
    assert_int_equal(run.settings.listen.port, 8080);
    assert_true(run.settings.has_admin);
    assert_string_equal(run.settings.admin.host, "127.0.0.1");
    assert_int_equal(run.settings.admin.port, 9901);
    assert_string_equal(run.settings.backend.authority, "127.0.0.1:9000");
    assert_int_equal(run.settings.workers, 1);
    assert_int_equal(run.settings.threads, 16);
    assert_string_equal(run.settings.blocking, "task1");
    assert_int_equal(run.settings.deadline_us, 60 * CLOCK_US_PER_SECOND);
    assert_int_equal(run.settings.drain_timeout_us, 30 * CLOCK_US_PER_SECOND);
    assert_false(run.settings.allow_mode_override);
    assert_false(run.settings.allow_explain);
    assert_string_equal(run.settings.name_servers, SETTINGS_NAME_SERVERS_OF_SYSTEM);
    assert_int_equal(run.settings.log.format, LOG_TEXT);
    assert_int_equal(run.settings.log.level, LOG_INFO);
}

static void settings_take_the_admin_listener_away_and_give_it_back(void **state)
{
    struct run off;
    struct run on;
    (void)state;

    parse(&off, NULL, "--admin=off");
    parse(&on, "FANLIGHT_ADMIN=off", "--admin=[::1]:0");

    assert_int_equal(off.result, OPTIONS_RUN);
    assert_false(off.settings.has_admin);
    assert_int_equal(on.result, OPTIONS_RUN);
    assert_true(on.settings.has_admin);
    assert_string_equal(on.settings.admin.host, "::1");
    assert_int_equal(on.settings.admin.port, 0);
}

static void settings_take_name_servers_with_and_without_a_port(void **state)
{
    static const char *const options[] = {
        "--name-servers=system",
        "--name-servers=192.0.2.53",
        "--name-servers=192.0.2.53:5353,192.0.2.54",
        "--name-servers=[2001:db8::53]",
        "--name-servers=[::1]:53,127.0.0.1:65535",
        "--name-servers=[1111:2222:3333:4444:5555:6666:7777:8888]:65535",
    };
    (void)state;

    for (size_t i = 0; i < array_length(options); i++) {
        struct run run;
        parse(&run, NULL, options[i]);

        assert_case(options[i], run.result == OPTIONS_RUN);
        assert_string_equal(run.settings.name_servers, strchr(options[i], '=') + 1);
    }
}

static void settings_refuse_name_servers_that_are_no_addresses(void **state)
{
    static const char *const options[] = {
        "--name-servers=",
        "--name-servers=dns.example",
        "--name-servers=127.0.0.1,",
        "--name-servers=,127.0.0.1",
        "--name-servers=127.0.0.1,,127.0.0.2",
        "--name-servers=127.0.0.1 ",
        "--name-servers=127.0.0.1:0",
        "--name-servers=127.0.0.1:65536",
        "--name-servers=::1",
        "--name-servers=[::1",
        "--name-servers=[::1]x",
        "--name-servers=127.0.0.1:",
        "--name-servers=System",
        "--name-servers=1.2.3",
        "--name-servers=127.0.0.1,system",
    };
    (void)state;

    for (size_t i = 0; i < array_length(options); i++) {
        struct run run;
        parse(&run, NULL, options[i]);

        assert_case(options[i], run.result == OPTIONS_WRONG);
        assert_case(options[i],
                    strstr(run.error.text,
                           "addresses such as 192.0.2.53 or [2001:db8::53]:5353 with commas between them, or system") !=
                        NULL);
    }
}

static void settings_refuse_more_name_servers_than_there_is_room_for(void **state)
{
    char option[1024] = "--name-servers=127.0.0.1";
    struct run run;
    (void)state;
    while (strlen(option) < SETTINGS_NAME_SERVERS_BYTES + sizeof "--name-servers=") {
        (void)strncat(option, ",127.0.0.1", sizeof option - strlen(option) - 1);
    }

    parse(&run, NULL, option);

    assert_int_equal(run.result, OPTIONS_WRONG);
}

static void settings_refuse_a_value_and_say_what_is_allowed(void **state)
{
    static const struct {
        const char *name;
        const char *error;
    } cases[] = {
        { "--admin=on", "--admin=on: expected HOST:PORT such as 127.0.0.1:9901, or off" },
        { "--admin=OFF", "--admin=OFF: expected HOST:PORT such as 127.0.0.1:9901, or off" },
        { "--admin=", "--admin=: expected HOST:PORT such as 127.0.0.1:9901, or off" },
        { "--backend=http://h/?a=b",
          "--backend=http://h/?a=b: expected an http or https URL without a query, such as http://127.0.0.1:9000" },
        { "--backend=h:9000", "--backend=h:9000: expected http://HOST[:PORT][/PATH] (or https)" },
        { "--workers=0", "--workers=0: expected a number from 1 to 256" },
        { "--workers=257", "--workers=257: expected a number from 1 to 256" },
        { "--threads=4097", "--threads=4097: expected a number from 1 to 4096" },
        { "--mode=asink", "--mode=asink: expected one of sync, threads, async, mixed, wire; did you mean async?" },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct run run;

        parse(&run, NULL, cases[i].name);

        assert_case(cases[i].name, run.result == OPTIONS_WRONG);
        assert_string_equal(run.error.text, cases[i].error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_have_these_rows_and_room_to_say_which_were_given),
        cmocka_unit_test(settings_find_the_row_of_a_key),
        cmocka_unit_test(settings_have_no_row_for_another_key),
        cmocka_unit_test(settings_read_no_byte_behind_a_key),
        cmocka_unit_test(settings_are_given_by_nobody_at_first),
        cmocka_unit_test(settings_are_given_by_a_flag),
        cmocka_unit_test(settings_are_given_by_a_variable),
        cmocka_unit_test(settings_are_given_by_variable_and_flag_together),
        cmocka_unit_test(settings_have_these_values_unless_told_otherwise),
        cmocka_unit_test(settings_take_the_admin_listener_away_and_give_it_back),
        cmocka_unit_test(settings_take_name_servers_with_and_without_a_port),
        cmocka_unit_test(settings_refuse_name_servers_that_are_no_addresses),
        cmocka_unit_test(settings_refuse_more_name_servers_than_there_is_room_for),
        cmocka_unit_test(settings_refuse_a_value_and_say_what_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
