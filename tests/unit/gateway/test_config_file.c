/* SPDX-License-Identifier: MIT */
/* What a file's text must be, the top level, and faults that must not bring others with them. */
#include "gateway/config_file.h"

#include <sys/stat.h>

#include "common/clock.h"
#include "gateway/mode.h"
#include "tests/unit/gateway/config_bench.h"

enum { TEXT_BYTES = 8 * 1024 * 1024 };

/* ---- reading what may be wrong ---- */

/* What is told of it; the text must be refused. */
static void tell(const char *const *flags, struct str text, struct buf *told)
{
    struct settings settings = config_bench_settings(flags);
    struct config_faults faults;

    buf_init(told, TEXT_BYTES);
    config_faults_init(&faults);
    struct config *config = config_read(&settings, text, &faults);
    if (config != NULL) {
        fail_msg("is not refused: %.*s", STR_ARGUMENTS(text));
    }
    config_faults_render(&faults, "t", told);
    config_faults_clear(&faults);
}

static void assert_told(const char *text, const char *expected)
{
    cleanup_buf struct buf told;

    tell(NULL, str_of(text), &told);
    assert_text(buf_view(&told), expected);
}

#define HELLO "{\"path\":\"/\",\"respond\":{\"text\":\"\"}}"
#define WITH_HELLO(members) "{" members ",\"routes\":[" HELLO "]}"

/* ---- the file ---- */

static const struct {
    const char *path;
    const char *told;
} unreadable_rows[] = {
    { "/nonexistent/page.json", "page.json: cannot be read: No such file or directory\n" },
    { "/", "page.json: cannot be read: Is a directory\n" },
    { "/dev/null", "page.json:1:1: not valid JSON: unexpected end\n" },
    { "/dev/zero", "page.json:1:1: has more than 4 MiB\n" },
};

static void config_file_that_cannot_be_read_is_one_fault(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(unreadable_rows); i++) {
        struct settings settings = config_bench_settings(NULL);
        struct config_faults faults;
        cleanup_buf struct buf told;
        buf_init(&told, TEXT_BYTES);
        settings.config_file = unreadable_rows[i].path;
        config_faults_init(&faults);

        struct config *config = config_load(&settings, &faults);

        assert_null(config);
        assert_int_equal(faults.count, 1);
        config_faults_render(&faults, "page.json", &told);
        assert_text(buf_view(&told), unreadable_rows[i].told);
        config_faults_clear(&faults);
    }
}

/* It would stop a gateway that is told to reload. */
static void config_file_that_is_a_pipe_without_a_writer_is_not_waited_for(void **state)
{
    char folder[] = "/tmp/fanlight-config-XXXXXX";
    char path[64];
    struct settings settings = config_bench_settings(NULL);
    struct config_faults faults;
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    settings.config_file = path;
    config_faults_init(&faults);

    struct config *config = config_load(&settings, &faults);

    assert_null(config);
    assert_string_equal(faults.items[0].sentence, "not valid JSON: unexpected end");
    config_faults_clear(&faults);
    (void)unlink(path);
    (void)rmdir(folder);
}

/* A good text with as many blanks behind it as it takes. */
static void fill_up(struct buf *text, size_t length)
{
    static const char good[] = "{\"routes\":[" HELLO "]}";

    buf_init(text, TEXT_BYTES);
    assert_int_equal(buf_add_text(text, good), 0);
    char *room = buf_reserve(text, length - text->length);
    assert_non_null(room);
    memset(room, ' ', length - text->length);
    text->length = length;
}

static void config_file_of_4_mib_is_read_and_one_byte_more_is_refused(void **state)
{
    cleanup_buf struct buf text;
    cleanup_buf struct buf told;
    (void)state;
    fill_up(&text, 4194305);

    struct config *config = config_bench_read_with(NULL, (struct str){ text.base, 4194304 });
    tell(NULL, buf_view(&text), &told);

    assert_int_equal(config->route_count, 1);
    assert_text(buf_view(&told), "t:1:1: has more than 4 MiB\n");
    config_release(config);
}

static void config_file_of_100000_levels_gets_one_plain_sentence(void **state)
{
    static const char *const brackets[] = { "[", "{\"a\":" };
    static const char *const expected[] = { "t:1:65: nested deeper than 64 levels\n",
                                            "t:1:321: nested deeper than 64 levels\n" };
    (void)state;

    for (size_t i = 0; i < array_length(brackets); i++) {
        cleanup_buf struct buf text;
        cleanup_buf struct buf told;
        buf_init(&text, TEXT_BYTES);
        for (size_t j = 0; j < 100000; j++) {
            assert_int_equal(buf_add_text(&text, brackets[i]), 0);
        }

        tell(NULL, buf_view(&text), &told);

        assert_text(buf_view(&told), expected[i]);
    }
}

static void config_file_with_a_nul_is_refused_wherever_it_is(void **state)
{
    static const char good[] = "{\"routes\":[" HELLO "]}";
    (void)state;

    for (size_t i = 0; i < sizeof good; i++) {
        char text[sizeof good];
        cleanup_buf struct buf told;
        memcpy(text, good, sizeof good);
        text[i] = '\0';

        tell(NULL, (struct str){ text, sizeof good }, &told);

        assert_true(memmem(told.base, told.length, "not valid JSON: ", 16) != NULL);
    }
}

/* ---- settings and limits ---- */

static void config_file_sets_what_no_flag_has_set(void **state)
{
    static const char *const flags[] = { "--listen=127.0.0.1:1", "--workers=2", "--admin=off", "--blocking=x", NULL };
    static const char text[] =
        WITH_HELLO("\"listen\":\"127.0.0.1:9\",\"admin\":\"[::1]:10\",\"workers\":3,\"threads\":4,\"mode\":\"sync\","
                   "\"blocking\":\"a,b\",\"deadline\":\"2s\",\"drain_timeout\":\"3s\",\"allow_mode_override\":true,"
                   "\"allow_explain\":true");
    (void)state;

    struct config *config = config_bench_read(text);
    struct config *flagged = config_bench_read_with(flags, str_of(text));

    assert_int_equal(config->settings.listen.port, 9);
    assert_true(config->settings.has_admin && config->settings.admin.is_ipv6);
    assert_int_equal(config->settings.workers, 3);
    assert_int_equal(config->settings.threads, 4);
    assert_int_equal(config->settings.mode, MODE_SYNC);
    assert_string_equal(config->settings.blocking, "a,b");
    assert_int_equal(config->settings.deadline_us, 2 * CLOCK_US_PER_SECOND);
    assert_int_equal(config->settings.drain_timeout_us, 3 * CLOCK_US_PER_SECOND);
    assert_true(config->settings.allow_mode_override && config->settings.allow_explain);
    assert_int_equal(flagged->settings.listen.port, 1);
    assert_false(flagged->settings.has_admin);
    assert_int_equal(flagged->settings.workers, 2);
    assert_int_equal(flagged->settings.threads, 4);
    assert_string_equal(flagged->settings.blocking, "x");
    config_release(config);
    config_release(flagged);
}

static void config_file_says_nothing_and_the_defaults_hold(void **state)
{
    struct settings settings = config_bench_settings(NULL);
    (void)state;

    struct config *config = config_bench_read("{\"routes\":[" HELLO "]}");

    assert_int_equal(config->settings.listen.port, settings.listen.port);
    assert_int_equal(config->settings.deadline_us, settings.deadline_us);
    assert_int_equal(config->limits.connections, config_limits_default.connections);
    assert_int_equal(config->limits.fan_out, config_limits_default.fan_out);
    assert_int_equal(config->limits.idle_timeout_us, config_limits_default.idle_timeout_us);
    assert_int_equal(config->backend_count, 0);
    config_release(config);
}

static void config_file_is_checked_even_where_a_flag_wins(void **state)
{
    static const char *const flags[] = { "--workers=2", NULL };
    cleanup_buf struct buf told;
    (void)state;

    tell(flags, STR(WITH_HELLO("\"workers\":0")), &told);

    assert_text(buf_view(&told), "t:1:12: workers: expected a number from 1 to 256, not 0\n");
}

static void config_file_takes_the_names_of_blocking_calls_in_two_ways(void **state)
{
    static const char *const texts[] = { WITH_HELLO("\"blocking\":\"a,b\""), WITH_HELLO("\"blocking\":[\"a\",\"b\"]"),
                                         WITH_HELLO("\"blocking\":[]") };
    static const char *const expected[] = { "a,b", "a,b", "" };
    (void)state;

    for (size_t i = 0; i < array_length(texts); i++) {
        struct config *config = config_bench_read(texts[i]);

        assert_string_equal(config->settings.blocking, expected[i]);
        config_release(config);
    }
}

static void config_file_sets_limits_and_leaves_the_others(void **state)
{
    (void)state;

    struct config *config = config_bench_read(
        WITH_HELLO("\"limits\":{\"connections\":7,\"body_bytes\":0,\"fan_out\":9,\"send_timeout\":\"1ms\"}"));

    assert_int_equal(config->limits.connections, 7);
    assert_int_equal(config->limits.body_bytes, 0);
    assert_int_equal(config->limits.fan_out, 9);
    assert_int_equal(config->limits.send_timeout_us, CLOCK_US_PER_MS);
    assert_int_equal(config->limits.in_flight, config_limits_default.in_flight);
    assert_int_equal(config->limits.idle_timeout_us, config_limits_default.idle_timeout_us);
    config_release(config);
}

/* ---- faults that must not bring others with them ---- */

#define BACKENDS "\"backends\":{\"b\":{\"servers\":[\"http://b\"]}}"

static const struct {
    const char *text;
    const char *told;
} alone_rows[] = {
    /* The calls of an unknown backend are still calls. */
    { "{" BACKENDS ",\"routes\":[{\"path\":\"/\",\"calls\":{\"x\":{\"backend\":\"c\",\"path\":\"/\"},"
      "\"y\":{\"backend\":\"b\",\"path\":\"/{x.id}\"}}}]}",
      "t:1:90: routes[0].calls.x.backend: unknown backend \"c\"; allowed: b\n" },
    /* So are those with a name that is none, and those that are no objects. */
    { "{" BACKENDS ",\"routes\":[{\"path\":\"/\",\"calls\":{\"a b\":{\"backend\":\"b\",\"path\":\"/\"},\"z\":1,"
      "\"y\":{\"backend\":\"b\",\"path\":\"/{a b.id}/{z}\"}}}]}",
      "t:1:75: routes[0].calls[\"a b\"]: a name must be 1 to 64 of A-Z, a-z, 0-9, \".\", \"_\" and \"-\", without "
      "\"_\" at its front, and not \".\" or \"..\"\n"
      "t:1:112: routes[0].calls.z: expected an object, not 1\n" },
    /* A backend with a fault is there. */
    { "{\"backends\":{\"b\":{\"servers\":[]}},\"routes\":[{\"path\":\"/\",\"calls\":{\"x\":{\"backend\":\"b\","
      "\"path\":\"/\"}}}]}",
      "t:1:29: backends.b.servers: expected 1 to 64 servers, not 0\n" },
    /* Without backends none is known. */
    { "{\"backends\":1,\"routes\":[{\"path\":\"/\",\"calls\":{\"x\":{\"backend\":\"b\",\"path\":\"/\"}}}]}",
      "t:1:13: backends: expected an object, not 1\n" },
    /* A path that is refused says which captures were meant. */
    { "{" BACKENDS ",\"routes\":[{\"path\":\"a/{id}\",\"calls\":{\"x\":{\"backend\":\"b\",\"path\":\"/{id}\"}}}]}",
      "t:1:63: routes[0].path: a path must begin with \"/\"\n" },
    /* Without one nobody can say. */
    { "{" BACKENDS ",\"routes\":[{\"calls\":{\"x\":{\"backend\":\"b\",\"path\":\"/{id}\"}}}]}",
      "t:1:54: routes[0]: \"path\" is missing\n" },
    /* It takes no part in the search for routes out of reach, and neither does one without methods. */
    { "{\"routes\":[{\"path\":\"a\",\"respond\":{\"text\":\"\"}},{\"path\":\"a\",\"respond\":{\"text\":\"\"}},"
      "{\"path\":\"/\",\"methods\":1,\"respond\":{\"text\":\"\"}}," HELLO "]}",
      "t:1:21: routes[0].path: a path must begin with \"/\"\n"
      "t:1:56: routes[1].path: a path must begin with \"/\"\n"
      "t:1:104: routes[2].methods: expected an array of methods, not 1\n" },
    /* A bad fan_out, or a bad max, bounds nothing. */
    { "{\"limits\":{\"fan_out\":0}," BACKENDS ",\"routes\":[{\"path\":\"/\",\"calls\":{"
      "\"x\":{\"backend\":\"b\",\"path\":\"/\"},"
      "\"y\":{\"backend\":\"b\",\"path\":\"/\",\"each\":\"{x.a}\"}}}]}",
      "t:1:22: limits.fan_out: expected a whole number from 1 to 4096, not 0\n" },
    { "{\"limits\":{\"fan_out\":2}," BACKENDS ",\"routes\":[{\"path\":\"/\",\"calls\":{"
      "\"x\":{\"backend\":\"b\",\"path\":\"/\"},"
      "\"y\":{\"backend\":\"b\",\"path\":\"/\",\"each\":\"{x.a}\",\"max\":3}}}]}",
      "t:1:180: routes[0].calls.y.max: expected a whole number from 1 to 2, not 3\n" },
    /* Whether a call is required is not known: so neither is whether its default has an effect. */
    { "{" BACKENDS ",\"routes\":[{\"path\":\"/\",\"calls\":{\"x\":{\"backend\":\"b\",\"path\":\"/\",\"required\":0,"
      "\"default\":1}}}]}",
      "t:1:116: routes[0].calls.x.required: expected true or false, not 0\n" },
};

static void config_file_tells_a_fault_and_not_what_follows_from_it(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(alone_rows); i++) {
        assert_told(alone_rows[i].text, alone_rows[i].told);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_file_that_cannot_be_read_is_one_fault),
        cmocka_unit_test(config_file_that_is_a_pipe_without_a_writer_is_not_waited_for),
        cmocka_unit_test(config_file_of_4_mib_is_read_and_one_byte_more_is_refused),
        cmocka_unit_test(config_file_of_100000_levels_gets_one_plain_sentence),
        cmocka_unit_test(config_file_with_a_nul_is_refused_wherever_it_is),
        cmocka_unit_test(config_file_sets_what_no_flag_has_set),
        cmocka_unit_test(config_file_says_nothing_and_the_defaults_hold),
        cmocka_unit_test(config_file_is_checked_even_where_a_flag_wins),
        cmocka_unit_test(config_file_takes_the_names_of_blocking_calls_in_two_ways),
        cmocka_unit_test(config_file_sets_limits_and_leaves_the_others),
        cmocka_unit_test(config_file_tells_a_fault_and_not_what_follows_from_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
