/* SPDX-License-Identifier: MIT */
#include "gateway/merge.h"

#include <errno.h>

#include "common/json_scan.h"

/* ---- how much it will take, so that the buffer grows once ---- */

static size_t count_value_bytes(const struct merge_member *member)
{
    size_t bytes = sizeof "null[]\"\"" + member->bytes.length;

    for (size_t i = 0; i < member->element_count; i++) {
        bytes += sizeof "null," + member->elements[i].length;
    }
    return bytes;
}

static size_t count_bytes(const struct merge_member *members, size_t count, struct str tail)
{
    size_t bytes = sizeof "{,}" + tail.length;

    for (size_t i = 0; i < count; i++) {
        bytes += sizeof "\"\":," + members[i].name.length + count_value_bytes(&members[i]);
    }
    return bytes;
}

/* ---- the values ---- */

static void add_json(struct buf *body, struct str json)
{
    struct str value = json_scan_trim(json);

    (void)buf_add_str(body, value.length > 0 ? value : STR("null"));
}

static void add_element(struct buf *body, enum merge_form form, struct str element)
{
    if (form == MERGE_TEXT_LIST && element.base != NULL) {
        (void)buf_add_json_string(body, element);
    } else {
        add_json(body, element);
    }
}

static void add_list(struct buf *body, const struct merge_member *member)
{
    (void)buf_add_byte(body, '[');
    for (size_t i = 0; i < member->element_count; i++) {
        if (i > 0) {
            (void)buf_add_byte(body, ',');
        }
        add_element(body, member->form, member->elements[i]);
    }
    (void)buf_add_byte(body, ']');
}

static void add_value(struct buf *body, const struct merge_member *member)
{
    switch (member->form) {
    case MERGE_JSON:
        add_json(body, member->bytes);
        break;
    case MERGE_TEXT:
        (void)buf_add_json_string(body, member->bytes);
        break;
    case MERGE_LIST:
    case MERGE_TEXT_LIST:
        add_list(body, member);
        break;
    }
}

int merge_render(const struct merge_member *members, size_t count, struct str tail, struct buf *body)
{
    /* Over the limit, the additions below say so, if it is not an estimate that was too high. */
    (void)buf_reserve(body, count_bytes(members, count, tail));
    body->failed = false;
    (void)buf_add_byte(body, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            (void)buf_add_byte(body, ',');
        }
        (void)buf_add_json_string(body, members[i].name);
        (void)buf_add_byte(body, ':');
        add_value(body, &members[i]);
    }
    if (tail.length > 0) {
        (void)buf_add_text(body, count > 0 ? "," : "");
        (void)buf_add_str(body, tail);
    }
    (void)buf_add_byte(body, '}');
    return body->failed ? -ENOBUFS : 0;
}
