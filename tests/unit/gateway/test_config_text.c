/* SPDX-License-Identifier: MIT */
#include "gateway/config_text.h"

#include "tests/unit/gateway/template_scene.h"

enum { TEXT_BYTES = 4096 };

/* ---- names ---- */

static void names_that_say_secret_are_known_in_either_case(void **state)
{
    static const struct {
        const char *name;
        bool is_secret;
    } rows[] = {
        { "Authorization", true }, { "authorization", true }, { "Proxy-Authorization", true },
        { "Cookie", true },        { "Set-Cookie", true },    { "X-Api-Key", true },
        { "apikey", true },        { "key", true },           { "X-TOKEN-of-mine", true },
        { "client_secret", true }, { "PassWord", true },      { "", false },
        { "ke", false },           { "Accept", false },       { "X-Authorization-Kind", false },
        { "Cookies", false },      { "passwor", false },
    };
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        assert_case(rows[i].name, config_text_is_secret(str_of(rows[i].name)) == rows[i].is_secret);
    }
}

/* ---- addresses ---- */

static void addresses_and_urls_are_written_as_they_are_read(void **state)
{
    static const char *const addresses[] = { "127.0.0.1:8080", "[::1]:0", "localhost:65535" };
    static const char *const urls[] = { "http://127.0.0.1:9000", "https://[::1]:8443/a/b", "http://host",
                                        "https://host/x" };
    struct address address;
    struct url url;
    struct error error;
    (void)state;

    for (size_t i = 0; i < array_length(addresses); i++) {
        cleanup_buf struct buf text;
        buf_init(&text, TEXT_BYTES);
        assert_int_equal(address_parse(str_of(addresses[i]), &address, &error), 0);
        config_text_add_address(&text, &address);
        assert_text(buf_view(&text), addresses[i]);
    }
    for (size_t i = 0; i < array_length(urls); i++) {
        cleanup_buf struct buf text;
        buf_init(&text, TEXT_BYTES);
        assert_int_equal(url_parse(str_of(urls[i]), &url, &error), 0);
        config_text_add_url(&text, &url);
        assert_text(buf_view(&text), urls[i]);
    }
}

/* ---- templates ---- */

static void add_cookie(struct buf *text, const struct template *template)
{
    config_text_add_header(text, "Cookie", template);
}

static void add_plain_header(struct buf *text, const struct template *template)
{
    config_text_add_header(text, "X-Plain", template);
}

typedef void add_fn(struct buf *text, const struct template *template);

struct text_row {
    const char *template;
    const char *shown; /* NULL: as it was */
};

/* What is shown is a template again, and is shown in the same way. */
static void check_rows(scene_parse_fn *parse, add_fn *add, const struct text_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *shown = rows[i].shown != NULL ? rows[i].shown : rows[i].template;
        const char *templates[] = { rows[i].template, shown };
        for (size_t k = 0; k < array_length(templates); k++) {
            struct scene scene;
            cleanup_buf struct buf text;
            scene_init(&scene);
            buf_init(&text, TEXT_BYTES);
            if (parse(&scene.arena, str_of(templates[k]), &scene_names, &scene.template, &scene.fault) < 0) {
                fail_msg("\"%s\": %s", templates[k], scene.fault.error.text);
            }
            add(&text, &scene.template);
            assert_text(buf_view(&text), shown);
            assert_false(text.failed);
            scene_clear(&scene);
        }
    }
}

static void targets_are_shown_as_they_were_written(void **state)
{
    static const struct text_row rows[] = {
        { "/", NULL },
        { "/users/{id}", NULL },
        { "/a{{b}}c/{user.profile.age}?x={query.page}&y={{}}", NULL },
        { "/a?b", NULL },
        { "/a?b&c=&d==&=e", NULL },
        { "/key=1/token=2?a=1", NULL },
        { "/each/{each}?{id}={id}", NULL },
    };
    (void)state;

    check_rows(template_parse, config_text_add_target, rows, array_length(rows));
}

static void values_of_secret_query_parameters_are_covered(void **state)
{
    static const struct text_row rows[] = {
        { "/a?api_key=abc", "/a?api_key=***" },
        { "/a?x=1&token=abc&y=2", "/a?x=1&token=***&y=2" },
        { "/a?token=a=b=c&y=key", "/a?token=***&y=key" },
        { "/a?to%6ben=abc", "/a?to%6ben=***" },
        { "/a?to%zzken=abc", "/a?to%zzken=***" },
        { "/a?TOKEN=ab{{c", "/a?TOKEN=***" },
        { "/a?password={query.password}", NULL },
        { "/a?secret=x{id}y&b=c", "/a?secret=***{id}***&b=c" },
        { "/a?key{id}=x&b=c", "/a?key{id}=***&b=c" },
        { "/a?{id}key=x&b=c", "/a?{id}key=***&b=c" },
        { "/a?token=&b=c", NULL },
        { "/a?token&b=c", NULL },
    };
    (void)state;

    check_rows(template_parse, config_text_add_target, rows, array_length(rows));
}

static void names_too_long_to_look_at_are_taken_for_secrets(void **state)
{
    cleanup_buf struct buf target;
    cleanup_buf struct buf shown;
    (void)state;
    buf_init(&target, TEXT_BYTES);
    buf_init(&shown, TEXT_BYTES);
    (void)buf_add_format(&target, "/?%0300d=abc", 0);
    (void)buf_add_format(&shown, "/?%0300d=***", 0);
    struct template_part part = { .source = TEMPLATE_TEXT, .text = buf_view(&target) };
    cleanup_buf struct buf text;
    buf_init(&text, TEXT_BYTES);

    config_text_add_target(&text, &(struct template){ 1, &part });

    assert_true(str_equal(buf_view(&text), buf_view(&shown)));
}

static void headers_are_shown_as_they_were_written(void **state)
{
    static const struct text_row rows[] = { { "", NULL }, { "a {{b}} {user.name}{id}", NULL }, { "key=1", NULL } };
    (void)state;

    check_rows(template_parse, add_plain_header, rows, array_length(rows));
}

static void secret_headers_keep_their_references_only(void **state)
{
    static const struct text_row rows[] = {
        { "Bearer abc", "***" },
        { "", NULL },
        { "{query.cookie}", NULL },
        { "session={user.name}; x", "***{user.name}***" },
    };
    (void)state;

    check_rows(template_parse, add_cookie, rows, array_length(rows));
}

static void json_is_shown_as_it_was_written(void **state)
{
    static const struct text_row rows[] = {
        { "{}", NULL },
        { " { \"a\" : [ 1.10 , true , null , \"b\" ] } ", NULL },
        { "\"{user}\"", NULL },
        { "{\"a\":\"{user.id}\",\"b\":[\"{each}\",\"{id}\"]}", NULL },
        { "{\"a\":\"x {id} y {user.name}\"}", NULL },
        { "{\"{a}\":\"{{b}}\",\"c{{\":\"{{{id}}}\"}", NULL },
        { "[\"\\\"{id}\\\\\",\"\\u007b\\u007b {id} \\u007D\\u007D\",\"\\u00e9\xc3\xa9\"]", NULL },
        { "[\"\\u007b{ }\\u007d\"]", "[\"\\u007b\\u007b }}\"]" },
        { "{\"a\" :\n\"b\",\"c\":\"d:\"}", NULL },
        { "\"{user.tags.a\\\"b}\"", NULL },
        { "[\"x{user.tags.a\\\"b}\"]", NULL },
    };
    (void)state;

    check_rows(template_parse_json, config_text_add_json, rows, array_length(rows));
}

static void what_stands_behind_a_secret_name_in_json_is_covered(void **state)
{
    static const struct text_row rows[] = {
        { "{\"password\":\"abc\",\"user\":\"abc\"}", "{\"password\":\"***\",\"user\":\"abc\"}" },
        { "{\"pass\\u0077ord\" : \"abc\"}", "{\"pass\\u0077ord\" : \"***\"}" },
        { "{\"pin_key\":1234 , \"b\":1234}", "{\"pin_key\":\"***\" , \"b\":1234}" },
        { "{\"token\":\"{query.t}\",\"b\":\"c\"}", NULL },
        { "{\"token\":\"a{query.t}b\",\"b\":\"c\"}", "{\"token\":\"***{query.t}***\",\"b\":\"c\"}" },
        { "{\"keys\":[\"a\",{\"b\":\"c\",\"d\":true}],\"e\":[\"f\"]}",
          "{\"keys\":[\"***\",{\"b\":\"***\",\"d\":\"***\"}],\"e\":[\"f\"]}" },
        { "{\"keys\":{},\"e\":[\"f\"]}", NULL },
        { "{\"a\":{\"key\":\"b\"},\"c\":\"d\"}", "{\"a\":{\"key\":\"***\"},\"c\":\"d\"}" },
        { "{\"key\":{\"key\":[\"b\"],\"c\":\"d\"},\"e\":1}", "{\"key\":{\"key\":[\"***\"],\"c\":\"***\"},\"e\":1}" },
        { "[\"key\",\"b\"]", NULL },
        { "[{\"key\":\"a\"},\"b\",1]", "[{\"key\":\"***\"},\"b\",1]" },
        { "[{\"key\":1},\"b\",{\"key\":\"{id}\"},\"c\",{\"key\":[]},2]",
          "[{\"key\":\"***\"},\"b\",{\"key\":\"{id}\"},\"c\",{\"key\":[]},2]" },
    };
    (void)state;

    check_rows(template_parse_json, config_text_add_json, rows, array_length(rows));
}

static void what_does_not_fit_is_told(void **state)
{
    struct template_part part = { .source = TEMPLATE_TEXT, .text = STR("/a?b=c") };
    cleanup_buf struct buf text;
    (void)state;
    buf_init(&text, part.text.length - 1);

    config_text_add_target(&text, &(struct template){ 1, &part });

    assert_true(text.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_say_secret_are_known_in_either_case),
        cmocka_unit_test(addresses_and_urls_are_written_as_they_are_read),
        cmocka_unit_test(targets_are_shown_as_they_were_written),
        cmocka_unit_test(values_of_secret_query_parameters_are_covered),
        cmocka_unit_test(names_too_long_to_look_at_are_taken_for_secrets),
        cmocka_unit_test(headers_are_shown_as_they_were_written),
        cmocka_unit_test(secret_headers_keep_their_references_only),
        cmocka_unit_test(json_is_shown_as_it_was_written),
        cmocka_unit_test(what_stands_behind_a_secret_name_in_json_is_covered),
        cmocka_unit_test(what_does_not_fit_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
