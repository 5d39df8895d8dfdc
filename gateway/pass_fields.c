/* SPDX-License-Identifier: MIT */
#include "gateway/pass_fields.h"

#include <errno.h>

#include "common/http_syntax.h"

/* What each field takes in the answer beside its bytes: ": ", the line break, and the library's alignment. */
enum { BYTES_PER_FIELD = 16 };

static struct str take_line(struct str *rest)
{
    struct str line = str_split(rest, '\n');

    if (line.length > 0 && line.base[line.length - 1] == '\r') {
        line.length--;
    }
    return line;
}

/* False: the empty line, or nothing that has a name. */
static bool split_field(struct str line, struct str *ret_name, struct str *ret_value)
{
    struct str value = line;
    struct str name = str_split(&value, ':');

    *ret_name = name;
    *ret_value = str_trim(value);
    return name.length > 0 && name.length < line.length;
}

static bool is_one_of_ours(struct str name)
{
    static const struct str names[] = {
        STR_STATIC("Server-Timing"),      STR_STATIC("X-Request-Id"),        STR_STATIC("Proxy-Status"),
        STR_STATIC("Proxy-Authenticate"), STR_STATIC("Proxy-Authorization"),
    };
    const struct str prefix = STR("Fanlight-");

    for (size_t i = 0; i < array_length(names); i++) {
        if (str_equal_ignoring_case(name, names[i])) {
            return true;
        }
    }
    return name.length >= prefix.length && str_equal_ignoring_case((struct str){ name.base, prefix.length }, prefix);
}

/* What the head's Connection fields name: such a field belongs to that one connection. Listed once, and few of them: a
 * backend must not make us look through its head for each of its lines. */
struct connection_options {
    struct str names[PASS_FIELDS_CONNECTION_NAMES_AT_MOST];
    size_t count;
};

static int add_connection_options(struct connection_options *options, struct str value)
{
    while (value.length > 0) {
        struct str name = str_trim(str_split(&value, ','));
        if (name.length == 0) {
            continue;
        }
        if (options->count == PASS_FIELDS_CONNECTION_NAMES_AT_MOST) {
            return -EMSGSIZE;
        }
        options->names[options->count++] = name;
    }
    return 0;
}

static int list_connection_options(struct str head, struct connection_options *ret_options)
{
    ret_options->count = 0;
    while (head.length > 0) {
        struct str name;
        struct str value;
        if (split_field(take_line(&head), &name, &value) && str_equal_ignoring_case(name, STR("Connection")) &&
            add_connection_options(ret_options, value) < 0) {
            return -EMSGSIZE;
        }
    }
    return 0;
}

static bool is_connection_option(const struct connection_options *options, struct str name)
{
    for (size_t i = 0; i < options->count; i++) {
        if (str_equal_ignoring_case(name, options->names[i])) {
            return true;
        }
    }
    return false;
}

static size_t count_lines(struct str head)
{
    size_t count = 1;

    for (size_t i = 0; i < head.length; i++) {
        count += head.base[i] == '\n';
    }
    return count;
}

/* A tab is white space as a blank is, and one that libmicrohttpd does not refuse. */
static int copy_field(struct arena *arena, struct str name, struct str value, struct http_field *ret_field)
{
    char *copy = arena_copy(arena, value);

    *ret_field = (struct http_field){ arena_copy(arena, name), copy };
    if (ret_field->name == NULL || copy == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < value.length; i++) {
        copy[i] = copy[i] == '\t' ? ' ' : copy[i];
    }
    return 0;
}

int pass_fields_select(struct arena *arena, struct str head, struct pass_fields *ret_fields)
{
    struct http_field *fields = arena_allocate_array(arena, count_lines(head), sizeof fields[0]);
    struct connection_options options;
    size_t count = 0;
    size_t bytes = 0;

    if (fields == NULL) {
        return -ENOMEM;
    }
    if (list_connection_options(head, &options) < 0) {
        return -EMSGSIZE;
    }
    for (struct str rest = head; rest.length > 0;) {
        struct str name;
        struct str value;
        if (!split_field(take_line(&rest), &name, &value) || http_is_hop_by_hop(name) || is_one_of_ours(name) ||
            is_connection_option(&options, name)) {
            continue;
        }
        bytes += name.length + value.length + (size_t)BYTES_PER_FIELD;
        if (bytes > PASS_FIELDS_BYTES_AT_MOST) {
            return -EMSGSIZE;
        }
        if (!http_is_token(name) || !http_is_field_value(value)) {
            return -EBADMSG;
        }
        if (copy_field(arena, name, value, &fields[count]) < 0) {
            return -ENOMEM;
        }
        count++;
    }
    *ret_fields = (struct pass_fields){ fields, count, bytes };
    return 0;
}
