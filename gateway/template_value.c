/* SPDX-License-Identifier: MIT */
/*
 * template_value - what a reference stands for in one request: found, read, and refused if it is not what is due.
 */
#include "common/json_scan.h"
#include "common/json_view.h"
#include "common/percent.h"
#include "gateway/template_internal.h"

/* ---- the query ---- */

/* Names are compared decoded: "%70age" is page. */
static bool is_parameter(struct str raw, struct str name)
{
    char decoded[3 * TEMPLATE_PARAMETER_BYTES];
    size_t length = 0;

    if (raw.length < name.length || raw.length > sizeof decoded) {
        return false;
    }
    if (str_find(raw, '%') == raw.length) {
        return str_equal(raw, name);
    }
    return percent_decode(raw, decoded, &length) == 0 && str_equal((struct str){ decoded, length }, name);
}

static bool find_parameter(struct str query, struct str name, struct str *ret_raw)
{
    while (query.length > 0) {
        struct str value = str_split(&query, '&');
        if (is_parameter(str_split(&value, '='), name)) {
            *ret_raw = value;
            return true;
        }
    }
    return false;
}

static enum template_verdict find_query_text(struct template_rendering *rendering, struct str name,
                                             struct str *ret_text)
{
    struct str raw = { NULL, 0 };

    if (!find_parameter(rendering->values->query, name, &raw) || str_find(raw, '%') == raw.length) {
        *ret_text = raw;
        return TEMPLATE_DONE;
    }
    buf_reset(&rendering->scratch);
    char *decoded = buf_reserve(&rendering->scratch, raw.length);
    if (decoded == NULL) {
        return template_refuse_size(rendering->error);
    }
    if (percent_decode(raw, decoded, &rendering->scratch.length) < 0) {
        (void)error_set(rendering->error,
                        "The query parameter %s has a \"%%\" without two hexadecimal digits behind it.",
                        template_quote(name).text);
        return TEMPLATE_BAD_REQUEST;
    }
    *ret_text = buf_view(&rendering->scratch);
    return TEMPLATE_DONE;
}

/* ---- other calls' answers ---- */

/* Without the braces: "user.segment". */
static struct str reference_of(const struct template_part *part)
{
    struct str reference = str_from(part->written, 1);

    reference.length -= reference.length > 0;
    return reference;
}

static enum template_verdict refuse_missing(const struct template_part *part, struct error *error)
{
    struct str reference = reference_of(part);
    size_t field_length = part->text.length > 0 ? part->text.length + 1 : 0;
    struct str call = { reference.base, reference.length - field_length };

    (void)error_set(error, "%s is missing in the answer of the call %s", template_quote(reference).text,
                    template_quote(call).text);
    return TEMPLATE_BAD_INPUT;
}

static enum template_verdict refuse_kind(const struct template_part *part, struct str json, const char *due,
                                         struct error *error)
{
    (void)error_set(error, "%s is %s, not %s", template_quote(reference_of(part)).text, json_kind_name(json_kind(json)),
                    due);
    return TEMPLATE_BAD_INPUT;
}

enum template_verdict template_find_json(const struct template_part *part, const struct template_values *values,
                                         struct str *ret_json, struct error *error)
{
    if (part->source == TEMPLATE_EACH) {
        *ret_json = json_scan_trim(values->each);
        return TEMPLATE_DONE;
    }
    struct str json = values->call_field(values->context, part);
    if (json.length == 0) {
        return refuse_missing(part, error);
    }
    *ret_json = json;
    return TEMPLATE_DONE;
}

static enum template_verdict read_string(struct template_rendering *rendering, struct str string, struct str *ret_text)
{
    if (str_find(string, '\\') == string.length) {
        *ret_text = (struct str){ string.base + 1, string.length >= 2 ? string.length - 2 : 0 };
        return TEMPLATE_DONE;
    }
    buf_reset(&rendering->scratch);
    if (json_add_text(string, &rendering->scratch) < 0) {
        return template_refuse_size(rendering->error);
    }
    *ret_text = buf_view(&rendering->scratch);
    return TEMPLATE_DONE;
}

static enum template_verdict find_json_text(struct template_rendering *rendering, const struct template_part *part,
                                            struct str *ret_text)
{
    struct str json = { NULL, 0 };
    enum template_verdict verdict = template_find_json(part, rendering->values, &json, rendering->error);

    if (verdict != TEMPLATE_DONE) {
        return verdict;
    }
    switch (json_kind(json)) {
    case JSON_STRING:
        return read_string(rendering, json, ret_text);
    case JSON_NUMBER:
    case JSON_BOOLEAN:
        *ret_text = json;
        return TEMPLATE_DONE;
    case JSON_NULL:
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return refuse_kind(part, json, "a string, number or boolean", rendering->error);
}

enum template_verdict template_find_array(const struct template_part *part, const struct template_values *values,
                                          struct str *ret_array, struct error *error)
{
    struct str json = { NULL, 0 };
    enum template_verdict verdict = template_find_json(part, values, &json, error);

    if (verdict != TEMPLATE_DONE) {
        return verdict;
    }
    if (json_kind(json) != JSON_ARRAY) {
        return refuse_kind(part, json, "an array", error);
    }
    *ret_array = json;
    return TEMPLATE_DONE;
}

/* ---- any ---- */

enum template_verdict template_find_text(struct template_rendering *rendering, const struct template_part *part,
                                         struct str *ret_text)
{
    switch (part->source) {
    case TEMPLATE_CAPTURE:
        *ret_text = rendering->values->captures[part->index];
        break;
    case TEMPLATE_QUERY:
        return find_query_text(rendering, part->text, ret_text);
    case TEMPLATE_CALL:
    case TEMPLATE_EACH:
        return find_json_text(rendering, part, ret_text);
    case TEMPLATE_TEXT:
        *ret_text = part->text;
        break;
    }
    if (ret_text->base == NULL) {
        *ret_text = STR("");
    }
    return TEMPLATE_DONE;
}
