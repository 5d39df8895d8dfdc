/* SPDX-License-Identifier: MIT */
/*
 * template_scene - names, and a request's values for them, that the tests of templates share.
 */
#ifndef TESTS_UNIT_GATEWAY_TEMPLATE_SCENE_H
#define TESTS_UNIT_GATEWAY_TEMPLATE_SCENE_H

#include "common/json_view.h"
#include "gateway/template.h"

#include "tests/support/unit.h"

enum { SCENE_ARENA_BYTES = 256 * 1024 };

static const struct str scene_captures[] = { STR_STATIC("id"), STR_STATIC("shop_name"), STR_STATIC("query") };
static const struct str scene_calls[] = { STR_STATIC("user"), STR_STATIC("user.more"), STR_STATIC("orders") };
static const struct template_names scene_names = { scene_captures, 3, scene_calls, 3, true };

/* What one test needs; its outcome is in `verdict`, `text` and `error`. */
struct scene {
    struct arena arena;
    struct template template;
    struct template_fault fault;
    struct str captures[3];
    struct str bodies[3];
    struct template_values values;
    enum template_verdict verdict;
    struct str text;
    struct error error;
};

static inline struct str scene_field(const void *context, const struct template_part *part)
{
    return json_find(((const struct str *)context)[part->index], part->text);
}

static inline void scene_init(struct scene *scene)
{
    *scene = (struct scene){
        .captures = { STR("42"), STR("caf\xc3\xa9/bar"), STR("q") },
        .bodies = { STR(" {\"id\":9223372036854775807,\"price\":1.10,\"ok\":true,\"none\":null,\"name\":\"J\\u00f6rg "
                        "\\\"x\\\"\",\"dots\":\"..\",\"empty\":\"\",\"slash\":\"a/../b?c&d=e\",\"crlf\":\"a\\r\\nX: "
                        "b\","
                        "\"tags\":[\"a\",\"b c\"],\"profile\":{\"age\":7}} "),
                    STR("\"whole\""), STR("[{\"id\":\"o1\"}, [ ]]") },
        .text = STR("untouched"),
    };
    arena_init(&scene->arena, SCENE_ARENA_BYTES);
    scene->values = (struct template_values){
        .captures = scene->captures,
        .query = STR("page=2&q=a%20b&empty=&flag&page=3&bad=%4&%6eame=x&plus=a+b&euro=%e2%82%AC"),
        .call_field = scene_field,
        .context = scene->bodies,
        .each = STR("\"e\\u002f1\""),
    };
}

static inline void scene_clear(struct scene *scene)
{
    arena_clear(&scene->arena);
}

typedef int scene_parse_fn(struct arena *arena, struct str text, const struct template_names *names,
                           struct template *ret, struct template_fault *fault);
typedef enum template_verdict scene_render_fn(const struct template *template, const struct template_values *values,
                                              struct arena *arena, struct str *ret_text, struct error *error);

/* Parses, which must succeed, and renders. */
static inline void scene_play(struct scene *scene, scene_parse_fn *parse, scene_render_fn *render, const char *text)
{
    if (parse(&scene->arena, str_of(text), &scene_names, &scene->template, &scene->fault) < 0) {
        fail_msg("\"%s\": %zu: %s", text, scene->fault.offset, scene->fault.error.text);
    }
    scene->verdict = render(&scene->template, &scene->values, &scene->arena, &scene->text, &scene->error);
}

struct scene_row {
    const char *template;
    enum template_verdict verdict;
    const char *outcome; /* the text, or the sentence */
};

static inline void scene_check(scene_parse_fn *parse, scene_render_fn *render, const struct scene_row *rows,
                               size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct scene scene;
        scene_init(&scene);

        scene_play(&scene, parse, render, rows[i].template);

        bool is_done = scene.verdict == TEMPLATE_DONE;
        struct str outcome = is_done ? scene.text : str_of(scene.error.text);
        if (scene.verdict != rows[i].verdict || !str_equal(outcome, str_of(rows[i].outcome))) {
            fail_msg("\"%s\": verdict %d, \"%.*s\"", rows[i].template, (int)scene.verdict, STR_ARGUMENTS(outcome));
        }
        assert_case(rows[i].template, is_done == !str_equal(scene.text, STR("untouched")));
        assert_case(rows[i].template, !is_done || scene.text.base[scene.text.length] == '\0');
        scene_clear(&scene);
    }
}

#endif
