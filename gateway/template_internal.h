/* SPDX-License-Identifier: MIT */
/*
 * template_internal - what the files of template know of each other. Pure; only for template_*.c.
 */
#ifndef GATEWAY_TEMPLATE_INTERNAL_H
#define GATEWAY_TEMPLATE_INTERNAL_H

#include "common/buf.h"
#include "common/quote.h"
#include "gateway/template.h"

enum { TEMPLATE_PARTS_MAXIMUM = 256, TEMPLATE_PARAMETER_BYTES = 64 };

/* Bytes from a file or from outside for a sentence. */
static inline struct quote template_quote(struct str text)
{
    return quote_bare(text, QUOTE_BYTES_AT_MOST);
}

/* ---- template_reference: what a reference names ---- */

/* Fills source, index and text (a view into `name`) of *part. 0, or -1 and a sentence. */
int template_resolve(struct str name, const struct template_names *names, struct template_part *part,
                     struct error *error) must_check;

/* ---- template_render: what all renderings have in common ---- */

struct template_rendering {
    const struct template *template;
    const struct template_values *values;
    struct arena *arena;
    struct error *error;
    struct buf text;    /* what is rendered so far */
    struct buf scratch; /* for a value whose escapes must be read; the next one takes its place */
    /* Where the two begin: few are longer. */
    char text_room[512];
    char scratch_room[256];
};

void template_rendering_init(struct template_rendering *rendering, const struct template *template,
                             const struct template_values *values, struct arena *arena, struct error *error);
void template_rendering_clear(struct template_rendering *rendering);
/* Moves the text into the arena. */
enum template_verdict template_rendering_finish(struct template_rendering *rendering, struct str *ret_text) must_check;
enum template_verdict template_refuse_size(struct error *error) must_check;

/* ---- template_value: what a reference stands for ---- */

/* A value as text, valid until the next one is asked for; base NULL: a query parameter that the client did not send. */
enum template_verdict template_find_text(struct template_rendering *rendering, const struct template_part *part,
                                         struct str *ret_text) must_check;
/* Of a call's field or of the element: the JSON as it came. */
enum template_verdict template_find_json(const struct template_part *part, const struct template_values *values,
                                         struct str *ret_json, struct error *error) must_check;

#endif
