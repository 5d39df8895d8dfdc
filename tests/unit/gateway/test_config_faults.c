/* SPDX-License-Identifier: MIT */
/*
 * The list of faults: its order, its end, and its two forms for a person. Also what config_sentence.c makes of bytes
 * from the file.
 */
#include "gateway/config_file.h"

#include "tests/unit/gateway/config_bench.h"

enum { TEXT_BYTES = 1024 * 1024 };

static void read_faults(struct str text, struct config_faults *faults)
{
    struct settings settings = config_bench_settings(NULL);

    config_faults_init(faults);
    struct config *config = config_read(&settings, text, faults);
    assert_null(config);
}

/* {"x0":1,"x1":1,…} */
static void add_unknown_keys(struct buf *text, size_t count)
{
    buf_init(text, TEXT_BYTES);
    (void)buf_add_byte(text, '{');
    for (size_t i = 0; i < count; i++) {
        (void)buf_add_format(text, "%s\"x%zu\":1", i > 0 ? "," : "", i);
    }
    (void)buf_add_byte(text, '}');
    assert_false(text->failed);
}

static void config_faults_are_in_the_order_of_the_file(void **state)
{
    /* Read are limits, then backends, then routes, and unknown keys before all of them. */
    static const char text[] = "{\n"
                               " \"routes\": [\n"
                               "  { \"path\": \"/\", \"calls\": {}, \"odd\": 1 }\n"
                               " ],\n"
                               " \"odd\": 1,\n"
                               " \"backends\": 2, \"limits\": 3,\n"
                               " \"odd\": 1\n"
                               "}";
    struct config_faults faults;
    (void)state;

    read_faults(str_of(text), &faults);

    assert_int_equal(faults.count, 6);
    for (size_t i = 1; i < faults.count; i++) {
        assert_true(faults.items[i - 1].offset < faults.items[i].offset);
    }
    assert_string_equal(faults.items[0].path, "routes[0].calls");
    assert_string_equal(faults.items[1].path, "routes[0].odd");
    assert_int_equal(faults.items[1].position.line, 3);
    assert_int_equal(faults.items[1].position.column, 31);
    assert_string_equal(faults.items[4].path, "limits");
    assert_int_equal(faults.items[5].position.line, 7);
    assert_int_equal(faults.items[5].position.column, 2);
    config_faults_clear(&faults);
}

static void config_faults_count_columns_in_characters(void **state)
{
    struct config_faults faults;
    (void)state;

    read_faults(STR("{\"\xc3\xa9\":1, \"\xe2\x86\x92\":1,\n\"\xf0\x9f\x98\x80\":[], \"a\":1}"), &faults);

    assert_int_equal(faults.count, 5);
    assert_int_equal(faults.items[1].position.column, 2); /* the file itself, without routes, is the first */
    assert_int_equal(faults.items[2].position.column, 9);
    assert_int_equal(faults.items[3].position.column, 1);
    assert_int_equal(faults.items[4].position.line, 2);
    assert_int_equal(faults.items[4].position.column, 9);
    config_faults_clear(&faults);
}

static void config_faults_are_the_first_100_and_no_more(void **state)
{
    static const char last[] = "\nt: these are the first 100 faults\n";
    cleanup_buf struct buf text;
    cleanup_buf struct buf line;
    struct config_faults faults;
    (void)state;
    add_unknown_keys(&text, 150);
    buf_init(&line, TEXT_BYTES);

    read_faults(buf_view(&text), &faults);

    assert_int_equal(faults.count, CONFIG_FAULTS_MAXIMUM);
    assert_true(faults.has_more);
    assert_string_equal(faults.items[0].sentence, "\"routes\" is missing"); /* told last, and the first of the file */
    assert_string_equal(faults.items[1].path, "x0");
    assert_string_equal(faults.items[99].path, "x98");
    config_faults_render(&faults, "t", &line);
    assert_text(str_from(buf_view(&line), line.length - (sizeof last - 1)), last);
    config_faults_clear(&faults);
}

static const struct {
    size_t keys; /* that are unknown; another fault is that there are no routes */
    const char *line;
} line_rows[] = {
    { 0, "a.json:1:1: \"routes\" is missing" },
    { 1, "a.json:1:1: \"routes\" is missing (and 1 more fault)" },
    { 99, "a.json:1:1: \"routes\" is missing (and 99 more faults)" },
    { 100, "a.json:1:1: \"routes\" is missing (and at least 99 more faults)" },
};

static void config_faults_fit_in_one_line(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(line_rows); i++) {
        cleanup_buf struct buf text;
        cleanup_buf struct buf line;
        struct config_faults faults;
        add_unknown_keys(&text, line_rows[i].keys);
        buf_init(&line, TEXT_BYTES);
        read_faults(buf_view(&text), &faults);

        config_faults_render_line(&faults, "a.json", &line);

        assert_text(buf_view(&line), line_rows[i].line);
        config_faults_clear(&faults);
    }
}

static const struct {
    const char *text;
    const char *path;
    const char *sentence;
} odd_rows[] = {
    { "{\"routes\":[],\"limits\":{\"a\\nb\":1}}", "limits[\"a\\x0Ab\"]",
      "unknown key \"a\\x0Ab\"; allowed: connections, connection_overflow, in_flight, header_bytes, body_bytes, "
      "answer_bytes, fan_out, "
      "header_timeout, body_timeout, idle_timeout, send_timeout" },
    { "{\"routes\":[],\"limits\":{\"\":1}}", "limits[\"\"]",
      "unknown key \"\"; allowed: connections, connection_overflow, in_flight, header_bytes, body_bytes, answer_bytes, "
      "fan_out, "
      "header_timeout, body_timeout, idle_timeout, send_timeout" },
    { "{\"routes\":[],\"mode\":\"\\u001b[31m\\u0000\"}", "mode", "must not have a NUL (\\u0000) in it" },
    { "{\"routes\":[],\"mode\":\"\\u001b[31m\\\"\\ud800\"}", "mode",
      "expected one of sync, threads, async, mixed, wire, not \"\\x1B[31m\\x22\\xEF\\xBF\\xBD\"" },
    { "{\"routes\":[],\"mode\":\"0123456789012345678901234567890123456789\"}", "mode",
      "expected one of sync, threads, async, mixed, wire, not \"01234567890123456789012345678901...\"" },
};

static void config_faults_show_bytes_of_the_file_escaped_and_cut(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(odd_rows); i++) {
        struct config_faults faults;

        read_faults(str_of(odd_rows[i].text), &faults);

        assert_int_equal(faults.count, 2); /* there is no route */
        assert_string_equal(faults.items[1].path, odd_rows[i].path);
        assert_string_equal(faults.items[1].sentence, odd_rows[i].sentence);
        config_faults_clear(&faults);
    }
}

static void config_faults_of_no_memory_still_say_so(void **state)
{
    struct config_faults faults;
    cleanup_buf struct buf text;
    cleanup_buf struct buf line;
    (void)state;
    config_faults_init(&faults);
    faults.has_more = true; /* not even the first could be kept */
    buf_init(&text, TEXT_BYTES);
    buf_init(&line, TEXT_BYTES);

    config_faults_render(&faults, "a\nb", &text);
    config_faults_render_line(&faults, "a\nb", &line);

    assert_text(buf_view(&text), "a\\x0Ab: no memory to read it\n");
    assert_text(buf_view(&line), "a\\x0Ab: no memory to read it");
    config_faults_clear(&faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_faults_are_in_the_order_of_the_file),
        cmocka_unit_test(config_faults_count_columns_in_characters),
        cmocka_unit_test(config_faults_are_the_first_100_and_no_more),
        cmocka_unit_test(config_faults_fit_in_one_line),
        cmocka_unit_test(config_faults_show_bytes_of_the_file_escaped_and_cut),
        cmocka_unit_test(config_faults_of_no_memory_still_say_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
