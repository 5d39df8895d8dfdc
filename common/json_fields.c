/* SPDX-License-Identifier: MIT */
#include "common/json_fields.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/json_scan.h"
#include "common/json_view.h"

enum { NAME_BYTES = 1024, DIGITS = 20 };

/* ---- paths ---- */

static int compare_steps(struct str a, struct str b)
{
    size_t length = a.length < b.length ? a.length : b.length;
    int order = length > 0 ? memcmp(a.base, b.base, length) : 0;

    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

/* Name by name, so that those that begin alike stand together, the shorter ones first. */
static int compare_paths(const void *left, const void *right)
{
    struct str a = *(const struct str *)left;
    struct str b = *(const struct str *)right;
    int order = 0;

    while (order == 0 && a.length > 0 && b.length > 0) {
        order = compare_steps(str_split(&a, '.'), str_split(&b, '.'));
    }
    return order != 0 ? order : (a.length > 0) - (b.length > 0);
}

void json_paths_sort(struct str *paths, size_t count)
{
    if (count > 0) {
        qsort(paths, count, sizeof paths[0], compare_paths);
    }
}

size_t json_paths_search(const struct str *paths, size_t count, struct str path)
{
    const struct str *found = bsearch(&path, paths, count, sizeof paths[0], compare_paths);

    return (size_t)(found - paths);
}

/* ---- fields that are looked for in one container ---- */

static struct str step_of(const struct json_field *field)
{
    return (struct str){ field->path.base, str_find(field->path, '.') };
}

/* The first whose step is not before that one. */
static size_t lower_bound(const struct json_field *fields, size_t count, struct str step)
{
    size_t low = 0;

    while (low < count) {
        size_t middle = low + (count - low) / 2;
        if (compare_steps(step_of(&fields[middle]), step) < 0) {
            low = middle + 1;
        } else {
            count = middle;
        }
    }
    return low;
}

/* Those from `index` on that go the same step. The first member of a name is the one that counts. */
static size_t enter(struct json_field *fields, size_t count, size_t index, struct str step, struct str value)
{
    size_t entered = 0;

    while (index < count && fields[index].next.base == NULL && str_equal(step_of(&fields[index]), step)) {
        fields[index++].next = value;
        entered++;
    }
    return entered;
}

static size_t enter_by_text(struct json_field *fields, size_t count, struct str step, struct str value)
{
    return enter(fields, count, lower_bound(fields, count, step), step, value);
}

/* A name too long to be read here: there cannot be many of them. */
static size_t enter_by_string(struct json_field *fields, size_t count, struct str name, struct str value)
{
    for (size_t i = 0; i < count; i++) {
        struct str step = step_of(&fields[i]);
        if (json_string_equal(name, step)) {
            return enter(fields, count, i, step, value);
        }
    }
    return 0;
}

static size_t enter_member(struct json_field *fields, size_t count, struct str name, struct str value)
{
    char room[NAME_BYTES];
    struct buf text;

    if (name.length >= 2 && str_find(name, '\\') == name.length) {
        return enter_by_text(fields, count, (struct str){ name.base + 1, name.length - 2 }, value);
    }
    buf_init_on(&text, room, sizeof room, sizeof room - 1);
    size_t entered = json_add_text(name, &text) == 0 ? enter_by_text(fields, count, buf_view(&text), value)
                                                     : enter_by_string(fields, count, name, value);
    buf_clear(&text);
    return entered;
}

static void walk_object(struct json_field *fields, size_t count, struct str object)
{
    struct json_walk walk = json_walk_begin(object);
    struct str name;
    struct str value;

    for (size_t missing = count; missing > 0 && json_walk_member(&walk, &name, &value);) {
        missing -= enter_member(fields, count, name, value);
    }
}

static struct str write_number(uint64_t number, char *end)
{
    char *at = end;

    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return (struct str){ at, (size_t)(end - at) };
}

static void walk_array(struct json_field *fields, size_t count, struct str array)
{
    struct json_walk walk = json_walk_begin(array);
    struct str value;
    char digits[DIGITS];
    uint64_t index = 0;

    for (size_t missing = count; missing > 0 && json_walk_element(&walk, &value); index++) {
        missing -= enter_by_text(fields, count, write_number(index, digits + DIGITS), value);
    }
}

static void walk_container(struct json_field *fields, size_t count)
{
    struct str container = fields[0].value;

    if (json_kind(container) == JSON_OBJECT) {
        walk_object(fields, count, container);
    } else if (json_kind(container) == JSON_ARRAY) {
        walk_array(fields, count, container);
    }
}

/* ---- all of them ---- */

static void go_on(struct json_field *field)
{
    bool is_there = field->next.base != NULL;

    field->value = field->next;
    field->next = (struct str){ NULL, 0 };
    field->path = is_there ? str_from(field->path, step_of(field).length + 1) : (struct str){ NULL, 0 };
}

/* How many of those at the front are looked for in the same container; 0: the first one has arrived. */
static size_t length_of_run(const struct json_field *fields, size_t count)
{
    size_t length = 0;

    while (length < count && fields[length].path.length > 0 && fields[length].value.base == fields[0].value.base) {
        length++;
    }
    return length;
}

/* One name of each path; false: all have arrived. */
static bool go_one_step(struct json_field *fields, size_t count)
{
    bool is_on_the_way = false;

    for (size_t i = 0; i < count;) {
        size_t length = length_of_run(&fields[i], count - i);
        if (length > 0) {
            walk_container(&fields[i], length);
        }
        for (size_t j = i; j < i + length; j++) {
            go_on(&fields[j]);
            is_on_the_way = is_on_the_way || fields[j].path.length > 0;
        }
        i += length > 0 ? length : 1;
    }
    return is_on_the_way;
}

void json_fields_find(struct str value, struct json_field *fields, size_t count)
{
    value = json_scan_trim(value);
    for (size_t i = 0; i < count; i++) {
        fields[i].value = value;
        fields[i].next = (struct str){ NULL, 0 };
    }
    while (go_one_step(fields, count)) {
    }
}
