/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/template_expected.h"

#include "common/json_scan.h"
#include "common/json_view.h"
#include "common/percent.h"

/* ---- values ---- */

enum state { STATE_GIVEN, STATE_MISSING, STATE_BAD };

static bool decode(struct str raw, struct buf *ret_decoded)
{
    char *room = buf_reserve(ret_decoded, raw.length);
    size_t length = 0;

    fuzz_check(room != NULL);
    if (percent_decode(raw, room, &length) < 0) {
        return false;
    }
    ret_decoded->length += length;
    return true;
}

static bool is_named(struct str raw, struct str name)
{
    cleanup_buf struct buf decoded;

    buf_init(&decoded, raw.length);
    return decode(raw, &decoded) && str_equal(buf_view(&decoded), name);
}

static enum state find_parameter(struct str query, struct str name, struct buf *ret_value)
{
    while (query.length > 0) {
        struct str value = str_split(&query, '&');
        if (is_named(str_split(&value, '='), name)) {
            return decode(value, ret_value) ? STATE_GIVEN : STATE_BAD;
        }
    }
    return STATE_MISSING;
}

static enum state find_field(struct str json, struct buf *ret_value)
{
    enum json_kind kind = json_kind(json);

    if (json.length == 0 || kind == JSON_NULL || kind == JSON_ARRAY || kind == JSON_OBJECT) {
        return STATE_BAD;
    }
    int result = kind == JSON_STRING ? json_add_text(json, ret_value) : buf_add_str(ret_value, json);
    fuzz_check(result == 0);
    return STATE_GIVEN;
}

static enum state find_value(const struct template_part *part, const struct template_values *values,
                             struct buf *ret_value)
{
    switch (part->source) {
    case TEMPLATE_CAPTURE:
        fuzz_check(buf_add_str(ret_value, values->captures[part->index]) == 0);
        break;
    case TEMPLATE_QUERY:
        return find_parameter(values->query, part->text, ret_value);
    case TEMPLATE_CALL:
        return find_field(values->call_field(values->context, part), ret_value);
    case TEMPLATE_EACH:
        return find_field(json_scan_trim(values->each), ret_value);
    case TEMPLATE_TEXT:
        break;
    }
    return STATE_GIVEN;
}

/* ---- targets ---- */

/* A byte of what is rendered, or a mark in front of a value. */
struct cell {
    enum { CELL_TEXT, CELL_VALUE, CELL_MARK, CELL_MISSING } kind;
    char byte;
};

struct cells {
    const struct cell *base;
    size_t count;
};

static void add_cell(struct buf *cells, struct cell cell)
{
    fuzz_check(buf_add(cells, &cell, sizeof cell) == 0);
}

static void add_bytes(struct buf *cells, struct str bytes, struct cell cell)
{
    for (size_t i = 0; i < bytes.length; i++) {
        cell.byte = bytes.base[i];
        add_cell(cells, cell);
    }
}

static bool add_reference(struct buf *cells, const struct template_part *part, const struct template_values *values)
{
    cleanup_buf struct buf value;
    cleanup_buf struct buf encoded;

    buf_init(&value, cells->limit);
    buf_init(&encoded, cells->limit);
    enum state state = find_value(part, values, &value);
    if (state == STATE_BAD) {
        return false;
    }
    fuzz_check(percent_encode(buf_view(&value), &encoded) == 0);
    add_cell(cells, (struct cell){ .kind = state == STATE_MISSING ? CELL_MISSING : CELL_MARK });
    add_bytes(cells, buf_view(&encoded), (struct cell){ .kind = CELL_VALUE });
    return true;
}

static bool add_template(struct buf *cells, const struct template *template, const struct template_values *values)
{
    for (size_t i = 0; i < template->part_count; i++) {
        const struct template_part *part = &template->parts[i];
        if (part->source == TEMPLATE_TEXT) {
            add_bytes(cells, part->text, (struct cell){ .kind = CELL_TEXT });
        } else if (!add_reference(cells, part, values)) {
            return false;
        }
    }
    return true;
}

/* Up to the first such byte of the template's own text. */
static size_t find_text(struct cells cells, char byte)
{
    size_t i = 0;

    while (i < cells.count && (cells.base[i].kind != CELL_TEXT || cells.base[i].byte != byte)) {
        i++;
    }
    return i;
}

static struct cells split(struct cells *rest, char byte, bool *ret_is_last)
{
    struct cells front = { rest->base, find_text(*rest, byte) };

    *ret_is_last = front.count == rest->count;
    rest->base += front.count + !*ret_is_last;
    rest->count -= front.count + !*ret_is_last;
    return front;
}

/* The bytes; true if there is a reference among them. */
static bool add_text(struct buf *text, struct cells cells)
{
    bool has_reference = false;

    for (size_t i = 0; i < cells.count; i++) {
        if (cells.base[i].kind == CELL_TEXT || cells.base[i].kind == CELL_VALUE) {
            fuzz_check(buf_add_byte(text, cells.base[i].byte) == 0);
        } else {
            has_reference = true;
        }
    }
    return has_reference;
}

static bool is_climbing(struct str segment)
{
    cleanup_buf struct buf decoded;

    buf_init(&decoded, segment.length);
    return decode(segment, &decoded) &&
           (str_equal(buf_view(&decoded), STR(".")) || str_equal(buf_view(&decoded), STR("..")));
}

static bool add_path(struct buf *text, struct cells path)
{
    bool is_last = false;

    for (size_t i = 0; i < path.count; i++) {
        if (path.base[i].kind == CELL_MISSING) {
            return false;
        }
    }
    while (!is_last) {
        struct cells segment = split(&path, '/', &is_last);
        size_t start = text->length;
        bool has_reference = add_text(text, segment);
        struct str seen = str_from(buf_view(text), start);
        if (has_reference && (seen.length == 0 || is_climbing(seen))) {
            return false;
        }
        fuzz_check(is_last || buf_add_byte(text, '/') == 0);
    }
    return true;
}

/* Its value is one reference alone, to a parameter that the client did not send. */
static bool is_left_out(struct cells parameter)
{
    size_t equals = find_text(parameter, '=');

    return equals + 2 == parameter.count && parameter.base[equals + 1].kind == CELL_MISSING;
}

static void add_query(struct buf *text, struct cells query)
{
    char separator = '?';
    bool is_last = false;

    while (!is_last) {
        struct cells parameter = split(&query, '&', &is_last);
        if (!is_left_out(parameter)) {
            fuzz_check(buf_add_byte(text, separator) == 0);
            (void)add_text(text, parameter);
            separator = '&';
        }
    }
}

bool template_expected_target(const struct template *template, const struct template_values *values,
                              struct buf *ret_text)
{
    cleanup_buf struct buf bytes;
    bool has_no_query = false;

    buf_init(&bytes, SIZE_MAX / 2);
    if (!add_template(&bytes, template, values)) {
        return false;
    }
    if (bytes.length == 0) {
        return true;
    }
    struct cells query = { (const struct cell *)(void *)bytes.base, bytes.length / sizeof(struct cell) };
    struct cells path = split(&query, '?', &has_no_query);
    if (!add_path(ret_text, path)) {
        return false;
    }
    if (!has_no_query) {
        add_query(ret_text, query);
    }
    return true;
}

/* ---- headers ---- */

bool template_expected_header(const struct template *template, const struct template_values *values,
                              struct buf *ret_text)
{
    for (size_t i = 0; i < template->part_count; i++) {
        const struct template_part *part = &template->parts[i];
        cleanup_buf struct buf value;
        buf_init(&value, ret_text->limit);
        if (part->source == TEMPLATE_TEXT) {
            fuzz_check(buf_add_str(ret_text, part->text) == 0);
            continue;
        }
        if (find_value(part, values, &value) == STATE_BAD) {
            return false;
        }
        fuzz_check(percent_encode_unprintable(buf_view(&value), ret_text) == 0);
    }
    return true;
}

/* ---- JSON ---- */

/* A reference that is a whole value. */
static bool add_whole(struct buf *text, const struct template_part *part, const struct template_values *values)
{
    struct str json = json_scan_trim(values->each);
    cleanup_buf struct buf value;

    buf_init(&value, text->limit);
    if (part->source == TEMPLATE_CALL) {
        json = values->call_field(values->context, part);
    }
    if (part->source == TEMPLATE_CALL || part->source == TEMPLATE_EACH) {
        fuzz_check(buf_add_str(text, json) == 0);
        return json.length > 0;
    }
    enum state state = find_value(part, values, &value);
    if (state == STATE_MISSING) {
        fuzz_check(buf_add_text(text, "null") == 0);
    } else {
        fuzz_check(buf_add_json_string(text, buf_view(&value)) == 0);
    }
    return state != STATE_BAD;
}

/* One that is a piece of a string, whose quotes are the template's. */
static bool add_piece(struct buf *text, const struct template_part *part, const struct template_values *values)
{
    cleanup_buf struct buf value;
    cleanup_buf struct buf string;

    buf_init(&value, text->limit);
    buf_init(&string, text->limit);
    if (find_value(part, values, &value) == STATE_BAD) {
        return false;
    }
    fuzz_check(buf_add_json_string(&string, buf_view(&value)) == 0);
    fuzz_check(buf_add(text, string.base + 1, string.length - 2) == 0);
    return true;
}

bool template_expected_body(const struct template *template, const struct template_values *values, struct buf *ret_text)
{
    for (size_t i = 0; i < template->part_count; i++) {
        const struct template_part *part = &template->parts[i];
        if (part->source == TEMPLATE_TEXT) {
            fuzz_check(buf_add_str(ret_text, part->text) == 0);
            continue;
        }
        if (!(part->is_whole ? add_whole(ret_text, part, values) : add_piece(ret_text, part, values))) {
            return false;
        }
    }
    return true;
}
