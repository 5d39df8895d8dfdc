/* SPDX-License-Identifier: MIT */
#include "gateway/http_response_parser.h"

#include "tests/support/bad_answers.h"
#include "tests/support/good_answers.h"
#include "tests/support/unit.h"
#include "tests/unit/gateway/response_scene.h"

/* ---- in every way to split them ---- */

static const char *error_text(enum call_error error)
{
    return error == CALL_OK ? "good" : call_error_name(error);
}

static struct response_scene scene_of(const struct good_answer *row)
{
    return (struct response_scene){ .bytes = row->bytes,
                                    .ending = row->ends_with_connection ? ENDING_CLOSE : ENDING_NONE,
                                    .piece_bytes = SCENE_AT_ONCE };
}

static void check_good(const struct good_answer *row, struct response_scene scene)
{
    struct response_outcome outcome;

    response_scene_run(&scene, &outcome);

    if (outcome.error != CALL_OK) {
        fail_msg("case \"%s\", pieces of %zu, %zu: %s", row->name, scene.first_bytes, scene.piece_bytes,
                 error_text(outcome.error));
    }
    assert_case(row->name, outcome.is_complete);
    assert_case(row->name, outcome.keeps_connection == row->keeps_connection);
    assert_case(row->name, outcome.status == row->status);
    assert_case(row->name, outcome.used == row->bytes.length - row->stray_bytes);
    assert_text(buf_view(&outcome.body), row->body);
    response_outcome_clear(&outcome);
}

static void check_bad(const struct bad_answer *row, struct response_scene scene)
{
    struct response_outcome outcome;

    response_scene_run(&scene, &outcome);

    if (outcome.error != row->error || outcome.status != row->status) {
        fail_msg("case \"%s\", pieces of %zu, %zu: %s with status %u", row->name, scene.first_bytes, scene.piece_bytes,
                 error_text(outcome.error), outcome.status);
    }
    assert_case(row->name, !outcome.is_complete && !outcome.keeps_connection);
    response_outcome_clear(&outcome);
}

static void the_parser_reads_good_answers(void **state)
{
    (void)state;

    for (size_t i = 0; i < good_answers_count; i++) {
        const struct good_answer *row = &good_answers[i];

        check_good(row, scene_of(row));
    }
}

static void the_parser_refuses_bad_answers(void **state)
{
    (void)state;

    for (size_t i = 0; i < bad_answers_count; i++) {
        const struct bad_answer *row = &bad_answers[i];
        struct response_scene scene = { .bytes = row->bytes, .ending = row->ending, .piece_bytes = SCENE_AT_ONCE };

        check_bad(row, scene);
    }
}

/* Pieces of the same length each, a byte to begin with; and once in two at each place. */
static void how_an_answer_is_split_makes_no_difference_to_a_good_one(void **state)
{
    (void)state;

    for (size_t i = 0; i < good_answers_count; i++) {
        const struct good_answer *row = &good_answers[i];
        for (size_t length = 1; length <= row->bytes.length; length++) {
            struct response_scene scene = scene_of(row);
            scene.piece_bytes = length;
            check_good(row, scene);
            scene.first_bytes = length;
            scene.piece_bytes = SCENE_AT_ONCE;
            check_good(row, scene);
        }
    }
}

static void how_an_answer_is_split_makes_no_difference_to_a_bad_one(void **state)
{
    (void)state;

    for (size_t i = 0; i < bad_answers_count; i++) {
        const struct bad_answer *row = &bad_answers[i];
        for (size_t length = 1; length <= row->bytes.length; length++) {
            struct response_scene scene = { .bytes = row->bytes, .ending = row->ending, .piece_bytes = length };
            check_bad(row, scene);
            scene.first_bytes = length;
            scene.piece_bytes = SCENE_AT_ONCE;
            check_bad(row, scene);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parser_reads_good_answers),
        cmocka_unit_test(the_parser_refuses_bad_answers),
        cmocka_unit_test(how_an_answer_is_split_makes_no_difference_to_a_good_one),
        cmocka_unit_test(how_an_answer_is_split_makes_no_difference_to_a_bad_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
