/* SPDX-License-Identifier: MIT */
/*
 * fuzz_pass_fields - the field lines of a backend's head, of any bytes.
 *
 * What goes on to the client is what the backend sent, in its order, without what belongs to the connection or is the
 * gateway's own; and it is fields, not more lines.
 */
#include <errno.h>
#include <string.h>

#include "gateway/pass_fields.h"
#include "tests/fuzz/fuzz.h"

enum { ARENA_BYTES = 4 * 1024 * 1024, FIELD_OVERHEAD = 16 };

/* ---- the plain way ---- */

/* With its line break. */
static struct str take_line(struct str *head)
{
    size_t length = str_find(*head, '\n');
    struct str line = { head->base, length < head->length ? length + 1 : length };

    *head = str_from(*head, line.length);
    return line;
}

static bool is_of_the_gateway(struct str name)
{
    static const char *const names[] = {
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "content-length",
        "server-timing",
        "x-request-id",
        "proxy-status",
        "proxy-authenticate",
        "proxy-authorization",
    };
    struct str front = { name.base, name.length < 9 ? name.length : 9 };

    for (size_t i = 0; i < array_length(names); i++) {
        if (str_equal_ignoring_case(name, str_of(names[i]))) {
            return true;
        }
    }
    return str_equal_ignoring_case(front, STR("fanlight-"));
}

/* The name as it stands, without blanks taken off. */
static bool split_line(struct str line, struct str *ret_name, struct str *ret_value)
{
    line = (struct str){ line.base, line.length - (line.length > 0 && line.base[line.length - 1] == '\n') };
    line.length -= line.length > 0 && line.base[line.length - 1] == '\r';
    *ret_value = line;
    *ret_name = str_split(ret_value, ':');
    *ret_value = str_trim(*ret_value);
    return ret_name->length > 0 && ret_name->length < line.length;
}

/* How often `wanted` is named by the Connection fields; base NULL: all names that are there. */
static size_t count_connection_names(struct str head, struct str wanted)
{
    size_t count = 0;

    while (head.length > 0) {
        struct str name;
        struct str value;
        if (!split_line(take_line(&head), &name, &value) || !str_equal_ignoring_case(name, STR("connection"))) {
            continue;
        }
        while (value.length > 0) {
            struct str named = str_trim(str_split(&value, ','));
            count += wanted.base == NULL ? named.length > 0 : str_equal_ignoring_case(named, wanted);
        }
    }
    return count;
}

static bool has_too_many_names(struct str head)
{
    return count_connection_names(head, (struct str){ NULL, 0 }) > PASS_FIELDS_CONNECTION_NAMES_AT_MOST;
}

static bool is_good_name(struct str name)
{
    for (size_t i = 0; i < name.length; i++) {
        if (strchr("\"(),/:;<=>?@[\\]{}", name.base[i]) != NULL) {
            return false;
        }
    }
    return str_is_visible(name);
}

static bool is_good_value(struct str value)
{
    for (size_t i = 0; i < value.length; i++) {
        unsigned char byte = (unsigned char)value.base[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            return false;
        }
    }
    return true;
}

/* Tabs became blanks. */
static bool is_same_value(struct str value, const char *passed)
{
    if (strlen(passed) != value.length) {
        return false;
    }
    for (size_t i = 0; i < value.length; i++) {
        if (passed[i] != (value.base[i] == '\t' ? ' ' : value.base[i])) {
            return false;
        }
    }
    return true;
}

struct passing {
    size_t count;
    size_t bytes;
    bool has_bad; /* a name or value that is none */
};

/* Compares with `fields`, if there are any. */
static struct passing walk_head(struct str head, const struct pass_fields *fields)
{
    struct passing passing = { .count = 0 };
    struct str rest = head;

    while (rest.length > 0) {
        struct str name;
        struct str value;
        if (!split_line(take_line(&rest), &name, &value) || is_of_the_gateway(name) ||
            count_connection_names(head, name) > 0) {
            continue;
        }
        if (fields != NULL) {
            fuzz_check(passing.count < fields->count);
            fuzz_check(str_equal(str_of(fields->fields[passing.count].name), name));
            fuzz_check(is_same_value(value, fields->fields[passing.count].value));
        }
        passing.has_bad = passing.has_bad || !is_good_name(name) || !is_good_value(value);
        passing.bytes += name.length + value.length + (size_t)FIELD_OVERHEAD;
        passing.count++;
    }
    return passing;
}

/* ---- the two compared ---- */

static void check_passed(const struct pass_fields *fields, struct str head)
{
    struct passing passing = walk_head(head, fields);

    fuzz_check(!has_too_many_names(head));
    fuzz_check(passing.count == fields->count && !passing.has_bad && passing.bytes <= PASS_FIELDS_BYTES_AT_MOST);
    for (size_t i = 0; i < fields->count; i++) {
        struct str value = str_of(fields->fields[i].value);
        fuzz_check(fields->fields[i].name[0] != '\0' && strpbrk(fields->fields[i].value, "\r\n") == NULL);
        fuzz_check(str_trim(value).length == value.length);
    }
}

static void check_pass_fields(struct str head)
{
    struct pass_fields fields = { .count = 0 };
    struct arena arena;

    arena_init(&arena, ARENA_BYTES);
    int result = pass_fields_select(&arena, head, &fields);
    if (result == 0) {
        check_passed(&fields, head);
    } else if (result == -EMSGSIZE) {
        fuzz_check(walk_head(head, NULL).bytes > PASS_FIELDS_BYTES_AT_MOST || has_too_many_names(head));
    } else {
        fuzz_check(result == -EBADMSG && walk_head(head, NULL).has_bad);
    }
    arena_clear(&arena);
}

void fuzz_one(struct str input)
{
    check_pass_fields(input);
}
