/* SPDX-License-Identifier: MIT */
/*
 * config_respond - reads a route's `respond`: a constant answer, made without any call.
 */
#include <string.h>

#include "gateway/config_sections.h"

/* What the connection's pool has room for beside our own header fields. */
enum { HEADERS_BYTES_MAXIMUM = 3072 };

/* ---- body and status ---- */

static void read_text(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                      void *field)
{
    struct route_respond *respond = field;
    struct str text = { NULL, 0 };

    (void)key;
    if (config_read_text(reader, value, "a string", &text)) {
        respond->body = text;
    }
}

/* The bytes of the file. */
static void read_json(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                      void *field)
{
    struct route_respond *respond = field;
    const char *copy = config_copy(reader, value->json);

    (void)key;
    if (copy != NULL) {
        respond->body = (struct str){ copy, value->json.length };
        respond->content_type = "application/json";
    }
}

static void read_status(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                        void *field)
{
    size_t status = 0;

    config_read_size(reader, key, value, &status);
    if (status != 0) {
        *(int *)field = (int)status;
    }
}

/* ---- headers ---- */

/* Visible ASCII, with blanks in between: microhttpd takes no empty value. */
static bool is_value(struct str text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.base[i] < ' ' || text.base[i] > '~') {
            return false;
        }
    }
    return text.length > 0 && text.base[0] != ' ' && text.base[text.length - 1] != ' ';
}

static bool has_field(const struct http_field *fields, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal_ignoring_case(str_of(fields[i].name), name)) {
            return true;
        }
    }
    return false;
}

static bool read_field(struct config_reader *reader, const struct config_member *member, struct http_field *ret_field)
{
    static const char allowed[] = "visible ASCII with blanks in between";
    struct str text = { NULL, 0 };

    if (!config_check_header_name(reader, &member->value, member->value.key.base, member->name, HEADERS_TO_CLIENT) ||
        !config_read_text(reader, &member->value, allowed, &text)) {
        return false;
    }
    if (!is_value(text)) {
        config_expected(reader, &member->value, allowed);
        return false;
    }
    *ret_field = (struct http_field){ .name = member->name.base, .value = text.base };
    return true;
}

static void add_field(struct config_reader *reader, const struct config_member *member, struct http_field *fields,
                      size_t *count)
{
    struct http_field field;

    if (!read_field(reader, member, &field)) {
        return;
    }
    if (has_field(fields, *count, member->name)) {
        config_fault_at(reader, &member->value, member->value.key.base, "stands more than once");
        return;
    }
    fields[(*count)++] = field;
}

/* Content-Type takes the place of the one that text or JSON has by itself. */
static size_t take_content_type(struct http_field *fields, size_t count, struct route_respond *respond)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (str_equal_ignoring_case(str_of(fields[i].name), STR("Content-Type"))) {
            respond->content_type = fields[i].value;
        } else {
            fields[kept++] = fields[i];
        }
    }
    return kept;
}

static void check_bytes(struct config_reader *reader, const struct config_value *value, const struct http_field *fields,
                        size_t count)
{
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        bytes += strlen(fields[i].name) + strlen(fields[i].value) + sizeof ": \r\n" - 1;
    }
    if (bytes > HEADERS_BYTES_MAXIMUM) {
        config_fault(reader, value, "takes %zu bytes as header lines; the most are %d", bytes, HEADERS_BYTES_MAXIMUM);
    }
}

static void read_headers(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                         void *field)
{
    struct route_respond *respond = field;
    size_t member_count = 0;
    size_t count = 0;
    cleanup_free struct config_member *members = config_list_members(reader, value, key, "headers", &member_count);
    struct http_field *fields = members != NULL ? config_allocate(reader, member_count, sizeof fields[0]) : NULL;

    if (fields == NULL) {
        return;
    }
    for (size_t i = 0; i < member_count; i++) {
        add_field(reader, &members[i], fields, &count);
    }
    check_bytes(reader, value, fields, count);
    respond->field_count = take_content_type(fields, count, respond);
    respond->fields = fields;
}

/* ---- all of it ---- */

enum respond_key { RESPOND_TEXT, RESPOND_JSON, RESPOND_STATUS, RESPOND_HEADERS, RESPOND_KEYS };

static const struct config_key respond_keys[RESPOND_KEYS] = {
    [RESPOND_TEXT] = { .name = "text", .read = read_text },
    [RESPOND_JSON] = { .name = "json", .read = read_json },
    [RESPOND_STATUS] = { .name = "status",
                         .read = read_status,
                         .offset = offsetof(struct route_respond, status),
                         .minimum = 200,
                         .maximum = 599 },
    [RESPOND_HEADERS] = { .name = "headers", .read = read_headers, .maximum = CONFIG_HEADERS_MAXIMUM },
};

/* RFC 9110 §15.3.5, §15.4.5 */
static bool has_no_body(int status)
{
    return status == 204 || status == 304;
}

void config_read_respond(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                         void *field)
{
    struct route_respond *respond = field;
    struct config_value values[RESPOND_KEYS];
    bool has_text;
    bool has_json;

    (void)key;
    config_read_object(reader, value, &(struct config_table){ respond_keys, RESPOND_KEYS }, respond, values);
    has_text = config_is_given(&values[RESPOND_TEXT]);
    has_json = config_is_given(&values[RESPOND_JSON]);
    if (has_text == has_json && json_kind(value->json) == JSON_OBJECT) {
        config_fault(reader, value,
                     has_text ? "expected one of \"text\" and \"json\", not both" : "\"text\" or \"json\" is missing");
    } else if (has_no_body(respond->status) && respond->body.length > 0) {
        config_fault(reader, &values[has_text ? RESPOND_TEXT : RESPOND_JSON],
                     "a response with the status %d has no body: expected \"text\": \"\"", respond->status);
    }
}
