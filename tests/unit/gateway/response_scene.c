/* SPDX-License-Identifier: MIT */
#include "tests/unit/gateway/response_scene.h"

#include <stdlib.h>
#include <string.h>

/* From memory that is exactly as long as the piece, so that the address sanitizer sees a byte read behind it. */
static size_t feed_copy(struct http_response_parser *parser, const char *bytes, size_t count)
{
    char *copy = malloc(count > 0 ? count : 1);

    if (copy == NULL) {
        abort();
    }
    memcpy(copy, bytes, count);
    size_t used = http_response_parser_feed(parser, copy, count);
    free(copy);
    return used;
}

static size_t feed_pieces(struct http_response_parser *parser, const struct response_scene *scene)
{
    size_t used = 0;
    size_t due = scene->first_bytes > 0 ? scene->first_bytes : scene->piece_bytes;

    while (used < scene->bytes.length && !parser->is_complete && parser->error == CALL_OK) {
        size_t left = scene->bytes.length - used;
        used += feed_copy(parser, scene->bytes.base + used, due < left ? due : left);
        due = scene->piece_bytes;
    }
    return used;
}

void response_scene_run(const struct response_scene *scene, struct response_outcome *outcome)
{
    struct http_response_parser parser;
    struct http_response_expected expected = { .body = &outcome->body,
                                               .head = &outcome->head,
                                               .head_bytes_limit = SCENE_HEAD_BYTES,
                                               .allows_content_coding = scene->allows_content_coding,
                                               .is_answer_to_head = scene->is_answer_to_head };

    *outcome = (struct response_outcome){ .error = CALL_OK };
    buf_init(&outcome->body, SCENE_BODY_BYTES);
    buf_init(&outcome->head, SCENE_HEAD_BYTES);
    http_response_parser_begin(&parser, &expected);
    outcome->used = feed_pieces(&parser, scene);
    if (scene->ending == ENDING_CLOSE) {
        (void)http_response_parser_end(&parser);
    } else if (scene->ending == ENDING_BREAK) {
        (void)http_response_parser_break(&parser);
    }
    outcome->error = parser.error;
    outcome->is_complete = parser.is_complete;
    outcome->keeps_connection = parser.keeps_connection;
    outcome->status = parser.framing.status;
    http_response_parser_clear(&parser);
}

void response_outcome_clear(struct response_outcome *outcome)
{
    buf_clear(&outcome->body);
    buf_clear(&outcome->head);
}
