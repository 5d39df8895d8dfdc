/* SPDX-License-Identifier: MIT */
/*
 * config_reader - walks a configuration's JSON by tables of keys, and says what is wrong in which place. Pure; only for
 * config_*.c.
 *
 *     enum limits_key { LIMITS_FAN_OUT, …, LIMITS_KEYS };
 *     static const struct config_key rows[LIMITS_KEYS] = {
 *         [LIMITS_FAN_OUT] = { .name = "fan_out", .read = config_read_size, .minimum = 1, .maximum = 4096,
 *                              .offset = offsetof(struct config_limits, fan_out) },
 *         …
 *     };
 *     struct config_value values[LIMITS_KEYS];
 *     config_read_object(reader, &object, &(struct config_table){ rows, LIMITS_KEYS }, &limits, values);
 *
 * A value knows what it stands in, up to the file: its path costs nothing until a fault needs it. What is read comes in
 * the order of the table, whatever that of the file; faults are put in the order of the file when they are told. A
 * value that is wrong leaves its field as it was.
 *
 * Memory: values live where the caller has them, `outer` as long as they do. What is kept goes to the configuration's
 * arena; that it is full is a fault, too, told once.   Threads: none shared.
 */
#ifndef GATEWAY_CONFIG_READER_H
#define GATEWAY_CONFIG_READER_H

#include "common/clock.h"
#include "common/quote.h"
#include "gateway/config_file.h"

enum { CONFIG_BACKENDS_MAXIMUM = 1000, CONFIG_ROUTES_MAXIMUM = 10000, CONFIG_HEADERS_MAXIMUM = 64 };

struct config_reader {
    struct str text; /* of the file */
    struct config *config;
    struct config_faults *faults;
    bool knows_backends; /* all of them: a name that is none of them is wrong */
    bool is_full;        /* the arena, and it was told */
};

struct config_value {
    const struct config_value *outer; /* NULL: this is the file's value */
    struct str key;                   /* a member's name with its quotes; base NULL: an element */
    size_t index;                     /* an element's */
    struct str json;                  /* base NULL: a key that is not there */
};

struct config_key;

typedef void config_read_fn(struct config_reader *reader, const struct config_key *key,
                            const struct config_value *value, void *field);

struct config_key {
    const char *name;
    config_read_fn *read; /* NULL: the caller reads it, from its value */
    size_t offset;        /* of the field in the target */
    uint64_t minimum, maximum;
    bool is_required;
    const struct option *option; /* of a setting */
};

struct config_table {
    const struct config_key *keys;
    size_t count; /* at most 64 */
};

/* Rows for the kinds of values there are most of: a size_t, a uint64_t of microseconds, an enum mode. */
#define CONFIG_SIZE_ROW(key, type, member, least, most)                                                                \
    {                                                                                                                  \
        .name = (key), .read = config_read_size, .offset = offsetof(type, member), .minimum = (least),                 \
        .maximum = (most)                                                                                              \
    }
#define CONFIG_DURATION_ROW(key, type, member, least_us)                                                               \
    {                                                                                                                  \
        .name = (key), .read = config_read_duration, .offset = offsetof(type, member), .minimum = (least_us),          \
        .maximum = CONFIG_LONGEST_US                                                                                   \
    }
#define CONFIG_MODE_ROW(type, member)                                                                                  \
    {                                                                                                                  \
        .name = "mode", .read = config_read_mode, .offset = offsetof(type, member)                                     \
    }

#define CONFIG_LONGEST_US (UINT64_C(24) * 60 * 60 * CLOCK_US_PER_SECOND)

/* ---- faults ---- */

/* At a value's first byte. The sentence must not hold bytes of the file as they came. */
void config_fault(struct config_reader *reader, const struct config_value *value, const char *format, ...)
    printf_like(3, 4);
/* At `place`, which points into the text. */
void config_fault_at(struct config_reader *reader, const struct config_value *value, const char *place,
                     const char *format, ...) printf_like(4, 5);
/* Text of the file for a sentence. */
static inline struct quote config_quote(struct str text)
{
    return quote_in_marks(text, 32);
}

/* "expected … , not …". What stands behind a semicolon in `allowed` ("; did you mean …?") comes last. */
void config_expected(struct config_reader *reader, const struct config_value *value, const char *allowed);
/* "unknown backend …", with the nearest of the names (NULL-terminated), or with all of them. */
void config_unknown(struct config_reader *reader, const struct config_value *value, const char *place, const char *what,
                    const char *const *names);
/* Whether a fault there would be told at all: to be asked before one whose sentence costs much. */
bool config_is_told(const struct config_reader *reader, const char *place);
/* Where the text that a string value stands for has its byte `offset`; the string's start if it has escapes. */
const char *config_place_in(const struct config_value *value, size_t offset);

/* ---- objects and arrays ---- */

/* Tells unknown, duplicate and missing keys; puts each key's value into `values`, which has an element for each row;
 * calls the rows' functions. Nothing is read of what is no object. */
void config_read_object(struct config_reader *reader, const struct config_value *object,
                        const struct config_table *table, void *target, struct config_value *values);
bool config_is_given(const struct config_value *value);

/* A member of an object whose names are free. */
struct config_member {
    struct str name; /* in the arena, with a NUL behind it */
    struct config_value value;
};

/* All members, in the order of the file; duplicates are told and left out. `what` is what they are, in the plural. NULL
 * (told): no object, or fewer than `minimum`, or more than `maximum`; freed by the caller. */
struct config_member *config_list_members(struct config_reader *reader, const struct config_value *object,
                                          const struct config_key *bounds, const char *what,
                                          size_t *ret_count) must_check;

/* Whether it is an array of as many elements as the bounds allow; told if not. */
bool config_is_list(struct config_reader *reader, const struct config_value *array, const struct config_key *bounds,
                    const char *what);
/* `element` is { 0 } at first, `walk` is at the array's first element. */
bool config_next_element(const struct config_value *array, struct json_walk *walk, struct config_value *element);

/* ---- values ---- */

config_read_fn config_read_size;     /* size_t, from minimum to maximum */
config_read_fn config_read_duration; /* uint64_t, microseconds, from minimum to maximum */
config_read_fn config_read_boolean;  /* bool */
config_read_fn config_read_mode;     /* int, enum mode */
config_read_fn config_read_setting;  /* the whole struct settings, at offset 0: the row has the option */

/* What a string says; in the arena, with a NUL behind it and none in it. `allowed` is for the fault if it is none. */
bool config_read_text(struct config_reader *reader, const struct config_value *value, const char *allowed,
                      struct str *ret_text) must_check;
/* One of the names: its index; -1: told. */
int config_read_choice(struct config_reader *reader, const struct config_value *value,
                       const char *const *names) must_check;

/* From the arena. NULL: it is full, and that is told. */
void *config_allocate(struct config_reader *reader, size_t count, size_t element_bytes) must_check;
const char *config_copy(struct config_reader *reader, struct str text) must_check;
void config_refuse_size(struct config_reader *reader);

/* ---- config_faults.c: the list ---- */

/* In its place by `offset`; the last one makes room when there are too many. */
void config_faults_add(struct config_faults *faults, size_t offset, const char *path, const char *sentence);
bool config_faults_takes(const struct config_faults *faults, size_t offset);
/* Lines and columns, once all is told. */
void config_faults_locate(struct config_faults *faults, struct str text);

#endif
