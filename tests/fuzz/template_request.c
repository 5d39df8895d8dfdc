/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/template_request.h"

#include "common/buf.h"
#include "common/percent.h"
#include "gateway/config_sections.h"

enum { REQUEST_BYTES = 16 * 1024 * 1024 };

/* ---- what the template has by itself ---- */

struct shape {
    size_t segments;
    size_t parameters;
    bool has_query;
};

static void count_byte(struct shape *shape, char byte)
{
    shape->segments += !shape->has_query && byte == '/';
    shape->parameters += shape->has_query ? byte == '&' : byte == '?';
    shape->has_query = shape->has_query || byte == '?';
}

static struct shape shape_of(const struct template *template)
{
    struct shape shape = { .segments = 0 };

    for (size_t i = 0; i < template->part_count; i++) {
        const struct template_part *part = &template->parts[i];
        for (size_t j = 0; part->source == TEMPLATE_TEXT && j < part->text.length; j++) {
            count_byte(&shape, part->text.base[j]);
        }
    }
    return shape;
}

/* ---- what a server reads ---- */

static void check_segment(struct str segment)
{
    cleanup_buf struct buf decoded;
    size_t length = 0;

    buf_init(&decoded, REQUEST_BYTES);
    char *room = buf_reserve(&decoded, segment.length);
    fuzz_check(room != NULL && percent_decode(segment, room, &length) == 0);
    struct str seen = { room, length };
    fuzz_check(!str_equal(seen, STR(".")) && !str_equal(seen, STR("..")));
}

/* Splits and counts; no segment may be "." or "..". */
static struct shape read_target(struct str target)
{
    struct shape shape = { .has_query = str_find(target, '?') < target.length };
    struct str query = target;
    struct str path = str_split(&query, '?');

    fuzz_check(path.length > 0 && path.base[0] == '/');
    path = str_from(path, 1);
    do {
        shape.segments++;
        bool is_last = str_find(path, '/') == path.length;
        check_segment(str_split(&path, '/'));
        if (is_last) {
            break;
        }
    } while (true);
    for (size_t i = 0; i < query.length; i++) {
        shape.parameters += query.base[i] == '&';
    }
    shape.parameters += shape.has_query;
    return shape;
}

void template_request_check_target(struct str source, const struct template *template, struct str target)
{
    size_t offset = 0;

    if (config_target_fault(source, &offset) != NULL) {
        return;
    }
    struct shape own = shape_of(template);
    struct shape seen = read_target(target);
    fuzz_check(str_is_visible(target) && str_find(target, '#') == target.length);
    fuzz_check(seen.segments == own.segments);
    fuzz_check(seen.parameters <= own.parameters);
    fuzz_check(!seen.has_query || own.has_query);
}

void template_request_check_header(struct str source, struct str value)
{
    size_t offset = 0;

    if (config_header_value_fault(source, &offset) == NULL) {
        fuzz_check(fuzz_is_printable(value));
    }
}
