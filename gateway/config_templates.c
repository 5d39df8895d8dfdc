/* SPDX-License-Identifier: MIT */
/*
 * config_templates - reads the templates of a call: `path`, `headers`, `body`, `each`; and whose answers it needs.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/config_sections.h"

/* ---- references to other calls ---- */

static const char *find_written(const struct config_value *value, struct str written)
{
    const char *place = memmem(value->json.base, value->json.length, written.base, written.length);

    return place != NULL ? place : value->json.base;
}

/* NULL: nothing is wrong with it. */
static const char *fault_of(const struct config_calls *calls, size_t from, size_t to)
{
    const struct plan_call *planned = calls->items[to].planned;

    if (from == to) {
        return "a call cannot refer to itself";
    }
    if (planned->has_each) {
        return "that call is made once for each element, and has no answer of its own to refer to";
    }
    return planned->is_text ? "the answer of that call is taken as text, which nothing can refer to" : NULL;
}

/* Each call once, however often it is referred to. */
static void note_inputs(struct config_calls *calls, size_t index, const struct config_value *value,
                        const struct template *template)
{
    for (size_t i = 0; i < template->part_count; i++) {
        const struct template_part *part = &template->parts[i];
        if (part->source != TEMPLATE_CALL || calls->seen_by[part->index] == index + 1) {
            continue;
        }
        calls->seen_by[part->index] = index + 1;
        const char *fault = fault_of(calls, index, part->index);
        if (fault == NULL) {
            calls->inputs[calls->input_count++] = part->index;
        } else {
            config_fault_at(calls->reader, value, find_written(value, part->written), "reference %s: %s",
                            config_quote(part->written).text, fault);
        }
    }
}

/* ---- reading one ---- */

static struct template_names names_for(const struct config_calls *calls, bool has_each)
{
    return (struct template_names){
        .captures = calls->scope->captures,
        .capture_count = calls->scope->capture_count,
        .calls = calls->names,
        .call_count = calls->count,
        .has_each = has_each,
    };
}

/* A template that is the text of a string. */
static bool read_template(struct config_calls *calls, const struct config_value *value, struct str text,
                          const struct template_names *names, struct template *ret_template)
{
    struct template_fault fault = { .offset = 0 };

    if (template_parse(&calls->reader->config->arena, text, names, ret_template, &fault) < 0) {
        config_fault_at(calls->reader, value, config_place_in(value, fault.offset), "%s", fault.error.text);
        return false;
    }
    return true;
}

/* ---- path, headers, body, each ---- */

static bool has_each(const struct config_calls *calls, size_t index)
{
    return calls->items[index].planned->has_each;
}

static void read_path(struct config_calls *calls, size_t index, const struct config_value *value)
{
    struct template *target = &calls->items[index].planned->target;
    struct template_names names = names_for(calls, has_each(calls, index));
    struct str text = { NULL, 0 };
    size_t offset = 0;

    if (!config_read_text(calls->reader, value, "a path such as /users/{id}", &text) ||
        !read_template(calls, value, text, &names, target)) {
        return;
    }
    const char *fault = config_target_fault(text, &offset);
    if (fault != NULL) {
        config_fault_at(calls->reader, value, config_place_in(value, offset), "%s", fault);
    }
    note_inputs(calls, index, value, target);
}

static bool is_forwarded(const struct plan_call *planned, struct str name)
{
    for (const char *const *other = planned->forward_headers; other != NULL && *other != NULL; other++) {
        if (str_equal_ignoring_case(str_of(*other), name)) {
            return true;
        }
    }
    return false;
}

static bool has_header(const struct plan_call *planned, struct str name)
{
    for (size_t i = 0; i < planned->header_count; i++) {
        if (str_equal_ignoring_case(str_of(planned->headers[i].name), name)) {
            return true;
        }
    }
    return false;
}

static bool is_name_good(struct config_calls *calls, const struct plan_call *planned,
                         const struct config_member *member)
{
    const struct config_value *value = &member->value;

    if (!config_check_header_name(calls->reader, value, value->key.base, member->name, HEADERS_TO_BACKEND)) {
        return false;
    }
    if (has_header(planned, member->name)) {
        config_fault_at(calls->reader, value, value->key.base, "stands more than once");
        return false;
    }
    if (is_forwarded(planned, member->name)) {
        config_fault_at(calls->reader, value, value->key.base, "stands in \"forward_headers\" as well");
        return false;
    }
    return true;
}

static void read_header(struct config_calls *calls, size_t index, const struct config_member *member,
                        struct plan_header *headers)
{
    struct plan_call *planned = calls->items[index].planned;
    struct template_names names = names_for(calls, has_each(calls, index));
    struct plan_header header = { .name = member->name.base };
    struct str text = { NULL, 0 };
    size_t offset = 0;

    if (!is_name_good(calls, planned, member) || !config_read_text(calls->reader, &member->value, "a string", &text) ||
        !read_template(calls, &member->value, text, &names, &header.value)) {
        return;
    }
    const char *fault = config_header_value_fault(text, &offset);
    if (fault != NULL) {
        config_fault_at(calls->reader, &member->value, config_place_in(&member->value, offset), "%s", fault);
    }
    note_inputs(calls, index, &member->value, &header.value);
    headers[planned->header_count++] = header;
}

static void read_headers(struct config_calls *calls, size_t index, const struct config_value *value)
{
    static const struct config_key bounds = { .maximum = CONFIG_HEADERS_MAXIMUM };
    struct plan_call *planned = calls->items[index].planned;
    size_t count = 0;
    cleanup_free struct config_member *members = config_list_members(calls->reader, value, &bounds, "headers", &count);
    struct plan_header *headers = members != NULL ? config_allocate(calls->reader, count, sizeof headers[0]) : NULL;

    if (headers == NULL) {
        return;
    }
    planned->headers = headers;
    for (size_t i = 0; i < count; i++) {
        read_header(calls, index, &members[i], headers);
    }
}

static void read_body(struct config_calls *calls, size_t index, const struct config_value *value)
{
    struct plan_call *planned = calls->items[index].planned;
    struct template_names names = names_for(calls, has_each(calls, index));
    struct template_fault fault = { .offset = 0 };

    if (json_kind(value->json) == JSON_STRING && json_string_equal(value->json, STR("request"))) {
        planned->body_kind = PLAN_BODY_REQUEST;
        return;
    }
    planned->body_kind = PLAN_BODY_TEMPLATE;
    if (template_parse_json(&calls->reader->config->arena, value->json, &names, &planned->body, &fault) < 0) {
        size_t offset = fault.offset < value->json.length ? fault.offset : 0;
        config_fault_at(calls->reader, value, value->json.base + offset, "%s", fault.error.text);
        return;
    }
    note_inputs(calls, index, value, &planned->body);
}

static void read_each(struct config_calls *calls, size_t index, const struct config_value *value)
{
    static const char allowed[] = "one reference to a field of another call's answer, such as {user.items}";
    struct template_names names = names_for(calls, false);
    struct template template = { .part_count = 0 };
    struct str text = { NULL, 0 };

    if (!config_read_text(calls->reader, value, allowed, &text) ||
        !read_template(calls, value, text, &names, &template)) {
        return;
    }
    if (template.part_count != 1 || template.parts[0].source != TEMPLATE_CALL) {
        config_expected(calls->reader, value, allowed);
        return;
    }
    calls->items[index].planned->each = template.parts[0];
    note_inputs(calls, index, value, &template);
}

/* ---- all of a call ---- */

typedef void read_template_fn(struct config_calls *calls, size_t index, const struct config_value *value);

void config_read_templates(struct config_calls *calls, size_t index)
{
    static const struct {
        enum config_call_key key;
        read_template_fn *read;
    } rows[] = {
        { CALL_PATH, read_path },
        { CALL_HEADERS, read_headers },
        { CALL_BODY, read_body },
        { CALL_EACH, read_each },
    };
    const struct config_call *call = &calls->items[index];

    if (!config_is_told(calls->reader, call->value.json.base)) {
        calls->reader->faults->has_more = true; /* perhaps; guessing at misspelt references takes long */
        return;
    }
    calls->input_count = 0;
    for (size_t i = 0; i < array_length(rows); i++) {
        if (config_is_given(&call->values[rows[i].key])) {
            rows[i].read(calls, index, &call->values[rows[i].key]);
        }
    }
    size_t *inputs = config_allocate(calls->reader, calls->input_count, sizeof inputs[0]);
    if (inputs != NULL) {
        memcpy(inputs, calls->inputs, calls->input_count * sizeof inputs[0]);
        call->planned->inputs = inputs;
        call->planned->input_count = calls->input_count;
    }
}
