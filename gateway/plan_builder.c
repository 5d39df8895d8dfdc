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
    builder->parts = arena_allocate_array(builder->arena, count, sizeof builder->parts[0]);
    if (builder->plan == NULL || calls == NULL || builder->parts == NULL) {
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

/* ---- names that are there already ---- */

static int make_slots(struct plan_builder *builder)
{
    size_t count = 2;

    while (count < 2 * builder->capacity) {
        count *= 2;
    }
    builder->slots = arena_allocate_array(builder->arena, count, sizeof builder->slots[0]);
    if (builder->slots == NULL) {
        return plan_builder_refuse_size(builder);
    }
    builder->slot_count = count;
    return 0;
}

/* FNV-1a */
static size_t hash(struct str name)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < name.length; i++) {
        value = (value ^ (unsigned char)name.base[i]) * UINT64_C(0x100000001b3);
    }
    return (size_t)(value ^ value >> 32);
}

/* Where `name` is, or the free place where it belongs. */
static uint32_t *find_slot(const struct plan_builder *builder, struct str name)
{
    size_t mask = builder->slot_count - 1;
    size_t at = hash(name) & mask;

    while (builder->slots[at] != 0 && !str_equal(builder->plan->calls[builder->slots[at] - 1].name, name)) {
        at = (at + 1) & mask;
    }
    return &builder->slots[at];
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
    if (builder->slot_count == 0 && make_slots(builder) < 0) {
        return -1;
    }
    uint32_t *slot = find_slot(builder, name);
    if (*slot != 0) {
        return plan_builder_refuse(builder, PLAN_BAD_REQUEST, "The name %s stands more than once.",
                                   plan_quote(name).text);
    }
    *slot = (uint32_t)builder->plan->call_count + 1;
    return 0;
}

/* ---- calls ---- */

int plan_builder_add(struct plan_builder *builder, struct str name, struct str target)
{
    if (builder->plan->call_count == builder->capacity) {
        return plan_builder_refuse_size(builder);
    }
    return check_name(builder, name) < 0 ? -1 : plan_builder_add_made(builder, name, target);
}

int plan_builder_add_made(struct plan_builder *builder, struct str name, struct str target)
{
    struct plan *plan = builder->plan;

    if (plan->call_count == builder->capacity) {
        return plan_builder_refuse_size(builder);
    }
    struct template_part *part = &builder->parts[plan->call_count];
    struct plan_call *call = &plan->calls[plan->call_count++];
    /* What is not named here is zero already. */
    part->source = TEMPLATE_TEXT;
    part->text = target;
    call->name = name;
    call->member = name;
    call->method = "GET";
    call->target = (struct template){ .part_count = 1, .parts = part };
    call->timeout_us = CLOCK_NEVER_US;
    call->mode = MODE_INHERITED;
    return 0;
}
