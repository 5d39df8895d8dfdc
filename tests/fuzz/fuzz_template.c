/* SPDX-License-Identifier: MIT */
/*
 * fuzz_template - templates of any text, rendered with any values.
 *
 *     the template -- the query -- two captures -- the bodies of three calls -- the element
 *
 * What comes out must be what template_expected.c makes of it, which is written to be plain, and must keep the promises
 * of template.h: no value makes a segment, a parameter, a line, or a way upwards. Where the template is JSON it is one
 * for a body, too.
 */
#include <string.h>

#include "common/json_fields.h"
#include "common/json_scan.h"
#include "common/json_view.h"
#include "tests/fuzz/json_shape.h"
#include "tests/fuzz/template_expected.h"
#include "tests/fuzz/template_request.h"

/* Templates are checked to be JSON of 64 levels at most; bodies have as many as fit around them. */
enum { ARENA_BYTES = 4 * 1024 * 1024, TEMPLATE_DEPTH = 64, BODY_DEPTH = JSON_SCAN_DEPTH - TEMPLATE_DEPTH };
enum { EXPECTED_BYTES = 4 * ARENA_BYTES };

static const struct str captures[] = { STR_STATIC("id"), STR_STATIC("shop_name") };
static const struct str calls[] = { STR_STATIC("user"), STR_STATIC("user.more"), STR_STATIC("orders") };
static const struct template_names names = { captures, array_length(captures), calls, array_length(calls), true };

/* Where a piece of the input is no JSON. */
static const struct str default_body = STR_STATIC(
    "{\"id\":9223372036854775807,\"price\":1.10,\"ok\":true,\"none\":null,\"name\":\"J\\u00f6rg\","
    "\"dots\":\"..\",\"empty\":\"\",\"crlf\":\"a\\r\\nX: b\",\"tags\":[\"a/b\",{\"id\":1}],\"o\":{\"e\":7}}");
static const struct str default_element = STR_STATIC("\"..\\u002f1\"");

struct scene {
    struct fuzz_pieces pieces;
    struct arena arena;
    struct str source;
    struct str captures[array_length(captures)];
    struct str bodies[array_length(calls)];
    struct template_values values;
};

/* Found by itself, and with others that go some of the same way. */
static struct str field_of(const void *context, const struct template_part *part)
{
    struct str body = ((const struct str *)context)[part->index];
    struct str found = json_find(body, part->text);
    struct str paths[] = { part->text, { part->text.base, str_find(part->text, '.') }, STR("a"), STR("a.0"), STR("") };
    struct json_field fields[array_length(paths)];

    json_paths_sort(paths, array_length(paths));
    for (size_t i = 0; i < array_length(paths); i++) {
        fields[i] = (struct json_field){ .path = paths[i] };
    }
    json_fields_find(body, fields, array_length(paths));
    for (size_t i = 0; i < array_length(paths); i++) {
        struct str alone = json_find(body, paths[i]);
        fuzz_check(fields[i].value.base == alone.base && fields[i].value.length == alone.length);
    }
    return found;
}

static struct str take_body(struct scene *scene)
{
    struct str body = fuzz_pieces_take(&scene->pieces);

    return json_scan_check(body, BODY_DEPTH, NULL) == 0 ? body : default_body;
}

static struct str take_element(struct scene *scene)
{
    struct str element = fuzz_pieces_take(&scene->pieces);
    enum json_kind kind = json_kind(json_scan_trim(element));

    if (json_scan_check(element, 1, NULL) < 0 || (kind != JSON_STRING && kind != JSON_NUMBER)) {
        return default_element;
    }
    return element;
}

static void scene_init(struct scene *scene, struct str input)
{
    scene->pieces = (struct fuzz_pieces){ .rest = input };
    arena_init(&scene->arena, ARENA_BYTES);
    scene->source = fuzz_pieces_take(&scene->pieces);
    scene->values = (struct template_values){ .captures = scene->captures, .call_field = field_of };
    scene->values.context = scene->bodies;
    scene->values.query = fuzz_pieces_take(&scene->pieces);
    for (size_t i = 0; i < array_length(captures); i++) {
        scene->captures[i] = fuzz_pieces_take(&scene->pieces);
    }
    for (size_t i = 0; i < array_length(calls); i++) {
        scene->bodies[i] = take_body(scene);
    }
    scene->values.each = take_element(scene);
}

static void scene_clear(struct scene *scene)
{
    arena_clear(&scene->arena);
    fuzz_pieces_clear(&scene->pieces);
}

/* ---- parts ---- */

static void check_part(const struct template_part *part)
{
    fuzz_check(part->source == TEMPLATE_TEXT || part->written.length > 2);
    fuzz_check(part->source != TEMPLATE_TEXT || part->text.length > 0);
    fuzz_check(part->source != TEMPLATE_CAPTURE || part->index < array_length(captures));
    fuzz_check(part->source != TEMPLATE_CALL || part->index < array_length(calls));
    fuzz_check(part->source != TEMPLATE_QUERY || str_is_visible(part->text));
}

/* Whether it could be read; if not, it is said where and why. */
static bool check_parsed(const struct scene *scene, int result, const struct template *template,
                         const struct template_fault *fault)
{
    if (result < 0) {
        fuzz_check(fault->offset <= scene->source.length);
        fuzz_check_sentence(fault->error.text);
        return false;
    }
    for (size_t i = 0; i < template->part_count; i++) {
        check_part(&template->parts[i]);
    }
    return true;
}

static void check_refused(enum template_verdict verdict, const struct error *error)
{
    if (verdict != TEMPLATE_DONE) {
        fuzz_check_sentence(error->text);
    }
}

/* ---- targets ---- */

static bool is_any_of(char byte, const char *set)
{
    return byte != '\0' && strchr(set, byte) != NULL;
}

/* Those that end a segment, a parameter, a target or a line. */
static size_t count_special_bytes(struct str text, char byte)
{
    size_t count = 0;

    for (size_t i = 0; i < text.length; i++) {
        count += text.base[i] == byte;
    }
    return count;
}

/* No more of any of them than the template itself has, and nothing but unreserved bytes and escapes beside its text. */
static void check_bytes(const struct template *template, struct str text)
{
    for (unsigned value = 0; value < 256; value++) {
        char byte = (char)value;
        size_t own = 0;
        bool is_encoded = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                          (byte >= 'A' && byte <= 'Z') || is_any_of(byte, "-._~%");
        for (size_t i = 0; i < template->part_count; i++) {
            bool is_text = template->parts[i].source == TEMPLATE_TEXT;
            own += is_text ? count_special_bytes(template->parts[i].text, byte) : 0;
        }
        /* The "?" of a query whose first parameters were left out stands where a "&" was. */
        fuzz_check(is_encoded || count_special_bytes(text, byte) <= own);
    }
}

static void check_target(struct scene *scene, const struct template *template)
{
    struct error error = { "" };
    struct str text = { NULL, 0 };
    cleanup_buf struct buf expected;

    buf_init(&expected, EXPECTED_BYTES);
    enum template_verdict verdict = template_render_target(template, &scene->values, &scene->arena, &text, &error);
    bool is_expected = template_expected_target(template, &scene->values, &expected);
    check_refused(verdict, &error);
    if (verdict == TEMPLATE_NO_MEMORY) {
        return;
    }
    fuzz_check((verdict == TEMPLATE_DONE) == is_expected);
    if (verdict == TEMPLATE_DONE) {
        fuzz_check(str_equal(text, buf_view(&expected)) && text.base[text.length] == '\0');
        check_bytes(template, text);
        template_request_check_target(scene->source, template, text);
    }
}

/* ---- headers ---- */

static void check_header(struct scene *scene, const struct template *template)
{
    struct error error = { "" };
    struct str text = { NULL, 0 };
    bool is_printable = true;
    cleanup_buf struct buf expected;

    buf_init(&expected, EXPECTED_BYTES);
    for (size_t i = 0; i < template->part_count; i++) {
        const struct template_part *part = &template->parts[i];
        is_printable = is_printable && (part->source != TEMPLATE_TEXT || fuzz_is_printable(part->text));
    }
    enum template_verdict verdict = template_render_header(template, &scene->values, &scene->arena, &text, &error);
    bool is_expected = template_expected_header(template, &scene->values, &expected);
    check_refused(verdict, &error);
    if (verdict == TEMPLATE_NO_MEMORY) {
        return;
    }
    fuzz_check((verdict == TEMPLATE_DONE) == is_expected);
    if (verdict == TEMPLATE_DONE) {
        fuzz_check(str_equal(text, buf_view(&expected)) && text.base[text.length] == '\0');
        fuzz_check(!is_printable || fuzz_is_printable(text));
        template_request_check_header(scene->source, text);
    }
}

/* ---- arrays for `each` ---- */

static void check_arrays(struct scene *scene, const struct template *template)
{
    for (size_t i = 0; i < template->part_count; i++) {
        const struct template_part *part = &template->parts[i];
        struct error error = { "" };
        struct str array = { NULL, 0 };
        if (part->source != TEMPLATE_CALL) {
            continue;
        }
        enum template_verdict verdict = template_find_array(part, &scene->values, &array, &error);
        check_refused(verdict, &error);
        fuzz_check(verdict == TEMPLATE_DONE || verdict == TEMPLATE_BAD_INPUT);
        if (verdict == TEMPLATE_DONE) {
            fuzz_check(fuzz_is_inside(array, scene->bodies[part->index]));
            fuzz_check(json_kind(array) == JSON_ARRAY && json_scan_check(array, BODY_DEPTH, NULL) == 0);
        }
    }
}

/* ---- JSON ---- */

static void check_json(struct scene *scene, const struct template *template)
{
    struct error error = { "" };
    struct str text = { NULL, 0 };
    cleanup_buf struct buf expected;

    buf_init(&expected, EXPECTED_BYTES);
    enum template_verdict verdict = template_render_json(template, &scene->values, &scene->arena, &text, &error);
    bool is_expected = template_expected_body(template, &scene->values, &expected);
    check_refused(verdict, &error);
    if (verdict == TEMPLATE_NO_MEMORY) {
        return;
    }
    fuzz_check((verdict == TEMPLATE_DONE) == is_expected);
    if (verdict == TEMPLATE_DONE) {
        fuzz_check(str_equal(text, buf_view(&expected)) && text.base[text.length] == '\0');
        fuzz_check(json_scan_check(text, JSON_SCAN_DEPTH, NULL) == 0);
        json_shape_check(scene->source, text);
    }
}

/* ---- all ---- */

void fuzz_one(struct str input)
{
    struct scene scene;
    struct template template = { .part_count = 0 };
    struct template_fault fault = { .offset = 0 };

    scene_init(&scene, input);
    int result = template_parse(&scene.arena, scene.source, &names, &template, &fault);
    if (check_parsed(&scene, result, &template, &fault)) {
        check_target(&scene, &template);
        check_header(&scene, &template);
        check_arrays(&scene, &template);
    }
    if (json_scan_check(scene.source, TEMPLATE_DEPTH, NULL) == 0) {
        result = template_parse_json(&scene.arena, scene.source, &names, &template, &fault);
        if (check_parsed(&scene, result, &template, &fault)) {
            check_json(&scene, &template);
        }
    }
    scene_clear(&scene);
}
