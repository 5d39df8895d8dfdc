/* SPDX-License-Identifier: MIT */
/*
 * template_target - a target, rendered in one pass over its parts, with what must be known of the segment of the path
 * and of the parameter of the query that it is in.
 */
#include "common/percent.h"
#include "gateway/template_internal.h"

struct target {
    struct template_rendering *rendering;
    struct buf *text;                              /* the rendering's */
    size_t segment_start;                          /* behind the last "/" */
    const struct template_part *segment_reference; /* the last one in that segment; NULL: none */

    bool is_in_query;
    size_t query_start;     /* of the "?" */
    size_t parameter_start; /* of the "?" or "&" in front of it */
    bool has_equals;        /* it has a "=" */
    bool is_value_due;      /* which stands last, so that its value begins here */
};

/* ---- the path ---- */

/* "%2e" is a dot, too, to many who read it; a value's bytes cannot make one. */
static bool skip_dot(struct str *segment)
{
    bool is_encoded = str_starts_with(*segment, STR("%2e")) || str_starts_with(*segment, STR("%2E"));

    if (!is_encoded && !str_starts_with(*segment, STR("."))) {
        return false;
    }
    *segment = str_from(*segment, is_encoded ? 3 : 1);
    return true;
}

/* What is wrong with a segment; NULL: nothing. */
static const char *judge_segment(struct str segment)
{
    if (segment.length == 0) {
        return "an empty segment";
    }
    if (!skip_dot(&segment)) {
        return NULL;
    }
    if (segment.length == 0) {
        return "the segment \".\"";
    }
    return skip_dot(&segment) && segment.length == 0 ? "the segment \"..\"" : NULL;
}

/* The segment ends where the text does. */
static enum template_verdict end_segment(struct target *target)
{
    const struct template_part *part = target->segment_reference;

    if (target->text->failed) {
        return template_refuse_size(target->rendering->error);
    }
    const char *fault = part != NULL ? judge_segment(str_from(buf_view(target->text), target->segment_start)) : NULL;
    if (fault == NULL) {
        return TEMPLATE_DONE;
    }
    (void)error_set(target->rendering->error, "The value of %s would give the path of a call %s.",
                    template_quote(part->written).text, fault);
    bool is_clients = part->source == TEMPLATE_CAPTURE || part->source == TEMPLATE_QUERY;
    return is_clients ? TEMPLATE_BAD_REQUEST : TEMPLATE_BAD_INPUT;
}

/* The index behind the last `byte`; 0: there is none. */
static size_t find_behind_last(struct str text, char byte)
{
    while (text.length > 0 && text.base[text.length - 1] != byte) {
        text.length--;
    }
    return text.length;
}

static enum template_verdict add_path_text(struct target *target, struct str text)
{
    size_t slash = str_find(text, '/');

    (void)buf_add(target->text, text.base, slash);
    if (slash == text.length) {
        return TEMPLATE_DONE;
    }
    enum template_verdict verdict = end_segment(target);
    if (verdict != TEMPLATE_DONE) {
        return verdict;
    }
    target->segment_start = target->text->length + find_behind_last(text, '/') - slash;
    target->segment_reference = NULL;
    (void)buf_add_str(target->text, str_from(text, slash));
    return TEMPLATE_DONE;
}

/* ---- the query ---- */

/* The first text begins with the "?"; so does, then, what stands behind parameters that were all left out. */
static void add_query_text(struct target *target, struct str text)
{
    bool is_first = target->text->length == target->query_start;
    size_t start = target->text->length;
    size_t behind_separator = find_behind_last(text, '&');

    if (is_first && text.length > 0) {
        (void)buf_add_byte(target->text, '?');
        (void)buf_add_str(target->text, str_from(text, 1));
        behind_separator = behind_separator > 0 ? behind_separator : 1;
    } else {
        (void)buf_add_str(target->text, text);
    }
    if (behind_separator > 0) {
        target->parameter_start = start + behind_separator - 1;
        target->has_equals = false;
    }
    struct str parameter = str_from(text, behind_separator);
    size_t equals = str_find(parameter, '=');
    target->is_value_due = !target->has_equals && equals + 1 == parameter.length;
    target->has_equals = target->has_equals || equals < parameter.length;
}

/* ---- both ---- */

static enum template_verdict add_text(struct target *target, struct str text)
{
    if (target->is_in_query) {
        add_query_text(target, text);
        return TEMPLATE_DONE;
    }
    struct str path = { text.base, str_find(text, '?') };
    enum template_verdict verdict = add_path_text(target, path);
    if (verdict != TEMPLATE_DONE || path.length == text.length) {
        return verdict;
    }
    verdict = end_segment(target);
    if (verdict != TEMPLATE_DONE) {
        return verdict;
    }
    target->is_in_query = true;
    target->query_start = target->text->length;
    add_query_text(target, str_from(text, path.length));
    return TEMPLATE_DONE;
}

/* The client did not send the query parameter. `next` is the part behind, or NULL. */
static enum template_verdict add_missing(struct target *target, const struct template_part *part,
                                         const struct template_part *next)
{
    bool is_last = next == NULL || (next->source == TEMPLATE_TEXT && str_starts_with(next->text, STR("&")));

    if (!target->is_in_query) {
        (void)error_set(target->rendering->error, "The query parameter %s is missing.",
                        template_quote(part->text).text);
        return TEMPLATE_BAD_REQUEST;
    }
    if (target->is_value_due && is_last) {
        target->text->length = target->parameter_start;
    }
    return TEMPLATE_DONE;
}

static enum template_verdict add_reference(struct target *target, const struct template_part *part,
                                           const struct template_part *next)
{
    struct str value = { NULL, 0 };
    enum template_verdict verdict = template_find_text(target->rendering, part, &value);

    if (verdict == TEMPLATE_DONE && value.base == NULL) {
        verdict = add_missing(target, part, next);
    } else if (verdict == TEMPLATE_DONE) {
        (void)percent_encode(value, target->text);
    }
    target->segment_reference = part;
    target->is_value_due = false;
    return verdict;
}

static enum template_verdict add_parts(struct target *target)
{
    const struct template *template = target->rendering->template;

    for (size_t i = 0; i < template->part_count; i++) {
        const struct template_part *part = &template->parts[i];
        const struct template_part *next = i + 1 < template->part_count ? part + 1 : NULL;
        enum template_verdict verdict =
            part->source == TEMPLATE_TEXT ? add_text(target, part->text) : add_reference(target, part, next);
        if (verdict != TEMPLATE_DONE) {
            return verdict;
        }
        if (target->text->failed) {
            return template_refuse_size(target->rendering->error);
        }
    }
    return target->is_in_query ? TEMPLATE_DONE : end_segment(target);
}

enum template_verdict template_render_target(const struct template *template, const struct template_values *values,
                                             struct arena *arena, struct str *ret_text, struct error *error)
{
    struct template_rendering rendering;
    struct target target = { .rendering = &rendering, .text = &rendering.text };

    if (template_is_constant(template, ret_text)) {
        return TEMPLATE_DONE;
    }
    template_rendering_init(&rendering, template, values, arena, error);
    enum template_verdict verdict = add_parts(&target);
    if (verdict == TEMPLATE_DONE) {
        verdict = template_rendering_finish(&rendering, ret_text);
    }
    template_rendering_clear(&rendering);
    return verdict;
}
