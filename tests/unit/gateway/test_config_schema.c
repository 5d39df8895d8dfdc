/* SPDX-License-Identifier: MIT */
/*
 * What docs/configuration.schema.json says of ranges, choices and defaults, held to the reader and to what /config
 * shows. Whole files are held to it by tests/config/check_schema.py.
 */
#include <stdio.h>

#include "common/duration.h"
#include "gateway/config_json.h"
#include "tests/unit/gateway/config_bench.h"

enum { SCHEMA_BYTES = 256 * 1024, TEXT_BYTES = 16 * 1024 };

static void read_schema(struct buf *schema)
{
    FILE *file = fopen(SOURCE_DIR "/docs/configuration.schema.json", "re");

    assert_non_null(file);
    buf_init(schema, SCHEMA_BYTES);
    char *room = buf_reserve(schema, SCHEMA_BYTES);
    assert_non_null(room);
    schema->length = fread(room, 1, SCHEMA_BYTES, file);
    assert_int_equal(fclose(file), 0);
    assert_in_range(schema->length, 1, SCHEMA_BYTES - 1);
}

/* A member of what the schema says of a key; the test fails without it. */
static struct str find(const struct buf *schema, const char *key, const char *member)
{
    struct str said = json_member(json_find(buf_view(schema), str_of(key)), str_of(member));

    if (said.base == NULL) {
        fail_msg("the schema has no %s of %s", member, key);
    }
    return said;
}

/* A configuration with that key's value between the two. */
struct key_row {
    const char *key; /* in the schema, by json_find() */
    const char *before;
    const char *after;
};

#define ROUTE "\"path\": \"/\", \"respond\": { \"text\": \"\" }"
#define ROUTES "\"routes\": [ { " ROUTE " } ]"
#define TOP(name)                                                                                                      \
    {                                                                                                                  \
        "properties." name, "{ \"" name "\": ", ", " ROUTES " }"                                                       \
    }
#define LIMIT(name)                                                                                                    \
    {                                                                                                                  \
        "$defs.limits.properties." name, "{ \"limits\": { \"" name "\": ", " }, " ROUTES " }"                          \
    }
#define BACKEND(name, more)                                                                                            \
    {                                                                                                                  \
        "$defs.backend.properties." name,                                                                              \
            "{ " ROUTES ", \"backends\": { \"a\": { \"servers\": [\"http://a\"], " more "\"" name "\": ", " } } }"     \
    }
#define CALL(name, more)                                                                                               \
    {                                                                                                                  \
        "$defs.call.properties." name,                                                                                 \
            "{ \"limits\": { \"fan_out\": 4096 }, \"backends\": { \"a\": { \"servers\": [\"http://a\"] } }, "          \
            "\"routes\": [ { \"path\": \"/\", \"calls\": { " more "\"backend\": \"a\", \"path\": \"/\", \"" name       \
            "\": ",                                                                                                    \
            " } } } ] }"                                                                                               \
    }
#define SIMPLE "\"call\": { "

static bool is_read(const struct key_row *row, struct str value)
{
    struct settings settings = config_bench_settings(NULL);
    struct config_faults faults;
    cleanup_buf struct buf text;

    buf_init(&text, TEXT_BYTES);
    (void)buf_add_format(&text, "%s%.*s%s", row->before, STR_ARGUMENTS(value), row->after);
    config_faults_init(&faults);
    struct config *config = config_read(&settings, buf_view(&text), &faults);
    bool is_good = config != NULL;
    config_faults_clear(&faults);
    config_release(config);
    return is_good;
}

/* ---- ranges ---- */

static const struct key_row ranges[] = {
    TOP("workers"),
    TOP("threads"),
    LIMIT("connections"),
    LIMIT("in_flight"),
    LIMIT("header_bytes"),
    LIMIT("body_bytes"),
    LIMIT("answer_bytes"),
    LIMIT("fan_out"),
    BACKEND("response_bytes", ""),
    BACKEND("response_header_bytes", ""),
    BACKEND("max_in_flight", ""),
    BACKEND("queue", "\"max_in_flight\": 1, "),
    { "$defs.respond.properties.status",
      "{ \"routes\": [ { \"path\": \"/\", \"respond\": { \"text\": \"\", \"status\": ", " } } ] }" },
};

static bool is_number_read(const struct key_row *row, long long number)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%lld", number);
    return is_read(row, str_of(text));
}

static long long number_of(struct str json)
{
    uint64_t number = 0;

    assert_int_equal(str_to_number(json, UINT32_MAX, &number), 0);
    return (long long)number;
}

static void the_reader_takes_the_numbers_that_the_schema_takes_and_no_others(void **state)
{
    cleanup_buf struct buf schema;
    (void)state;
    read_schema(&schema);

    for (size_t i = 0; i < array_length(ranges); i++) {
        const struct key_row *row = &ranges[i];
        long long minimum = number_of(find(&schema, row->key, "minimum"));
        long long maximum = number_of(find(&schema, row->key, "maximum"));
        assert_case(row->key, is_number_read(row, minimum));
        assert_case(row->key, is_number_read(row, maximum));
        assert_case(row->key, !is_number_read(row, minimum - 1));
        assert_case(row->key, !is_number_read(row, maximum + 1));
    }
}

/* One element for each of 4096 calls is more than a request may make beside the call that has the list. */
static void the_most_elements_are_one_less_than_the_schema_can_know(void **state)
{
    static const struct key_row row = CALL("max", "\"list\": { \"backend\": \"a\", \"path\": \"/\" }, \"call\": { "
                                                  "\"each\": \"{list.all}\", ");
    cleanup_buf struct buf schema;
    (void)state;
    read_schema(&schema);

    long long minimum = number_of(find(&schema, row.key, "minimum"));
    long long maximum = number_of(find(&schema, row.key, "maximum"));

    assert_true(is_number_read(&row, minimum));
    assert_false(is_number_read(&row, minimum - 1));
    assert_true(is_number_read(&row, maximum - 1));
    assert_false(is_number_read(&row, maximum));
}

/* ---- choices ---- */

static const struct key_row choices[] = {
    { "$defs.mode", "{ \"mode\": ", ", " ROUTES " }" },
    { "$defs.mode", "{ " ROUTES ", \"backends\": { \"a\": { \"servers\": [\"http://a\"], \"mode\": ", " } } }" },
    { "$defs.mode", "{ \"routes\": [ { " ROUTE ", \"mode\": ", " } ] }" },
    { "$defs.route.properties.methods.items", "{ \"routes\": [ { " ROUTE ", \"methods\": [", "] } ] }" },
    CALL("method", SIMPLE),
    CALL("as", SIMPLE),
};

static void the_reader_takes_every_choice_that_the_schema_has(void **state)
{
    cleanup_buf struct buf schema;
    struct str choice = { NULL, 0 };
    (void)state;
    read_schema(&schema);

    for (size_t i = 0; i < array_length(choices); i++) {
        struct json_walk walk = json_walk_begin(find(&schema, choices[i].key, "enum"));
        size_t count = 0;
        while (json_walk_element(&walk, &choice)) {
            assert_case(choices[i].key, is_read(&choices[i], choice));
            count++;
        }
        assert_case(choices[i].key, count >= 2);
        assert_case(choices[i].key, !is_read(&choices[i], STR("\"other\"")));
    }
}

/* ---- defaults ---- */

static const char with_defaults[] =
    "{ \"backends\": { \"a\": { \"servers\": [\"http://a\"], \"max_in_flight\": 1 } }, \"routes\": ["
    " { " ROUTE " }, { \"path\": \"/a\", \"calls\": { \"call\": { \"backend\": \"a\", \"path\": \"/\" } } } ] }";

static const struct {
    const char *schema; /* where a group of keys stands in the schema */
    const char *shown;  /* and in what is shown; "": at its top */
} groups[] = {
    { "properties", "" },
    { "$defs.limits.properties", "limits" },
    { "$defs.backend.properties", "backends.a" },
    { "$defs.route.properties", "routes.1" },
    { "$defs.respond.properties", "routes.0.respond" },
    { "$defs.call.properties", "routes.1.calls.call" },
};

static bool is_same(struct str a, struct str b)
{
    uint64_t a_us = 0;
    uint64_t b_us = 1;

    if (str_equal(a, b)) {
        return true;
    }
    if (json_kind(a) != JSON_STRING || json_kind(b) != JSON_STRING) {
        return false;
    }
    struct str a_text = { a.base + 1, a.length - 2 };
    struct str b_text = { b.base + 1, b.length - 2 };
    return duration_parse(a_text, &a_us) == 0 && duration_parse(b_text, &b_us) == 0 && a_us == b_us;
}

static size_t check_defaults(struct str keys, struct str shown)
{
    struct json_walk walk = json_walk_begin(keys);
    struct str name = { NULL, 0 };
    struct str said = { NULL, 0 };
    size_t count = 0;

    while (json_walk_member(&walk, &name, &said)) {
        struct str expected = json_member(said, STR("default"));
        struct str value = json_member(shown, (struct str){ name.base + 1, name.length - 2 });
        if (expected.base == NULL) {
            continue;
        }
        if (!is_same(value, expected)) {
            fail_msg("%.*s is %.*s, and for the schema %.*s", STR_ARGUMENTS(name), STR_ARGUMENTS(value),
                     STR_ARGUMENTS(expected));
        }
        count++;
    }
    return count;
}

static void defaults_are_those_of_the_schema(void **state)
{
    struct config *config = config_bench_read(with_defaults);
    cleanup_buf struct buf schema;
    cleanup_buf struct buf json;
    size_t count = 0;
    (void)state;
    read_schema(&schema);
    buf_init(&json, TEXT_BYTES);
    assert_int_equal(config_json_render(config, &json), 0);

    for (size_t i = 0; i < array_length(groups); i++) {
        struct str shown = json_find(buf_view(&json), str_of(groups[i].shown));
        assert_case(groups[i].schema, shown.base != NULL);
        count += check_defaults(json_find(buf_view(&schema), str_of(groups[i].schema)), shown);
    }

    print_message("%zu defaults\n", count);
    assert_in_range(count, 32, 100);
    config_release(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reader_takes_the_numbers_that_the_schema_takes_and_no_others),
        cmocka_unit_test(the_most_elements_are_one_less_than_the_schema_can_know),
        cmocka_unit_test(the_reader_takes_every_choice_that_the_schema_has),
        cmocka_unit_test(defaults_are_those_of_the_schema),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
