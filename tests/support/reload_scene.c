/* SPDX-License-Identifier: MIT */
#include "tests/support/reload_scene.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/unit.h"

enum { WORDS_AT_MOST = 24, FILE_BYTES = 8 * 1024 * 1024, PATH_BYTES = 128 };

/* ---- the file ---- */

void reload_scene_write_bytes(struct reload_scene *reload, struct str bytes)
{
    char path[PATH_BYTES];

    (void)snprintf(path, sizeof path, "%s.new", reload->path);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.base, 1, bytes.length, file), bytes.length);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(path, reload->path), 0);
}

void reload_scene_write(struct reload_scene *reload, const char *config)
{
    cleanup_buf struct buf text;

    buf_init(&text, FILE_BYTES);
    config_scene_render(reload->scene, config, &text);
    reload_scene_write_bytes(reload, buf_view(&text));
}

/* Also a directory that stands in its place. */
void reload_scene_remove(struct reload_scene *reload)
{
    assert_int_equal(remove(reload->path), 0);
}

/* ---- reloads ---- */

void reload_scene_hang_up(struct reload_scene *reload)
{
    process_signal(&reload->scene->gateway, SIGHUP);
}

void reload_scene_hang_up_and_take(struct reload_scene *reload)
{
    reload_scene_hang_up(reload);
    process_wait_for_count(&reload->scene->gateway, "reloaded ", ++reload->taken_count);
}

void reload_scene_hang_up_and_refuse(struct reload_scene *reload)
{
    reload_scene_hang_up(reload);
    process_wait_for_count(&reload->scene->gateway, "reload refused", ++reload->refused_count);
}

void reload_scene_take(struct reload_scene *reload, const char *config)
{
    reload_scene_write(reload, config);
    reload_scene_hang_up_and_take(reload);
}

void reload_scene_refuse(struct reload_scene *reload, const char *config)
{
    reload_scene_write(reload, config);
    reload_scene_hang_up_and_refuse(reload);
}

/* ---- what the admin listener says ---- */

uint64_t reload_scene_metric(struct reload_scene *reload, const char *beginning)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    uint64_t value = 0;

    client_fetch(reload->scene->admin_port, "/metrics", &answer);
    struct str rest = answer_body(&answer);
    while (rest.length > 0) {
        struct str line = str_split(&rest, '\n');
        if (str_starts_with(line, str_of(beginning))) {
            assert_int_equal(str_to_number(str_from(line, strlen(beginning)), UINT64_MAX, &value), 0);
            return value;
        }
    }
    fail_msg("/metrics has no %s", beginning);
    return 0;
}

cJSON *reload_scene_config(struct reload_scene *reload)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    client_fetch(reload->scene->admin_port, "/config", &answer);
    assert_int_equal(answer.status, 200);
    return answer_json(&answer);
}

/* ---- life ---- */

static void append(const char **words, size_t count, const char *const *options)
{
    for (; *options != NULL; options++) {
        assert_true(count + 1 < WORDS_AT_MOST);
        words[count++] = *options;
    }
    words[count] = NULL;
}

static void start(struct reload_scene *reload, const char *const *words, const char *const *variables,
                  const char *config)
{
    struct config_scene *scene = reload->scene;

    reload_scene_write(reload, config);
    process_start_with(&scene->gateway, "gateway", words, variables);
    scene->admin_port = process_port(&scene->gateway, "admin on ");
    scene->gateway_port = process_port(&scene->gateway, "listening on ");
}

void reload_scene_start(struct reload_scene *reload, const char *const *options, const char *config)
{
    const char *words[WORDS_AT_MOST] = { "--config", reload->path, "--listen=127.0.0.1:0", "--admin=127.0.0.1:0",
                                         "--log-format=json" };

    append(words, 5, options);
    start(reload, words, NULL, config);
}

void reload_scene_start_bare(struct reload_scene *reload, const char *const *options, const char *const *variables,
                             const char *config)
{
    const char *words[WORDS_AT_MOST] = { "--config", reload->path };

    append(words, 2, options);
    start(reload, words, variables, config);
}

void reload_scene_stop(struct reload_scene *reload)
{
    config_scene_stop_gateway(reload->scene);
    reload->taken_count = 0;
    reload->refused_count = 0;
}

int reload_scene_setup(void **state)
{
    struct reload_scene *reload = calloc(1, sizeof *reload);
    void *scene = NULL;

    if (reload == NULL || config_scene_setup(&scene) != 0) {
        free(reload);
        return -1;
    }
    reload->scene = scene;
    (void)snprintf(reload->directory, sizeof reload->directory, "/tmp/fanlight-reload-XXXXXX");
    if (mkdtemp(reload->directory) == NULL) {
        return -1;
    }
    (void)snprintf(reload->path, sizeof reload->path, "%s/gateway.json", reload->directory);
    *state = reload;
    return 0;
}

int reload_scene_teardown(void **state)
{
    struct reload_scene *reload = *state;
    void *scene = reload->scene;
    int result = config_scene_teardown(&scene);

    (void)remove(reload->path);
    (void)remove(reload->directory);
    free(reload);
    return result;
}
