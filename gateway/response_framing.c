/* SPDX-License-Identifier: MIT */
#include "gateway/response_framing.h"

static struct str without_line_break(struct str line)
{
    while (line.length > 0 && (line.base[line.length - 1] == '\n' || line.base[line.length - 1] == '\r')) {
        line.length--;
    }
    return line;
}

/* A new head: an interim response's fields do not count for the next. */
static enum call_error status_line(struct response_framing *framing, struct str line)
{
    uint64_t status = 0;

    framing->has_length = false;
    framing->has_transfer_encoding = false;
    framing->is_complete = false;
    (void)str_split(&line, ' ');
    if (line.length < 3 || str_to_number((struct str){ line.base, 3 }, 599, &status) < 0 || status < 100 ||
        (line.length > 3 && line.base[3] != ' ')) {
        return CALL_HTTP_PROTOCOL_ERROR;
    }
    framing->status = (unsigned)status;
    /* We never ask for another protocol. */
    return status == 101 ? CALL_HTTP_PROTOCOL_ERROR : CALL_OK;
}

static enum call_error length_field(struct response_framing *framing, struct str value)
{
    uint64_t length = 0;

    if (framing->has_length || framing->has_transfer_encoding || str_to_number(value, INT64_MAX, &length) < 0) {
        return CALL_HTTP_PROTOCOL_ERROR;
    }
    framing->has_length = true;
    framing->content_length = length;
    return CALL_OK;
}

static enum call_error transfer_encoding_field(struct response_framing *framing, struct str value)
{
    if (framing->has_length || framing->has_transfer_encoding) {
        return CALL_HTTP_PROTOCOL_ERROR;
    }
    framing->has_transfer_encoding = true;
    return str_equal_ignoring_case(value, STR("chunked")) ? CALL_OK : CALL_HTTP_RESPONSE_TRANSFER_CODING;
}

/* Every field of every answer comes by here: its name's length tells most of them apart from those that matter. */
static enum call_error judge_field(struct response_framing *framing, struct str name, struct str value)
{
    static const struct str content_length = STR_STATIC("content-length");
    static const struct str content_encoding = STR_STATIC("content-encoding");
    static const struct str transfer_encoding = STR_STATIC("transfer-encoding");

    if (name.length == content_length.length && str_equal_ignoring_case(name, content_length)) {
        return length_field(framing, str_trim(value));
    }
    if (name.length == transfer_encoding.length && str_equal_ignoring_case(name, transfer_encoding)) {
        return transfer_encoding_field(framing, str_trim(value));
    }
    /* We asked for identity and could not read anything else. */
    if (name.length == content_encoding.length && !framing->allows_content_coding &&
        str_equal_ignoring_case(name, content_encoding) && !str_equal_ignoring_case(str_trim(value), STR("identity"))) {
        return CALL_HTTP_RESPONSE_CONTENT_CODING;
    }
    return CALL_OK;
}

static enum call_error field_line(struct response_framing *framing, struct str line)
{
    struct str value = line;
    struct str name = str_split(&value, ':');

    if (name.length == line.length || name.length == 0 || line.base[0] == ' ' || line.base[0] == '\t') {
        return CALL_HTTP_PROTOCOL_ERROR; /* no colon, no name, or a folded line */
    }
    return judge_field(framing, str_trim(name), value);
}

static bool has_room(struct response_framing *framing, size_t line_bytes)
{
    framing->head_bytes += line_bytes;
    return framing->head_bytes <= framing->limit_bytes;
}

static enum call_error judge_line(struct response_framing *framing, struct str line)
{
    if (!has_room(framing, line.length)) {
        return CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE;
    }
    line = without_line_break(line);
    if (line.length == 0) {
        framing->is_complete = true;
        framing->is_status_line = false;
        return CALL_OK;
    }
    /* Behind the head of a final response come trailers, if anything. */
    framing->is_status_line = framing->status < 200 && str_starts_with(line, STR("HTTP/"));
    return framing->is_status_line ? status_line(framing, line) : field_line(framing, line);
}

enum call_error response_framing_line(struct response_framing *framing, struct str line)
{
    if (framing->error == CALL_OK) {
        framing->error = judge_line(framing, line);
    }
    return framing->error;
}

enum call_error response_framing_field(struct response_framing *framing, size_t line_bytes, struct str name,
                                       struct str value)
{
    if (framing->error == CALL_OK) {
        framing->is_status_line = false;
        framing->error =
            has_room(framing, line_bytes) ? judge_field(framing, name, value) : CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE;
    }
    return framing->error;
}
