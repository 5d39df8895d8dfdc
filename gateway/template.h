/* SPDX-License-Identifier: MIT */
/*
 * template - text with references in it, such as "/orders?user={id}&page={query.page}", read once when the
 * configuration is loaded, and rendered for each call. Pure.
 *
 *     {id}            what the request's path had in that place (decoded)
 *     {query.page}    the request's query parameter (the first of that name, decoded)
 *     {user.segment}  a field of the body of the call `user`, by dots: "profile.emails.0"; {user} is the whole body
 *     {each}          the element that this call is made for
 *     {{ }}           the braces themselves
 *
 * Rendered as a target, a value can never be more than one piece of a path segment or of a query parameter's value:
 * every byte of it but RFC 3986's unreserved ones is percent-encoded, and no segment may become empty, "." or "..".
 * Strings, numbers and booleans are values; null, arrays and objects are not, but for a whole value in a JSON template.
 *
 * Memory: parsed ones belong to the arena they were read into, rendered ones to the request's.
 */
#ifndef GATEWAY_TEMPLATE_H
#define GATEWAY_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/compiler.h"
#include "common/error.h"
#include "common/str.h"

enum template_source {
    TEMPLATE_TEXT,    /* bytes of the template itself */
    TEMPLATE_CAPTURE, /* of the request's path */
    TEMPLATE_QUERY,   /* of the request's query */
    TEMPLATE_CALL,    /* of another call's body */
    TEMPLATE_EACH,
};

struct template_part {
    enum template_source source;
    struct str text;    /* the bytes; the parameter's name; the field in the call's body ("" is all of it) */
    size_t index;       /* which capture; which call */
    size_t field;       /* which of the fields of that call's body: plan_fields_link()'s */
    struct str written; /* the reference as the template has it, "{user.segment}": for sentences */
    bool is_whole;      /* JSON templates: the reference is a whole value, not a part of a string */
};

struct template
{
    size_t part_count;
    struct template_part *parts;
};

/* What references may name. */
struct template_names {
    const struct str *captures;
    size_t capture_count;
    const struct str *calls; /* may contain dots: the longest that fits wins */
    size_t call_count;
    bool has_each;
};

/* Which byte of the text is wrong, and a sentence that says why and what is allowed, with "did you mean" where a name
 * is nearly right. */
struct template_fault {
    size_t offset;
    struct error error;
};

/* 0, or -1 and *fault (also when the arena is full). */
int template_parse(struct arena *arena, struct str text, const struct template_names *names, struct template *ret,
                   struct template_fault *fault) must_check;
/* `json` is checked JSON of any kind. A string that is one reference alone stands for the whole value; within other
 * strings a reference becomes a piece of the string. Member names are not looked at. Offsets count in `json`. */
int template_parse_json(struct arena *arena, struct str json, const struct template_names *names, struct template *ret,
                        struct template_fault *fault) must_check;

/* What the references stand for, for one call of one request. */
struct template_values {
    const struct str *captures;
    struct str query; /* raw, without the question mark */
    /* What a reference to a finished call stands for: JSON in its body; base NULL: it is not there. */
    struct str (*call_field)(const void *context, const struct template_part *part);
    const void *context;
    struct str each; /* a JSON string or number */
};

/* It has no reference: then *ret_text is all of it, as every rendering gives it. */
bool template_is_constant(const struct template *template, struct str *ret_text);

enum template_verdict {
    TEMPLATE_DONE,
    TEMPLATE_BAD_REQUEST, /* the client's doing: 400 */
    TEMPLATE_BAD_INPUT,   /* another call's body does not have what is due: dependency_failed */
    TEMPLATE_NO_MEMORY,
};

/* Each of them: TEMPLATE_DONE and *ret_text, NUL-terminated; else a sentence in *error (bytes from outside escaped). */

/* Origin form. A query parameter whose value is nothing but one {query.…} that the client did not send is left out. */
enum template_verdict template_render_target(const struct template *template, const struct template_values *values,
                                             struct arena *arena, struct str *ret_text, struct error *error) must_check;
/* A header's value: blank to "~" as they are, all else percent-encoded. */
enum template_verdict template_render_header(const struct template *template, const struct template_values *values,
                                             struct arena *arena, struct str *ret_text, struct error *error) must_check;
enum template_verdict template_render_json(const struct template *template, const struct template_values *values,
                                           struct arena *arena, struct str *ret_text, struct error *error) must_check;
/* The array that one reference to a call's field stands for; BAD_INPUT when it is none. A view into the call's body. */
enum template_verdict template_find_array(const struct template_part *part, const struct template_values *values,
                                          struct str *ret_array, struct error *error) must_check;

#endif
