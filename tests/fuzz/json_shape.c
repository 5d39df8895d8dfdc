/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/json_shape.h"

#include "common/json_scan.h"
#include "common/json_view.h"
#include "tests/fuzz/fuzz.h"

struct pair {
    struct json_walk source;
    struct json_walk text;
    bool is_object;
};

struct tour {
    struct pair pairs[JSON_SCAN_DEPTH];
    size_t depth;
};

/* A string with a brace in it has become another string; or any value, if it is nothing but a reference. */
static void check_string(struct str source, struct str text)
{
    cleanup_buf struct buf decoded;

    buf_init(&decoded, source.length);
    fuzz_check(json_add_text(source, &decoded) == 0);
    struct str inner = buf_view(&decoded);
    if (str_find(inner, '{') == inner.length && str_find(inner, '}') == inner.length) {
        fuzz_check(str_equal(source, text));
        return;
    }
    bool may_be_whole = inner.length > 2 && inner.base[0] == '{' && inner.base[inner.length - 1] == '}';
    fuzz_check(may_be_whole || json_kind(text) == JSON_STRING);
}

static void visit(struct tour *tour, struct str source, struct str text)
{
    enum json_kind kind = json_kind(source);

    if (kind == JSON_STRING) {
        check_string(source, text);
    } else if (kind == JSON_ARRAY || kind == JSON_OBJECT) {
        fuzz_check(json_kind(text) == kind && tour->depth < array_length(tour->pairs));
        tour->pairs[tour->depth++] =
            (struct pair){ json_walk_begin(source), json_walk_begin(text), kind == JSON_OBJECT };
    } else {
        fuzz_check(str_equal(source, text));
    }
}

static bool next(struct json_walk *walk, bool is_object, struct str *ret_name, struct str *ret_value)
{
    *ret_name = STR("");
    return is_object ? json_walk_member(walk, ret_name, ret_value) : json_walk_element(walk, ret_value);
}

void json_shape_check(struct str source, struct str text)
{
    struct tour tour = { .depth = 0 };

    visit(&tour, json_scan_trim(source), json_scan_trim(text));
    while (tour.depth > 0) {
        struct pair *pair = &tour.pairs[tour.depth - 1];
        struct str source_name;
        struct str source_value;
        struct str text_name;
        struct str text_value;
        bool is_there = next(&pair->source, pair->is_object, &source_name, &source_value);
        fuzz_check(is_there == next(&pair->text, pair->is_object, &text_name, &text_value));
        if (is_there) {
            fuzz_check(str_equal(source_name, text_name));
            visit(&tour, source_value, text_value);
        } else {
            tour.depth--;
        }
    }
}
