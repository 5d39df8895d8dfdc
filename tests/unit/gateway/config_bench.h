/* SPDX-License-Identifier: MIT */
/*
 * config_bench - configurations for tests, read from text that must be good.
 */
#ifndef TESTS_UNIT_GATEWAY_CONFIG_BENCH_H
#define TESTS_UNIT_GATEWAY_CONFIG_BENCH_H

#include "gateway/config_file.h"

#include "tests/support/unit.h"

/* As with flags, given by name and value in turn, NULL-terminated: "--mode=sync". */
static inline struct settings config_bench_settings(const char *const *flags)
{
    struct settings settings = { .check = false };
    const struct options_program program = {
        .name = "test",
        .options = settings_options,
        .option_count = settings_option_count,
        .has_given = true,
        .given_offset = offsetof(struct settings, given),
    };
    char *arguments[16] = { (char *)(uintptr_t) "test" };
    char *environment[] = { NULL };
    struct options_operands operands;
    struct error error;
    int count = 1;

    for (; flags != NULL && flags[count - 1] != NULL; count++) {
        assert_true(count + 1 < (int)array_length(arguments));
        arguments[count] = (char *)(uintptr_t)flags[count - 1];
    }
    if (options_parse(&program, count, arguments, environment, &settings, &operands, &error) != OPTIONS_RUN) {
        fail_msg("%s", error.text);
    }
    return settings;
}

static inline struct config *config_bench_read_with(const char *const *flags, struct str text)
{
    struct settings settings = config_bench_settings(flags);
    struct config_faults faults;
    cleanup_buf struct buf told;

    config_faults_init(&faults);
    buf_init(&told, 65536);
    struct config *config = config_read(&settings, text, &faults);
    config_faults_render(&faults, "text", &told);
    config_faults_clear(&faults);
    if (config == NULL) {
        fail_msg("%.*s\n%.*s", STR_ARGUMENTS(buf_view(&told)), STR_ARGUMENTS(text));
    }
    return config;
}

static inline struct config *config_bench_read(const char *text)
{
    return config_bench_read_with(NULL, str_of(text));
}

/* Of a reference that is that long. */
static inline struct config *config_bench_read_long(size_t reference_bytes)
{
    cleanup_buf struct buf text;

    buf_init(&text, 65536);
    (void)buf_add_format(&text,
                         "{ \"backends\": { \"a\": { \"servers\": [\"http://127.0.0.1:1\"] } }, \"routes\": [ { "
                         "\"path\": \"/\", \"calls\": { \"a\": { \"backend\": \"a\", \"path\": \"/\" }, "
                         "\"b\": { \"backend\": \"a\", \"path\": \"/{a.%0*d}\" } } } ] }",
                         (int)reference_bytes, 0);
    return config_bench_read_with(NULL, buf_view(&text));
}

#endif
