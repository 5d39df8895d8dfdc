/* SPDX-License-Identifier: MIT */
/*
 * template_render - what all renderings have in common, headers' values, and JSON; targets are in template_target.c.
 */
#include <string.h>

#include "common/json_scan.h"
#include "common/json_view.h"
#include "common/percent.h"
#include "gateway/template_internal.h"

/* ---- all ---- */

bool template_is_constant(const struct template *template, struct str *ret_text)
{
    if (template->part_count == 0) {
        *ret_text = STR("");
        return true;
    }
    if (template->part_count == 1 && template->parts[0].source == TEMPLATE_TEXT) {
        *ret_text = template->parts[0].text;
        return true;
    }
    return false;
}

void template_rendering_init(struct template_rendering *rendering, const struct template *template,
                             const struct template_values *values, struct arena *arena, struct error *error)
{
    size_t limit = arena->limit_bytes - arena->used_bytes;

    rendering->template = template;
    rendering->values = values;
    rendering->arena = arena;
    rendering->error = error;
    buf_init_on(&rendering->text, rendering->text_room, sizeof rendering->text_room, limit);
    buf_init_on(&rendering->scratch, rendering->scratch_room, sizeof rendering->scratch_room, limit);
}

void template_rendering_clear(struct template_rendering *rendering)
{
    buf_clear(&rendering->text);
    buf_clear(&rendering->scratch);
}

enum template_verdict template_refuse_size(struct error *error)
{
    (void)error_set(error, "The calls of this request take more memory than it may have.");
    return TEMPLATE_NO_MEMORY;
}

enum template_verdict template_rendering_finish(struct template_rendering *rendering, struct str *ret_text)
{
    struct str text = buf_view(&rendering->text);
    const char *copy = rendering->text.failed ? NULL : arena_copy(rendering->arena, text);

    if (copy == NULL) {
        return template_refuse_size(rendering->error);
    }
    *ret_text = (struct str){ copy, text.length };
    return TEMPLATE_DONE;
}

/* ---- headers ---- */

static enum template_verdict add_header_part(struct template_rendering *rendering, const struct template_part *part)
{
    struct str text = { NULL, 0 };
    enum template_verdict verdict = template_find_text(rendering, part, &text);

    if (verdict == TEMPLATE_DONE && part->source == TEMPLATE_TEXT) {
        (void)buf_add_str(&rendering->text, text);
    } else if (verdict == TEMPLATE_DONE) {
        (void)percent_encode_unprintable(text, &rendering->text);
    }
    return verdict;
}

/* ---- JSON ---- */

/* Where the template's reference is the whole value. */
static enum template_verdict add_json_value(struct template_rendering *rendering, const struct template_part *part)
{
    struct str value = { NULL, 0 };
    bool is_json = part->source == TEMPLATE_CALL || part->source == TEMPLATE_EACH;
    enum template_verdict verdict = is_json ? template_find_json(part, rendering->values, &value, rendering->error)
                                            : template_find_text(rendering, part, &value);

    if (verdict != TEMPLATE_DONE) {
        return verdict;
    }
    if (value.base == NULL) {
        (void)buf_add_text(&rendering->text, "null");
    } else if (is_json) {
        (void)buf_add_str(&rendering->text, value);
    } else {
        (void)buf_add_json_string(&rendering->text, value);
    }
    return TEMPLATE_DONE;
}

/* Inside a string of the template, whose quotes are there: those of the piece are taken away again. */
static enum template_verdict add_json_piece(struct template_rendering *rendering, const struct template_part *part)
{
    struct buf *json = &rendering->text;
    struct str text = { NULL, 0 };
    size_t start = json->length;
    enum template_verdict verdict = template_find_text(rendering, part, &text);

    if (verdict != TEMPLATE_DONE) {
        return verdict;
    }
    if (buf_add_json_string(json, text) < 0) {
        return template_refuse_size(rendering->error);
    }
    json->length -= 2;
    memmove(json->base + start, json->base + start + 1, json->length - start);
    return TEMPLATE_DONE;
}

static enum template_verdict add_json_part(struct template_rendering *rendering, const struct template_part *part)
{
    if (part->source == TEMPLATE_TEXT) {
        (void)buf_add_str(&rendering->text, part->text);
        return TEMPLATE_DONE;
    }
    return part->is_whole ? add_json_value(rendering, part) : add_json_piece(rendering, part);
}

/* ---- both ---- */

typedef enum template_verdict add_part_fn(struct template_rendering *rendering, const struct template_part *part);

static enum template_verdict add_parts(struct template_rendering *rendering, add_part_fn *add_part)
{
    for (size_t i = 0; i < rendering->template->part_count; i++) {
        enum template_verdict verdict = add_part(rendering, &rendering->template->parts[i]);
        if (verdict != TEMPLATE_DONE) {
            return verdict;
        }
        if (rendering->text.failed) {
            return template_refuse_size(rendering->error);
        }
    }
    return TEMPLATE_DONE;
}

static enum template_verdict render(struct template_rendering *rendering, add_part_fn *add_part, struct str *ret_text)
{
    enum template_verdict verdict = add_parts(rendering, add_part);

    if (verdict == TEMPLATE_DONE) {
        verdict = template_rendering_finish(rendering, ret_text);
    }
    template_rendering_clear(rendering);
    return verdict;
}

enum template_verdict template_render_header(const struct template *template, const struct template_values *values,
                                             struct arena *arena, struct str *ret_text, struct error *error)
{
    struct template_rendering rendering;

    if (template_is_constant(template, ret_text)) {
        return TEMPLATE_DONE;
    }
    template_rendering_init(&rendering, template, values, arena, error);
    return render(&rendering, add_header_part, ret_text);
}

enum template_verdict template_render_json(const struct template *template, const struct template_values *values,
                                           struct arena *arena, struct str *ret_text, struct error *error)
{
    struct template_rendering rendering;

    if (template_is_constant(template, ret_text)) {
        return TEMPLATE_DONE;
    }
    template_rendering_init(&rendering, template, values, arena, error);
    return render(&rendering, add_json_part, ret_text);
}
