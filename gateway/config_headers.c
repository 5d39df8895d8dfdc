/* SPDX-License-Identifier: MIT */
/*
 * config_headers - names of header fields that a configuration may have, and the list of those that go along with a
 * call.
 */
#include "common/http_syntax.h"
#include "common/quote.h"
#include "gateway/config_sections.h"

/* ---- names ---- */

static bool is_one_of(struct str name, const struct str *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal_ignoring_case(name, names[i])) {
            return true;
        }
    }
    return false;
}

static bool is_ours(struct str name, enum config_headers_use use)
{
    static const struct str to_backend[] = {
        STR_STATIC("Expect"),     STR_STATIC("Host"), STR_STATIC("traceparent"),
        STR_STATIC("tracestate"), STR_STATIC("Via"),  STR_STATIC("X-Request-Id"),
    };
    static const struct str to_client[] = {
        STR_STATIC("Proxy-Status"),
        STR_STATIC("Server-Timing"),
        STR_STATIC("X-Request-Id"),
    };
    static const struct str prefix = STR_STATIC("Fanlight-");
    struct str front = { name.base, name.length < prefix.length ? name.length : prefix.length };

    if (str_equal_ignoring_case(front, prefix)) {
        return true;
    }
    return use == HEADERS_TO_BACKEND ? is_one_of(name, to_backend, array_length(to_backend))
                                     : is_one_of(name, to_client, array_length(to_client));
}

bool config_check_header_name(struct config_reader *reader, const struct config_value *value, const char *place,
                              struct str name, enum config_headers_use use)
{
    if (!http_is_token(name)) {
        config_fault_at(reader, value, place, "a header's name must be a token: letters, digits and !#$%%&'*+-.^_`|~");
    } else if (http_is_hop_by_hop(name)) {
        config_fault_at(reader, value, place, "the header %s belongs to a connection and is made by the gateway itself",
                        config_quote(name).text);
    } else if (is_ours(name, use)) {
        config_fault_at(reader, value, place, "the header %s is made by the gateway itself", config_quote(name).text);
    } else {
        return true;
    }
    return false;
}

/* ---- forward_headers ---- */

static bool is_listed(const char *const *names, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal_ignoring_case(str_of(names[i]), name)) {
            return true;
        }
    }
    return false;
}

void config_read_forward_headers(struct config_reader *reader, const struct config_key *key,
                                 const struct config_value *value, void *field)
{
    struct json_walk walk = json_walk_begin(value->json);
    struct config_value element = { .outer = NULL };
    struct str name = { NULL, 0 };
    size_t count = 0;

    if (!config_is_list(reader, value, key, "headers' names")) {
        return;
    }
    const char **names = config_allocate(reader, json_count(value->json) + 1, sizeof(const char *));
    while (names != NULL && config_next_element(value, &walk, &element)) {
        if (!config_read_text(reader, &element, "a header's name", &name) ||
            !config_check_header_name(reader, &element, element.json.base, name, HEADERS_TO_BACKEND)) {
            continue;
        }
        if (is_listed(names, count, name)) {
            config_fault(reader, &element, "stands more than once");
        } else {
            names[count++] = name.base;
        }
    }
    *(const char *const **)field = names;
}
