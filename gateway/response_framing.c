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

static enum call_error field(struct response_framing *framing, struct str line)
{
    struct str value = line;
    struct str name = str_split(&value, ':');

    if (name.length == line.length || name.length == 0 || line.base[0] == ' ' || line.base[0] == '\t') {
        return CALL_HTTP_PROTOCOL_ERROR; /* no colon, no name, or a folded line */
    }
    value = str_trim(value);
    if (str_equal_ignoring_case(str_trim(name), STR("content-length"))) {
        return length_field(framing, value);
    }
    if (str_equal_ignoring_case(str_trim(name), STR("transfer-encoding"))) {
        return transfer_encoding_field(framing, value);
    }
    /* We asked for identity and could not read anything else. */
    if (!framing->allows_content_coding && str_equal_ignoring_case(str_trim(name), STR("content-encoding")) &&
        !str_equal_ignoring_case(value, STR("identity"))) {
        return CALL_HTTP_RESPONSE_CONTENT_CODING;
    }
    return CALL_OK;
}

static enum call_error judge(struct response_framing *framing, struct str line)
{
    framing->head_bytes += line.length;
    if (framing->head_bytes > framing->limit_bytes) {
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
    return framing->is_status_line ? status_line(framing, line) : field(framing, line);
}

enum call_error response_framing_line(struct response_framing *framing, struct str line)
{
    if (framing->error == CALL_OK) {
        framing->error = judge(framing, line);
    }
    return framing->error;
}
