/* SPDX-License-Identifier: MIT */
#include "common/json_view.h"

static const struct str nothing = { NULL, 0 };

/* ---- how long a token is ---- */

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

static bool begins_with(struct str text, char byte)
{
    return text.length > 0 && text.base[0] == byte;
}

static struct str skip_space(struct str text)
{
    while (text.length > 0 && is_space(text.base[0])) {
        text = str_from(text, 1);
    }
    return text;
}

size_t json_string_length(struct str text)
{
    for (size_t i = 1; i < text.length; i++) {
        if (text.base[i] == '\\') {
            i++;
        } else if (text.base[i] == '"') {
            return i + 1;
        }
    }
    return text.length;
}

/* Of the array or object at the front: brackets are counted, whatever their shape, but for those in strings. */
static size_t container_length(struct str text)
{
    size_t depth = 0;
    size_t i = 0;

    while (i < text.length) {
        char byte = text.base[i];
        if (byte == '"') {
            i += json_string_length(str_from(text, i));
            continue;
        }
        i++;
        if (byte == '[' || byte == '{') {
            depth++;
        } else if ((byte == ']' || byte == '}') && --depth == 0) {
            return i;
        }
    }
    return text.length;
}

static bool ends_scalar(char byte)
{
    return is_space(byte) || byte == ',' || byte == ':' || byte == '"' || byte == '[' || byte == ']' || byte == '{' ||
           byte == '}';
}

/* Of the value at the front; 0: there is none. */
static size_t value_length(struct str text)
{
    size_t length = 0;

    if (begins_with(text, '"')) {
        return json_string_length(text);
    }
    if (begins_with(text, '[') || begins_with(text, '{')) {
        return container_length(text);
    }
    while (length < text.length && !ends_scalar(text.base[length])) {
        length++;
    }
    return length;
}

/* ---- kinds ---- */

enum json_kind json_kind(struct str value)
{
    switch (value.length > 0 ? value.base[0] : '\0') {
    case '"':
        return JSON_STRING;
    case '[':
        return JSON_ARRAY;
    case '{':
        return JSON_OBJECT;
    case 't':
    case 'f':
        return JSON_BOOLEAN;
    case 'n':
    case '\0':
        return JSON_NULL;
    default:
        return JSON_NUMBER;
    }
}

const char *json_kind_name(enum json_kind kind)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",       [JSON_BOOLEAN] = "a boolean", [JSON_NUMBER] = "a number",
        [JSON_STRING] = "a string", [JSON_ARRAY] = "an array",    [JSON_OBJECT] = "an object",
    };

    return names[kind];
}

/* ---- walks ---- */

struct json_walk json_walk_begin(struct str container)
{
    container = skip_space(container);
    if (!begins_with(container, '[') && !begins_with(container, '{')) {
        return (struct json_walk){ { container.base, 0 } };
    }
    return (struct json_walk){ skip_space(str_from(container, 1)) };
}

static bool end_walk(struct json_walk *walk)
{
    walk->rest.length = 0;
    return false;
}

/* The value here and the comma behind it. A colon behind it means that it was a name. */
static bool take_value(struct json_walk *walk, struct str *ret_value)
{
    struct str value = { walk->rest.base, value_length(walk->rest) };

    if (value.length == 0) {
        return end_walk(walk);
    }
    struct str rest = skip_space(str_from(walk->rest, value.length));
    if (begins_with(rest, ':')) {
        return end_walk(walk);
    }
    if (begins_with(rest, ',')) {
        walk->rest = skip_space(str_from(rest, 1));
    } else {
        (void)end_walk(walk);
    }
    *ret_value = value;
    return true;
}

/* The name here and its colon; the walk stands before the value then. */
static bool take_name(struct json_walk *walk, struct str *ret_name)
{
    if (!begins_with(walk->rest, '"')) {
        return end_walk(walk);
    }
    struct str name = { walk->rest.base, json_string_length(walk->rest) };
    struct str rest = skip_space(str_from(walk->rest, name.length));
    if (!begins_with(rest, ':')) {
        return end_walk(walk);
    }
    walk->rest = skip_space(str_from(rest, 1));
    *ret_name = name;
    return true;
}

bool json_walk_element(struct json_walk *walk, struct str *ret_value)
{
    return take_value(walk, ret_value);
}

bool json_walk_member(struct json_walk *walk, struct str *ret_name, struct str *ret_value)
{
    struct str name;

    if (!take_name(walk, &name) || !take_value(walk, ret_value)) {
        return false;
    }
    *ret_name = name;
    return true;
}

size_t json_count(struct str container)
{
    struct json_walk walk = json_walk_begin(container);
    bool is_object = begins_with(skip_space(container), '{');
    struct str name;
    struct str value;
    size_t count = 0;

    while (is_object ? json_walk_member(&walk, &name, &value) : json_walk_element(&walk, &value)) {
        count++;
    }
    return count;
}

/* ---- values by name ---- */

/* A value, known by where it begins, with all that is behind it: its end need not be looked for to go into it. */
static struct str with_its_end(struct str value)
{
    size_t length = value_length(value);

    return length > 0 ? (struct str){ value.base, length } : nothing;
}

static struct str enter_object(struct str object, struct str name)
{
    struct json_walk walk = json_walk_begin(object);
    struct str seen;
    struct str value;

    while (take_name(&walk, &seen)) {
        if (json_string_equal(seen, name)) {
            return walk.rest;
        }
        if (!take_value(&walk, &value)) {
            break;
        }
    }
    return nothing;
}

static struct str enter_array(struct str array, struct str digits)
{
    struct json_walk walk = json_walk_begin(array);
    struct str value;
    uint64_t index = 0;

    if (str_to_number(digits, UINT64_MAX, &index) < 0 || (digits.length > 1 && digits.base[0] == '0')) {
        return nothing;
    }
    while (index > 0 && json_walk_element(&walk, &value)) {
        index--;
    }
    return walk.rest;
}

struct str json_member(struct str object, struct str name)
{
    object = skip_space(object);
    return begins_with(object, '{') ? with_its_end(enter_object(object, name)) : nothing;
}

struct str json_find(struct str value, struct str path)
{
    bool is_there = path.length == 0;

    value = skip_space(value);
    while (!is_there) {
        struct str step = { path.base, str_find(path, '.') };
        is_there = step.length == path.length;
        path = str_from(path, step.length + 1);
        if (begins_with(value, '{')) {
            value = enter_object(value, step);
        } else if (begins_with(value, '[')) {
            value = enter_array(value, step);
        } else {
            return nothing;
        }
    }
    return with_its_end(value);
}

/* ---- places ---- */

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

struct json_position json_position(struct str text, size_t offset)
{
    struct json_position position = { 1, 1 };

    offset = offset < text.length ? offset : text.length;
    while (offset > 0 && offset < text.length && is_continuation(text.base[offset]) && text.base[offset - 1] != '\n') {
        offset--; /* to the character's first byte */
    }
    for (size_t i = 0; i < offset; i++) {
        if (text.base[i] == '\n') {
            position.line++;
            position.column = 1;
        } else if (!is_continuation(text.base[i])) {
            position.column++;
        }
    }
    return position;
}
