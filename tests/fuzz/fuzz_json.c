/* SPDX-License-Identifier: MIT */
/*
 * fuzz_json - json_scan and json_view on any bytes.
 *
 * Text that json_scan takes is walked to its leaves, side by side with cJSON's tree of it. Text that it does not take
 * must not lead json_view astray.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "common/json_scan.h"
#include "common/json_view.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json_leaf.h"

/* Bytes that may be gone through again and again for one input; behind them only what costs little is checked. */
enum { EFFORT_BYTES = 256 * 1024 };
/* cJSON reads the first 63 bytes of a number. */
enum { NUMBER_BYTES_MAXIMUM = 63, BYTES_MAXIMUM = 1024 * 1024, SHALLOW = 8 };

/* ---- what cJSON can judge ---- */

static int code_unit(struct str text)
{
    char digits[5] = "";

    if (text.length < 6 || text.base[0] != '\\' || text.base[1] != 'u') {
        return -1;
    }
    memcpy(digits, text.base + 2, 4);
    return (int)strtol(digits, NULL, 16);
}

static bool is_number_byte(char byte)
{
    return byte != '\0' && strchr("+-.eE0123456789", byte) != NULL;
}

/* cJSON refuses surrogates without their other half, and stops at NUL and in long numbers; RFC 8259 has nothing against
 * them. `text` is good JSON: a backslash stands in strings only. */
static bool is_for_cjson(struct str text)
{
    size_t number_bytes = 0;

    for (size_t i = 0; i < text.length; i++) {
        number_bytes = is_number_byte(text.base[i]) ? number_bytes + 1 : 0;
        if (number_bytes > NUMBER_BYTES_MAXIMUM) {
            return false;
        }
        if (text.base[i] != '\\') {
            continue;
        }
        int first = code_unit(str_from(text, i));
        int second = first >= 0 ? code_unit(str_from(text, i + 6)) : -1;
        bool is_pair = first >= 0xd800 && first <= 0xdbff && second >= 0xdc00 && second <= 0xdfff;
        if (first == 0 || (first >= 0xd800 && first <= 0xdfff && !is_pair)) {
            return false;
        }
        i += is_pair ? 11 : 1;
    }
    return true;
}

/* ---- a tour of good text ---- */

/* An array or object that is open. */
struct level {
    struct str container;
    struct json_walk walk;
    bool is_object;
    size_t count;
    const cJSON *twin;  /* cJSON's next value in it */
    size_t path_length; /* of the path to it */
    bool is_findable;   /* json_find() can be told where it is */
};

struct tour {
    struct str text;
    bool has_twin;
    struct level levels[JSON_SCAN_DEPTH];
    size_t depth;
    struct buf path; /* by dots */
    size_t effort_bytes;
};

/* One value of the tour, and what is known of it beforehand. */
struct stop {
    struct str value;
    const cJSON *twin;
    bool is_findable;
};

static bool is_worth(struct tour *tour, size_t bytes)
{
    if (tour->effort_bytes + bytes > EFFORT_BYTES) {
        return false;
    }
    tour->effort_bytes += bytes;
    return true;
}

static void check_string(struct str string, const char *expected)
{
    cleanup_buf struct buf text;
    cleanup_buf struct buf plainly;

    buf_init(&text, BYTES_MAXIMUM);
    buf_init(&plainly, BYTES_MAXIMUM);
    fuzz_check(json_leaf_is_string(string) && json_string_length(string) == string.length);
    fuzz_check(json_add_text(string, &text) == 0);
    json_leaf_read_string(string, &plainly);
    fuzz_check(str_equal(buf_view(&text), buf_view(&plainly)) && fuzz_is_utf8(buf_view(&text)));
    fuzz_check(json_string_equal(string, buf_view(&text)));
    fuzz_check(expected == NULL || str_equal(buf_view(&text), str_of(expected)));
}

static void check_number(struct str number, const cJSON *twin)
{
    char digits[NUMBER_BYTES_MAXIMUM + 1] = "";

    fuzz_check(json_leaf_is_number(number));
    if (twin != NULL) {
        fuzz_check(cJSON_IsNumber(twin) && number.length < sizeof digits);
        memcpy(digits, number.base, number.length);
        fuzz_check(twin->valuedouble == strtod(digits, NULL));
    }
}

static void check_leaf(const struct stop *stop)
{
    const cJSON *twin = stop->twin;

    fuzz_check(json_scan_check(stop->value, 1, NULL) == 0);
    fuzz_check(json_count(stop->value) == 0);
    switch (json_kind(stop->value)) {
    case JSON_NULL:
        fuzz_check(str_equal(stop->value, STR("null")) && (twin == NULL || cJSON_IsNull(twin)));
        break;
    case JSON_BOOLEAN:
        fuzz_check(str_equal(stop->value, STR("true")) || str_equal(stop->value, STR("false")));
        fuzz_check(twin == NULL || (bool)cJSON_IsTrue(twin) == str_equal(stop->value, STR("true")));
        break;
    case JSON_NUMBER:
        check_number(stop->value, twin);
        break;
    case JSON_STRING:
        fuzz_check(twin == NULL || cJSON_IsString(twin));
        check_string(stop->value, twin != NULL ? twin->valuestring : NULL);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        fuzz_check(false);
    }
}

static void enter(struct tour *tour, const struct stop *stop)
{
    bool is_object = json_kind(stop->value) == JSON_OBJECT;

    fuzz_check(tour->depth < JSON_SCAN_DEPTH);
    fuzz_check(stop->twin == NULL || (is_object ? cJSON_IsObject(stop->twin) : cJSON_IsArray(stop->twin)));
    if (is_worth(tour, stop->value.length)) {
        fuzz_check(json_scan_check(stop->value, JSON_SCAN_DEPTH, NULL) == 0);
    }
    tour->levels[tour->depth++] = (struct level){
        .container = stop->value,
        .walk = json_walk_begin(stop->value),
        .is_object = is_object,
        .twin = stop->twin != NULL ? stop->twin->child : NULL,
        .path_length = tour->path.length,
        .is_findable = stop->is_findable,
    };
}

static void leave(struct tour *tour)
{
    struct level *level = &tour->levels[--tour->depth];

    fuzz_check(level->twin == NULL);
    if (is_worth(tour, level->container.length)) {
        fuzz_check(json_count(level->container) == level->count);
    }
}

static void visit(struct tour *tour, const struct stop *stop)
{
    struct str value = stop->value;

    fuzz_check(value.length > 0 && fuzz_is_inside(value, tour->text));
    fuzz_check(json_scan_trim(value).length == value.length);
    if (stop->is_findable && is_worth(tour, tour->text.length)) {
        struct str found = json_find(tour->text, buf_view(&tour->path));
        fuzz_check(found.base == value.base && found.length == value.length);
    }
    if (json_kind(value) == JSON_ARRAY || json_kind(value) == JSON_OBJECT) {
        enter(tour, stop);
    } else {
        check_leaf(stop);
    }
}

/* Adds the step to the path. Whether the value can be found by it: names with dots cannot, nor can all but the first of
 * the same name. */
static bool add_step(struct tour *tour, const struct level *level, struct str name, struct str value)
{
    size_t start = level->path_length;

    tour->path.length = start;
    if (start > 0) {
        (void)buf_add_byte(&tour->path, '.');
        start++;
    }
    if (!level->is_object) {
        (void)buf_add_format(&tour->path, "%zu", level->count);
        return level->is_findable;
    }
    fuzz_check(json_add_text(name, &tour->path) == 0);
    struct str step = str_from(buf_view(&tour->path), start);
    bool is_plain = step.length > 0 && str_find(step, '.') == step.length;
    if (!is_worth(tour, level->container.length)) {
        return false;
    }
    struct str first = json_member(level->container, step);
    fuzz_check(first.base != NULL && first.base <= value.base);
    return level->is_findable && is_plain && first.base == value.base;
}

static void step(struct tour *tour)
{
    struct level *level = &tour->levels[tour->depth - 1];
    struct stop stop = { .twin = level->twin };
    struct str name = STR("\"\"");
    bool is_there = level->is_object ? json_walk_member(&level->walk, &name, &stop.value)
                                     : json_walk_element(&level->walk, &stop.value);

    if (!is_there) {
        leave(tour);
        return;
    }
    fuzz_check(!tour->has_twin || stop.twin != NULL);
    if (stop.twin != NULL) {
        level->twin = stop.twin->next;
    }
    fuzz_check(!level->is_object || fuzz_is_inside(name, level->container));
    fuzz_check(fuzz_is_inside(stop.value, level->container));
    if (level->is_object) {
        check_string(name, stop.twin != NULL ? stop.twin->string : NULL);
    }
    stop.is_findable = add_step(tour, level, name, stop.value);
    level->count++;
    visit(tour, &stop);
}

static void check_good_text(struct str text)
{
    struct tour tour = { .text = text, .has_twin = is_for_cjson(text) };
    cJSON *tree = tour.has_twin ? cJSON_ParseWithLength(text.base, text.length) : NULL;
    struct stop root = { .value = json_scan_trim(text), .twin = tree, .is_findable = true };

    fuzz_check(!tour.has_twin || tree != NULL);
    buf_init(&tour.path, BYTES_MAXIMUM);
    visit(&tour, &root);
    while (tour.depth > 0) {
        step(&tour);
    }
    buf_clear(&tour.path);
    cJSON_Delete(tree);
}

/* ---- text that is not JSON ---- */

/* Up to the fault it might have become JSON. */
static void check_fault(struct str text, const struct json_fault *fault)
{
    struct json_fault again = { 0, "" };

    fuzz_check(fault->offset <= text.length && fault->reason[0] != '\0');
    int result = json_scan_check((struct str){ text.base, fault->offset }, JSON_SCAN_DEPTH, &again);
    fuzz_check(result == 0 || (again.offset == fault->offset && strcmp(again.reason, "unexpected end") == 0));
}

/* Whatever the text is: nothing outside of it, and an end. */
static struct str wander(struct str container, bool is_object)
{
    struct json_walk walk = json_walk_begin(container);
    struct str name = { container.base, 0 };
    struct str value = { container.base, 0 };
    struct str last = { container.base, 0 };
    bool is_counted = is_object == (json_kind(json_scan_trim(container)) == JSON_OBJECT);
    size_t count = 0;

    while (is_object ? json_walk_member(&walk, &name, &value) : json_walk_element(&walk, &value)) {
        fuzz_check(fuzz_is_inside(name, container) && fuzz_is_inside(value, container) && value.length > 0);
        fuzz_check(++count <= container.length);
        last = value;
    }
    fuzz_check(!is_counted || json_count(container) == count);
    return last;
}

static void check_any_text(struct str text)
{
    struct str paths[] = { STR(""), STR("0"), STR("a"), STR("0.0.0"), STR("a.b.."), text };
    struct str inner = text;

    for (size_t i = 0; i < array_length(paths); i++) {
        struct str found = json_find(text, paths[i]);
        fuzz_check(found.base == NULL || (found.length > 0 && fuzz_is_inside(found, text)));
        found = json_member(text, paths[i]);
        fuzz_check(found.base == NULL || (found.length > 0 && fuzz_is_inside(found, text)));
    }
    for (size_t i = 0; i < 16 && inner.length > 0; i++) {
        (void)wander(inner, true);
        inner = wander(inner, false);
    }
    if (text.length > 0) {
        fuzz_check(json_string_length(text) <= text.length);
    }
}

/* As a JSON string, and read again. */
static void check_as_string(struct str text)
{
    cleanup_buf struct buf string;
    cleanup_buf struct buf again;
    bool is_utf8 = fuzz_is_utf8(text);

    buf_init(&string, BYTES_MAXIMUM);
    buf_init(&again, BYTES_MAXIMUM);
    fuzz_check(buf_add_json_string(&string, text) == 0);
    fuzz_check(json_scan_check(buf_view(&string), 0, NULL) == 0);
    fuzz_check(json_add_text(buf_view(&string), &again) == 0);
    fuzz_check(str_equal(buf_view(&again), text) == is_utf8);
    fuzz_check(json_string_equal(buf_view(&string), text) == is_utf8);
    buf_reset(&again);
    fuzz_check(json_add_text(text, &again) == 0 && again.length <= 2 * text.length);
}

static void check_position(struct str text, size_t offset)
{
    struct json_position position = json_position(text, offset);
    size_t line = 1;

    for (size_t i = 0; i < offset; i++) {
        line += text.base[i] == '\n';
    }
    fuzz_check(position.line == line);
    fuzz_check(position.column >= 1 && position.column <= offset + 1);
}

void fuzz_one(struct str input)
{
    struct json_fault fault = { 0, "" };
    struct json_fault shallow = { 0, "" };
    int result = json_scan_check(input, JSON_SCAN_DEPTH, &fault);
    int shallow_result = json_scan_check(input, SHALLOW, &shallow);

    fuzz_check(result == 0 || result == -EINVAL);
    fuzz_check(shallow_result < 0 || result == 0);
    if (result == 0) {
        fuzz_check(shallow_result == 0 || strcmp(shallow.reason, "nested too deep") == 0);
        check_good_text(input);
    } else {
        check_fault(input, &fault);
    }
    fuzz_check(fuzz_is_inside(json_scan_trim(input), input));
    check_any_text(input);
    check_as_string(input);
    check_position(input, fault.offset);
}
