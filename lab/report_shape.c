/* SPDX-License-Identifier: MIT */
#include "lab/report_shape.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/quote.h"

enum { PLACE_BYTES = 300, NAME_BYTES = 40, FAULT_BYTES = 400 };

/* An open array or object. */
struct level {
    const struct report_rule *rules;
    bool is_array, is_map;
    const cJSON *child; /* where the walk is; NULL: through */
    size_t index;
};

struct walk {
    struct level levels[REPORT_SHAPE_DEPTH];
    size_t depth;
    struct error *error;
};

static const char *const kind_names[] = {
    [REPORT_NUMBER] = "a number",
    [REPORT_TEXT] = "a text",
    [REPORT_BOOLEAN] = "a boolean",
    [REPORT_OBJECT] = "an object",
    [REPORT_ARRAY] = "an array",
    [REPORT_MAP] = "an object",
    [REPORT_FIGURE] = "a number or an object",
};

static const char *name_of_kind(const cJSON *value)
{
    return cJSON_IsNull(value)     ? "null"
           : cJSON_IsBool(value)   ? "a boolean"
           : cJSON_IsNumber(value) ? "a number"
           : cJSON_IsString(value) ? "a text"
           : cJSON_IsArray(value)  ? "an array"
                                   : "an object";
}

/* "points[3].latency_ms: " */
static void add_place(struct buf *text, const struct walk *walk)
{
    for (size_t i = 0; i < walk->depth; i++) {
        const struct level *level = &walk->levels[i];
        if (level->child == NULL) {
            break; /* the fault is of the whole */
        }
        if (level->is_array) {
            (void)buf_add_format(text, "[%zu]", level->index);
        } else {
            (void)buf_add_format(text, "%s%s", i > 0 ? "." : "",
                                 quote_bare(str_of(level->child->string), NAME_BYTES).text);
        }
    }
    (void)buf_add_text(text, text->length > 0 ? ": " : "");
}

static int refuse(const struct walk *walk, const char *fault)
{
    cleanup_buf struct buf place = { .base = NULL };

    buf_init(&place, PLACE_BYTES);
    add_place(&place, walk);
    return error_set(walk->error, "%.*s%s", STR_ARGUMENTS(buf_view(&place)), fault);
}

static int check_number(const struct walk *walk, const struct report_rule *rule, double number)
{
    bool has_bounds = rule->least < rule->most;
    double least = has_bounds ? rule->least : 0.0;
    double most = has_bounds ? rule->most : REPORT_NUMBER_MOST;
    char fault[FAULT_BYTES];

    if (isfinite(number) && number >= least && number <= most) {
        return 0;
    }
    (void)snprintf(fault, sizeof fault, "%g is not from %.16g to %.16g", number, least, most);
    return refuse(walk, fault);
}

static int check_choice(const struct walk *walk, const char *const *choices, const char *text)
{
    cleanup_buf struct buf fault = { .base = NULL };

    buf_init(&fault, FAULT_BYTES);
    (void)buf_add_format(&fault, "%s is none of", quote_in_marks(str_of(text), NAME_BYTES).text);
    for (size_t i = 0; choices[i] != NULL; i++) {
        if (strcmp(choices[i], text) == 0) {
            return 0;
        }
        (void)buf_add_format(&fault, "%s %s", i > 0 ? "," : "", choices[i]);
    }
    (void)buf_add_byte(&fault, '\0');
    return refuse(walk, fault.base);
}

static int check_text(const struct walk *walk, const struct report_rule *rule, const char *text)
{
    size_t longest = rule->longest > 0 ? rule->longest : REPORT_TEXT_MOST;

    if (strlen(text) > longest) {
        char fault[FAULT_BYTES];
        (void)snprintf(fault, sizeof fault, "a text of at most %zu bytes is allowed", longest);
        return refuse(walk, fault);
    }
    return rule->choices != NULL ? check_choice(walk, rule->choices, text) : 0;
}

static bool has_named_members(const struct report_rule *rule)
{
    return rule->kind == REPORT_OBJECT || rule->kind == REPORT_FIGURE;
}

static int check_count(const struct walk *walk, const struct report_rule *rule, const cJSON *value)
{
    size_t longest = rule->longest > 0 ? rule->longest : REPORT_ELEMENTS_MOST;
    size_t count = (size_t)cJSON_GetArraySize(value);

    if (has_named_members(rule)) {
        longest = REPORT_MEMBERS_MOST;
    }
    if (count > longest) {
        char fault[FAULT_BYTES];
        (void)snprintf(fault, sizeof fault, "at most %zu are allowed, not %zu", longest, count);
        return refuse(walk, fault);
    }
    return 0;
}

static int check_names(const struct walk *walk, const cJSON *object)
{
    const cJSON *member = NULL;

    cJSON_ArrayForEach(member, object)
    {
        if (cJSON_GetObjectItemCaseSensitive(object, member->string) != member) {
            char fault[FAULT_BYTES];
            (void)snprintf(fault, sizeof fault, "%s stands there twice",
                           quote_in_marks(str_of(member->string), NAME_BYTES).text);
            return refuse(walk, fault);
        }
    }
    return 0;
}

static int check_required(const struct walk *walk, const struct report_rule *members, const cJSON *object)
{
    for (const struct report_rule *rule = members; rule->name != NULL; rule++) {
        if (!rule->is_optional && cJSON_GetObjectItemCaseSensitive(object, rule->name) == NULL) {
            char fault[FAULT_BYTES];
            (void)snprintf(fault, sizeof fault, "\"%s\" is missing", rule->name);
            return refuse(walk, fault);
        }
    }
    return 0;
}

/* Begins with the elements of `value`, which is a container. */
static int enter(struct walk *walk, const struct report_rule *rule, const cJSON *value)
{
    if (check_count(walk, rule, value) < 0 || (rule->kind != REPORT_ARRAY && check_names(walk, value) < 0) ||
        (has_named_members(rule) && check_required(walk, rule->rules, value) < 0)) {
        return -1;
    }
    if (walk->depth == REPORT_SHAPE_DEPTH) {
        return refuse(walk, "nested too deep");
    }
    walk->levels[walk->depth++] = (struct level){
        .rules = rule->rules,
        .is_array = rule->kind == REPORT_ARRAY,
        .is_map = rule->kind == REPORT_MAP,
        .child = value->child,
    };
    return 0;
}

static bool is_of_kind(enum report_value_kind kind, const cJSON *value)
{
    switch (kind) {
    case REPORT_NUMBER:
        return cJSON_IsNumber(value);
    case REPORT_TEXT:
        return cJSON_IsString(value);
    case REPORT_BOOLEAN:
        return cJSON_IsBool(value);
    case REPORT_ARRAY:
        return cJSON_IsArray(value);
    case REPORT_OBJECT:
    case REPORT_MAP:
        return cJSON_IsObject(value);
    case REPORT_FIGURE:
        return cJSON_IsNumber(value) || cJSON_IsObject(value);
    }
    return false;
}

static int check_value(struct walk *walk, const struct report_rule *rule, const cJSON *value)
{
    char fault[FAULT_BYTES];

    if (rule->may_be_null && cJSON_IsNull(value)) {
        return 0;
    }
    if (!is_of_kind(rule->kind, value)) {
        (void)snprintf(fault, sizeof fault, "expected %s, not %s", kind_names[rule->kind], name_of_kind(value));
        return refuse(walk, fault);
    }
    if (cJSON_IsNumber(value)) {
        return check_number(walk, rule, value->valuedouble);
    }
    if (cJSON_IsString(value)) {
        return check_text(walk, rule, value->valuestring);
    }
    return cJSON_IsBool(value) ? 0 : enter(walk, rule, value);
}

/* NULL: nobody knows this name. */
static const struct report_rule *rule_of(const struct level *level)
{
    const struct report_rule *rule = level->rules;

    if (level->is_array || level->is_map) {
        return rule;
    }
    while (rule->name != NULL && strcmp(rule->name, level->child->string) != 0) {
        rule++;
    }
    return rule->name != NULL ? rule : NULL;
}

/* To the next value that has not been looked at, closing what is through. False: there is none. */
static bool advance(struct walk *walk)
{
    while (walk->depth > 0) {
        struct level *level = &walk->levels[walk->depth - 1];
        if (level->child != NULL && level->child->next != NULL) {
            level->child = level->child->next;
            level->index++;
            return true;
        }
        walk->depth--;
    }
    return false;
}

int report_shape_check(const cJSON *value, const struct report_rule *members, struct error *error)
{
    const struct report_rule whole = { .name = "", .kind = REPORT_OBJECT, .rules = members };
    struct walk walk = { .depth = 0, .error = error };

    if (check_value(&walk, &whole, value) < 0) {
        return -1;
    }
    bool has_more = walk.levels[0].child != NULL;
    while (has_more) {
        const struct level *level = &walk.levels[walk.depth - 1];
        const struct report_rule *rule = rule_of(level);
        size_t depth = walk.depth;
        if (rule != NULL && check_value(&walk, rule, level->child) < 0) {
            return -1;
        }
        bool has_entered = walk.depth > depth && walk.levels[walk.depth - 1].child != NULL;
        has_more = has_entered || advance(&walk);
    }
    return 0;
}
