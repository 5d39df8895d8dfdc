/* SPDX-License-Identifier: MIT */
#include "gateway/plan_builder.h"

#include <stdarg.h>
#include <stdbool.h>

#include "common/clock.h"
#include "gateway/mode.h"

int plan_builder_refuse(struct plan_builder *builder, int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(builder->error->text, sizeof builder->error->text, format, arguments);
    va_end(arguments);
    *builder->ret_status = status;
    return -1;
}

int plan_builder_refuse_size(struct plan_builder *builder)
{
    return plan_builder_refuse(builder, PLAN_TOO_LARGE, "The calls of this request take more memory than it may have.");
}

int plan_builder_start(struct plan_builder *builder, size_t count)
{
    if (count == 0) {
        return plan_builder_refuse(builder, PLAN_BAD_REQUEST, "The list of tasks is empty.");
    }
    if (count > builder->limit) {
        return plan_builder_refuse(builder, PLAN_BAD_REQUEST, "The request asks for %zu tasks; the most are %zu.",
                                   count, builder->limit);
    }
    builder->plan = arena_allocate(builder->arena, sizeof *builder->plan);
    struct plan_call *calls = arena_allocate_array(builder->arena, count, sizeof calls[0]);
    if (builder->plan == NULL || calls == NULL) {
        return plan_builder_refuse_size(builder);
    }
    builder->plan->calls = calls;
    builder->capacity = count;
    return 0;
}

static bool is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '.' || byte == '_' || byte == '-';
}

bool plan_is_name(struct str text)
{
    if (text.length == 0 || text.length > PLAN_NAME_MAXIMUM || text.base[0] == '_') {
        return false;
    }
    if (str_equal(text, STR(".")) || str_equal(text, STR(".."))) {
        return false;
    }
    for (size_t i = 0; i < text.length; i++) {
        if (!is_name_byte(text.base[i])) {
            return false;
        }
    }
    return true;
}

/* Every name against all before it: with 256 of them 32,000 comparisons, nearly all of lengths or first bytes only. */
static bool has_name(const struct plan *plan, struct str name)
{
    for (size_t i = 0; i < plan->call_count; i++) {
        if (str_equal(plan->calls[i].name, name)) {
            return true;
        }
    }
    return false;
}

static int check_name(struct plan_builder *builder, struct str name)
{
    if (!plan_is_name(name)) {
        return plan_builder_refuse(
            builder, PLAN_BAD_REQUEST,
            "The name %s is not valid: a name is 1 to %d of A-Z, a-z, 0-9, \".\", \"_\" and \"-\", "
            "does not begin with \"_\", and is not \".\" or \"..\".",
            plan_quote(name).text, PLAN_NAME_MAXIMUM);
    }
    if (has_name(builder->plan, name)) {
        return plan_builder_refuse(builder, PLAN_BAD_REQUEST, "The name %s stands more than once.",
                                   plan_quote(name).text);
    }
    return 0;
}

int plan_builder_add(struct plan_builder *builder, struct str name, struct str target)
{
    struct plan *plan = builder->plan;
    struct template_part *part = arena_allocate(builder->arena, sizeof *part);

    if (check_name(builder, name) < 0) {
        return -1;
    }
    if (plan->call_count == builder->capacity || part == NULL) {
        return plan_builder_refuse_size(builder);
    }
    *part = (struct template_part){ .source = TEMPLATE_TEXT, .text = target };
    plan->calls[plan->call_count++] = (struct plan_call){
        .name = name,
        .member = name,
        .method = "GET",
        .target = { .part_count = 1, .parts = part },
        .timeout_us = CLOCK_NEVER_US,
        .mode = MODE_INHERITED,
    };
    return 0;
}
