/* SPDX-License-Identifier: MIT */
/*
 * response_scene - an answer's bytes, fed to http_response_parser in pieces, and what came of them.
 *
 * Memory: response_outcome_clear() frees it.
 */
#ifndef TESTS_UNIT_GATEWAY_RESPONSE_SCENE_H
#define TESTS_UNIT_GATEWAY_RESPONSE_SCENE_H

#include "gateway/http_response_parser.h"
#include "tests/support/bad_answers.h"

enum {
    SCENE_BODY_BYTES = 4096,
    SCENE_HEAD_BYTES = 4096,
    SCENE_AT_ONCE = 1024 * 1024 * 1024, /* longer than any answer */
};

struct response_scene {
    struct str bytes;
    enum response_ending ending;
    bool allows_content_coding;
    bool is_answer_to_head;
    size_t first_bytes; /* of the first piece; 0: as long as the others */
    size_t piece_bytes;
};

struct response_outcome {
    enum call_error error;
    bool is_complete;
    bool keeps_connection;
    unsigned status;
    size_t used;
    struct buf body;
    struct buf head;
};

void response_scene_run(const struct response_scene *scene, struct response_outcome *outcome);
void response_outcome_clear(struct response_outcome *outcome);

#endif
