/* SPDX-License-Identifier: MIT */
#include "gateway/merge.h"

#include <errno.h>

#include "common/json_scan.h"

struct merge {
    struct buf *body;
    struct merge_asides *asides; /* NULL: all is copied */
};

/* ---- how much it will take, so that the buffer grows once ---- */

static size_t count_copied(const struct merge *merge, struct str json)
{
    return merge->asides != NULL && json.length >= MERGE_ASIDE_BYTES ? 0 : json.length;
}

static size_t count_value_bytes(const struct merge *merge, const struct merge_member *member)
{
    size_t bytes = sizeof "null[]\"\"" + count_copied(merge, member->bytes);

    for (size_t i = 0; i < member->element_count; i++) {
        bytes += sizeof "null," + count_copied(merge, member->elements[i]);
    }
    return bytes;
}

static size_t count_bytes(const struct merge *merge, const struct merge_member *members, size_t count, struct str tail)
{
    size_t bytes = sizeof "{,}" + tail.length;

    for (size_t i = 0; i < count; i++) {
        bytes += sizeof "\"\":," + members[i].name.length + count_value_bytes(merge, &members[i]);
    }
    return bytes;
}

/* ---- the values ---- */

static bool put_aside(const struct merge *merge, struct str value)
{
    struct merge_asides *asides = merge->asides;

    if (asides == NULL || value.length < MERGE_ASIDE_BYTES || asides->count == MERGE_ASIDES_MOST) {
        return false;
    }
    asides->asides[asides->count].offset = merge->body->length;
    asides->asides[asides->count].value = value;
    asides->count++;
    return true;
}

static void add_json(const struct merge *merge, struct str json)
{
    struct str value = json_scan_trim(json);

    if (!put_aside(merge, value)) {
        (void)buf_add_str(merge->body, value.length > 0 ? value : STR("null"));
    }
}

static void add_element(const struct merge *merge, enum merge_form form, struct str element)
{
    if (form == MERGE_TEXT_LIST && element.base != NULL) {
        (void)buf_add_json_string(merge->body, element);
    } else {
        add_json(merge, element);
    }
}

static void add_list(const struct merge *merge, const struct merge_member *member)
{
    struct buf *body = merge->body;

    (void)buf_add_byte(body, '[');
    for (size_t i = 0; i < member->element_count; i++) {
        if (i > 0) {
            (void)buf_add_byte(body, ',');
        }
        add_element(merge, member->form, member->elements[i]);
    }
    (void)buf_add_byte(body, ']');
}

static void add_value(const struct merge *merge, const struct merge_member *member)
{
    switch (member->form) {
    case MERGE_JSON:
        add_json(merge, member->bytes);
        break;
    case MERGE_TEXT:
        (void)buf_add_json_string(merge->body, member->bytes);
        break;
    case MERGE_LIST:
    case MERGE_TEXT_LIST:
        add_list(merge, member);
        break;
    }
}

static int render(const struct merge *merge, const struct merge_member *members, size_t count, struct str tail)
{
    struct buf *body = merge->body;

    /* Over the limit, the additions below say so, if it is not an estimate that was too high. */
    (void)buf_reserve(body, count_bytes(merge, members, count, tail));
    body->failed = false;
    (void)buf_add_byte(body, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            (void)buf_add_byte(body, ',');
        }
        (void)buf_add_json_string(body, members[i].name);
        (void)buf_add_byte(body, ':');
        add_value(merge, &members[i]);
    }
    if (tail.length > 0) {
        (void)buf_add_text(body, count > 0 ? "," : "");
        (void)buf_add_str(body, tail);
    }
    (void)buf_add_byte(body, '}');
    return body->failed ? -ENOBUFS : 0;
}

int merge_render(const struct merge_member *members, size_t count, struct str tail, struct buf *body)
{
    return render(&(struct merge){ .body = body }, members, count, tail);
}

/* ---- in pieces ---- */

int merge_render_around(const struct merge_member *members, size_t count, struct str tail, struct buf *text,
                        struct merge_asides *ret_asides)
{
    ret_asides->count = 0;
    return render(&(struct merge){ .body = text, .asides = ret_asides }, members, count, tail);
}

/* No part of the text is empty: a name or a comma stands before each value, and an end behind the last. */
size_t merge_pieces(struct str text, const struct merge_asides *asides, struct str pieces[MERGE_PIECES_MOST])
{
    size_t count = 0;
    size_t start = 0;

    for (size_t i = 0; i < asides->count; i++) {
        size_t end = asides->asides[i].offset;
        pieces[count++] = (struct str){ text.base + start, end - start };
        pieces[count++] = asides->asides[i].value;
        start = end;
    }
    pieces[count++] = str_from(text, start);
    return count;
}
