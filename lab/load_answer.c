/* SPDX-License-Identifier: MIT */
#include "lab/load_answer.h"

#include "common/compiler.h"

/* What http_parser makes of the results of its callbacks. */
enum { GO_ON = 0, HAS_NO_BODY = 1, STOP = -1 };

static int on_head(http_parser *parser)
{
    struct load_answer *answer = parser->data;
    int status = (int)parser->status_code;
    bool is_chunked = (parser->flags & F_CHUNKED) != 0;
    bool is_known_coding = is_chunked || !parser->uses_transfer_encoding;

    if (parser->http_major != 1 || status < 100 || status > 599 || status == 101 || !is_known_coding) {
        return STOP;
    }
    if (status < 200) {
        return HAS_NO_BODY;
    }
    answer->status = status;
    answer->has_head = true;
    return status == 204 || status == 304 ? HAS_NO_BODY : GO_ON;
}

static int on_message_end(http_parser *parser)
{
    struct load_answer *answer = parser->data;

    if (answer->has_head) {
        answer->is_complete = true;
        answer->may_keep = http_should_keep_alive(parser) != 0;
        http_parser_pause(parser, 1); /* what follows is not ours to read */
    }
    return GO_ON;
}

static const http_parser_settings callbacks = {
    .on_headers_complete = on_head,
    .on_message_complete = on_message_end,
};

void load_answer_begin(struct load_answer *answer)
{
    *answer = (struct load_answer){ .is_complete = false };
    http_parser_init(&answer->parser, HTTP_RESPONSE);
    answer->parser.data = answer;
}

static enum call_error parse(struct load_answer *answer, const char *bytes, size_t count)
{
    size_t used = http_parser_execute(&answer->parser, &callbacks, bytes, count);

    if (answer->is_complete) {
        answer->may_keep = answer->may_keep && used == count;
        return CALL_OK;
    }
    enum http_errno fault = HTTP_PARSER_ERRNO(&answer->parser);
    if (fault == HPE_OK) {
        return CALL_OK;
    }
    return fault == HPE_HEADER_OVERFLOW ? CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE : CALL_HTTP_PROTOCOL_ERROR;
}

/* The parser has a limit of its own, but one for the whole process. */
static enum call_error take_head(struct load_answer *answer, const char *bytes, size_t count)
{
    enum call_error error = parse(answer, bytes, count);

    answer->head_bytes += count;
    if (error == CALL_OK && !answer->has_head && answer->head_bytes == LOAD_ANSWER_HEAD_BYTES) {
        return CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE;
    }
    return error;
}

enum call_error load_answer_take(struct load_answer *answer, const char *bytes, size_t count)
{
    size_t head_count = 0;

    if (!answer->has_head) {
        size_t room = LOAD_ANSWER_HEAD_BYTES - answer->head_bytes;
        head_count = count < room ? count : room;
        enum call_error error = take_head(answer, bytes, head_count);
        if (error != CALL_OK) {
            return error;
        }
    }
    if (head_count == count) {
        return CALL_OK;
    }
    if (answer->is_complete) {
        answer->may_keep = false;
        return CALL_OK;
    }
    return parse(answer, bytes + head_count, count - head_count);
}

enum call_error load_answer_broken(const struct load_answer *answer)
{
    return answer->head_bytes > 0 ? CALL_HTTP_RESPONSE_INCOMPLETE : CALL_CONNECTION_TERMINATED;
}

enum call_error load_answer_end(struct load_answer *answer)
{
    (void)http_parser_execute(&answer->parser, &callbacks, NULL, 0);
    if (!answer->is_complete) {
        return load_answer_broken(answer);
    }
    answer->may_keep = false;
    return CALL_OK;
}
