/* SPDX-License-Identifier: MIT */
/*
 * fuzz_merge - any bodies under any names.
 *
 *     "json NAME", "text NAME", "list NAME" or "texts NAME", a line break, the body -- the next one -- …
 *
 * The elements of a list are those of an array, those of texts are lines; an empty line is an element that is not
 * there. A piece "tail" has an object whose members follow the others. What comes out must be JSON with the bodies in
 * it, byte for byte and in their order.
 */
#include <errno.h>
#include <string.h>

#include "common/json_scan.h"
#include "common/json_view.h"
#include "gateway/merge.h"
#include "tests/fuzz/fuzz.h"

enum { BYTES_MAXIMUM = 4 * 1024 * 1024, MEMBERS_MAXIMUM = 32, BODY_DEPTH = JSON_SCAN_DEPTH - 1 };

struct scene {
    struct merge_member members[MEMBERS_MAXIMUM];
    size_t count;
    struct str tail; /* members, without the braces around them */
};

/* ---- reading the input ---- */

static struct str *add_elements(struct merge_member *member, size_t count)
{
    struct str *elements = calloc(count > 0 ? count : 1, sizeof elements[0]);

    fuzz_check(elements != NULL);
    member->bytes.length = 0;
    member->elements = elements;
    member->element_count = count;
    return elements;
}

static void read_list(struct merge_member *member, struct str array)
{
    struct json_walk walk = json_walk_begin(array);
    size_t count = json_count(array);
    struct str *elements = add_elements(member, count);

    for (size_t i = 0; i < count; i++) {
        fuzz_check(json_walk_element(&walk, &elements[i]));
    }
}

static void read_texts(struct merge_member *member, struct str lines)
{
    size_t count = 0;

    for (size_t i = 0; i < lines.length; i++) {
        count += lines.base[i] == '\n';
    }
    struct str *elements = add_elements(member, count);
    for (size_t i = 0; i < count; i++) {
        struct str line = str_split(&lines, '\n');
        elements[i] = line.length > 0 ? line : (struct str){ NULL, 0 };
    }
}

static void read_tail(struct scene *scene, struct str body)
{
    struct str object = json_scan_trim(body);

    if (json_kind(object) == JSON_OBJECT) {
        scene->tail = json_scan_trim((struct str){ object.base + 1, object.length - 2 });
    }
}

/* Bodies are JSON by the time they are merged, or nothing; a text may be anything. */
static void read_piece(struct scene *scene, struct str piece)
{
    struct str body = piece;
    struct str name = str_split(&body, '\n');
    struct str form = str_split(&name, ' ');
    bool is_blank = json_scan_trim(body).length == 0;
    bool is_json = json_scan_check(body, BODY_DEPTH, NULL) == 0;
    struct merge_member *member = &scene->members[scene->count];

    *member = (struct merge_member){ .name = name, .bytes = body };
    if (str_equal(form, STR("text"))) {
        member->form = MERGE_TEXT;
        scene->count++;
    } else if (str_equal(form, STR("json")) && (is_json || is_blank)) {
        member->form = MERGE_JSON;
        scene->count++;
    } else if (str_equal(form, STR("list")) && is_json && json_kind(json_scan_trim(body)) == JSON_ARRAY) {
        member->form = MERGE_LIST;
        read_list(member, body);
        scene->count++;
    } else if (str_equal(form, STR("texts"))) {
        member->form = MERGE_TEXT_LIST;
        read_texts(member, body);
        scene->count++;
    } else if (str_equal(form, STR("tail")) && is_json) {
        read_tail(scene, body);
    }
}

static void scene_clear(struct scene *scene)
{
    for (size_t i = 0; i < scene->count; i++) {
        free((void *)(uintptr_t)scene->members[i].elements);
    }
}

/* ---- what came out ---- */

static void check_as_text(struct str value, struct str bytes)
{
    cleanup_buf struct buf text;

    buf_init(&text, BYTES_MAXIMUM);
    fuzz_check(json_kind(value) == JSON_STRING && json_add_text(value, &text) == 0);
    fuzz_check(str_equal(buf_view(&text), bytes) == fuzz_is_utf8(bytes));
}

static void check_list(struct str value, const struct merge_member *member)
{
    struct json_walk walk = json_walk_begin(value);
    struct str element = { NULL, 0 };

    fuzz_check(json_kind(value) == JSON_ARRAY && json_count(value) == member->element_count);
    for (size_t i = 0; i < member->element_count; i++) {
        fuzz_check(json_walk_element(&walk, &element));
        if (member->form == MERGE_LIST) {
            fuzz_check(str_equal(element, member->elements[i]));
        } else if (member->elements[i].base != NULL) {
            check_as_text(element, member->elements[i]);
        } else {
            fuzz_check(str_equal(element, STR("null")));
        }
    }
}

static void check_value(struct str value, const struct merge_member *member)
{
    struct str body = json_scan_trim(member->bytes);

    switch (member->form) {
    case MERGE_JSON:
        fuzz_check(str_equal(value, body.length > 0 ? body : STR("null")));
        break;
    case MERGE_TEXT:
        check_as_text(value, member->bytes);
        break;
    case MERGE_LIST:
    case MERGE_TEXT_LIST:
        check_list(value, member);
        break;
    }
}

static size_t count_tail(struct str tail)
{
    struct json_walk walk = { tail };
    struct str name;
    struct str value;
    size_t count = 0;

    while (json_walk_member(&walk, &name, &value)) {
        count++;
    }
    return count;
}

static void check_body(const struct scene *scene, struct str body)
{
    struct json_walk walk = json_walk_begin(body);
    struct str name = { NULL, 0 };
    struct str value = { NULL, 0 };

    fuzz_check(json_scan_check(body, JSON_SCAN_DEPTH, NULL) == 0 && json_kind(body) == JSON_OBJECT);
    fuzz_check(json_count(body) == scene->count + count_tail(scene->tail));
    for (size_t i = 0; i < scene->count; i++) {
        fuzz_check(json_walk_member(&walk, &name, &value));
        fuzz_check(json_string_equal(name, scene->members[i].name) == fuzz_is_utf8(scene->members[i].name));
        check_value(value, &scene->members[i]);
    }
    fuzz_check(scene->tail.length == 0 || memmem(body.base, body.length, scene->tail.base, scene->tail.length) != NULL);
}

/* As many bytes as it has are enough, one less is not. */
static void check_limit(const struct scene *scene, struct str body)
{
    cleanup_buf struct buf exact;
    cleanup_buf struct buf short_of_one;

    buf_init(&exact, body.length);
    buf_init(&short_of_one, body.length - 1);
    fuzz_check(merge_render(scene->members, scene->count, scene->tail, &exact) == 0);
    fuzz_check(str_equal(buf_view(&exact), body));
    fuzz_check(merge_render(scene->members, scene->count, scene->tail, &short_of_one) == -ENOBUFS);
}

/* In pieces it is the same. */
static void check_pieces(const struct scene *scene, struct str body)
{
    struct merge_asides asides;
    struct str pieces[MERGE_PIECES_MOST];
    cleanup_buf struct buf text;
    cleanup_buf struct buf joined;

    buf_init(&text, BYTES_MAXIMUM);
    buf_init(&joined, BYTES_MAXIMUM);
    fuzz_check(merge_render_around(scene->members, scene->count, scene->tail, &text, &asides) == 0);
    size_t count = merge_pieces(buf_view(&text), &asides, pieces);
    for (size_t i = 0; i < count; i++) {
        fuzz_check(pieces[i].length > 0 && buf_add_str(&joined, pieces[i]) == 0);
    }
    fuzz_check(str_equal(buf_view(&joined), body));
}

void fuzz_one(struct str input)
{
    struct fuzz_pieces pieces = { .rest = input };
    struct scene scene = { .count = 0, .tail = STR("") };
    cleanup_buf struct buf body;

    buf_init(&body, BYTES_MAXIMUM);
    while (pieces.rest.length > 0 && scene.count < MEMBERS_MAXIMUM) {
        read_piece(&scene, fuzz_pieces_take(&pieces));
    }
    fuzz_check(merge_render(scene.members, scene.count, scene.tail, &body) == 0);
    check_body(&scene, buf_view(&body));
    check_limit(&scene, buf_view(&body));
    check_pieces(&scene, buf_view(&body));
    scene_clear(&scene);
    fuzz_pieces_clear(&pieces);
}
