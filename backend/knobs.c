/* SPDX-License-Identifier: MIT */
#include "backend/knobs.h"

#include <stddef.h>

#include "common/duration.h"
#include "common/percent.h"

enum { VALUE_BYTES = 1024, STATUS_LEAST = 200, STATUS_MOST = 599, KNOBS_AT_MOST = 8 };

/* ---- values, decoded ---- */

static int parse_delay(struct str value, struct knobs *knobs, struct error *allowed)
{
    knobs->has_delay = true;
    return delay_parse(value, &knobs->delay, allowed);
}

static int parse_status(struct str value, struct knobs *knobs, struct error *allowed)
{
    uint64_t status = 0;

    if (str_to_number(value, STATUS_MOST, &status) < 0 || status < STATUS_LEAST) {
        return error_set(allowed, "an integer from %d to %d", STATUS_LEAST, STATUS_MOST);
    }
    knobs->status = (int)status;
    return 0;
}

static int parse_bytes(struct str value, struct knobs *knobs, struct error *allowed)
{
    if (str_to_number(value, KNOBS_BYTES_MAXIMUM, &knobs->size_bytes) < 0) {
        return error_set(allowed, "an integer from 0 to %llu", (unsigned long long)KNOBS_BYTES_MAXIMUM);
    }
    knobs->has_size = true;
    return 0;
}

static int parse_echo(struct str value, struct knobs *knobs, struct error *allowed)
{
    knobs->is_echo = str_equal(value, STR("1"));
    if (!knobs->is_echo && !str_equal(value, STR("0"))) {
        return error_set(allowed, "1 or 0");
    }
    return 0;
}

static int parse_fault(struct str value, struct knobs *knobs, struct error *allowed)
{
    knobs->fault = fault_find(value);
    if (knobs->fault != NULL) {
        return 0;
    }

    cleanup_buf struct buf names;
    buf_init(&names, sizeof allowed->text);
    fault_add_names(&names);
    return error_set(allowed, "one of %.*s", STR_ARGUMENTS(buf_view(&names)));
}

static int parse_refusal(struct str value, struct knobs *knobs, struct error *allowed)
{
    if (duration_parse(value, &knobs->refusal_us) < 0 || knobs->refusal_us > KNOBS_REFUSAL_LONGEST_US) {
        return error_set(allowed, "%s, at most 1m", DURATION_ALLOWED);
    }
    return 0;
}

struct knob {
    const char *name;
    int (*parse)(struct str value, struct knobs *knobs, struct error *allowed);
};

/* Ends with a row without a name. */
static const struct knob ordinary_knobs[KNOBS_AT_MOST] = {
    { "delay", parse_delay }, { "status", parse_status }, { "bytes", parse_bytes },
    { "echo", parse_echo },   { "fault", parse_fault },
};
static const struct knob refusal_knobs[KNOBS_AT_MOST] = { { "for", parse_refusal } };

/* ---- the query ---- */

static int turn(const struct knob *knob, struct str value, struct knobs *knobs, struct error *error)
{
    char decoded[VALUE_BYTES];
    size_t length = 0;
    struct error allowed = { { '\0' } };

    if (value.length > sizeof decoded || percent_decode(value, decoded, &length) < 0) {
        return error_set(error, "The query parameter %s must be percent-encoded correctly and have at most %d bytes.",
                         knob->name, VALUE_BYTES);
    }
    if (knob->parse((struct str){ decoded, length }, knobs, &allowed) < 0) {
        return error_set(error, "The query parameter %s must be %.400s.", knob->name, allowed.text);
    }
    return 0;
}

static const struct knob *find_knob(const struct knob *table, struct str name)
{
    for (; table->name != NULL; table++) {
        if (str_equal(name, str_of(table->name))) {
            return table;
        }
    }
    return NULL;
}

static int parse_query(struct str target, const struct knob *table, struct knobs *knobs, struct error *error)
{
    struct str query = str_from(target, str_find(target, '?') + 1);
    bool is_turned[KNOBS_AT_MOST] = { false };

    while (query.length > 0) {
        struct str value = str_split(&query, '&');
        const struct knob *knob = find_knob(table, str_split(&value, '='));
        if (knob == NULL) {
            continue;
        }
        if (is_turned[knob - table]) {
            return error_set(error, "The query parameter %s must not stand twice.", knob->name);
        }
        is_turned[knob - table] = true;
        if (turn(knob, value, knobs, error) < 0) {
            return -1;
        }
    }
    return 0;
}

int knobs_parse(struct str target, struct knobs *ret_knobs, struct error *error)
{
    struct knobs knobs = { .status = STATUS_LEAST };

    if (parse_query(target, ordinary_knobs, &knobs, error) < 0) {
        return -1;
    }
    if (knobs.is_echo && knobs.has_size) {
        return error_set(error, "The query parameters echo and bytes exclude each other.");
    }
    *ret_knobs = knobs;
    return 0;
}

int knobs_parse_refusal(struct str target, struct knobs *ret_knobs, struct error *error)
{
    struct knobs knobs = { .status = STATUS_LEAST, .refusal_us = UINT64_MAX };

    if (parse_query(target, refusal_knobs, &knobs, error) < 0) {
        return -1;
    }
    if (knobs.refusal_us == UINT64_MAX) {
        return error_set(error, "The query parameter for is missing, as in /_refuse?for=500ms.");
    }
    *ret_knobs = knobs;
    return 0;
}
