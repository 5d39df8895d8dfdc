/* SPDX-License-Identifier: MIT */
/*
 * reload_scene - a gateway whose configuration file is written anew while it runs.
 *
 *     (void)config_scene_add_backend(reload->scene, OPTIONS("--delay=0ms"), NULL);
 *     reload_scene_start(reload, OPTIONS("--mode=async"), "{'backends': …}");
 *     reload_scene_take(reload, "{'backends': …}");       … the new file is in use
 *     reload_scene_refuse(reload, "{");                   … and still is
 *
 * Backends, requests and accounts are config_scene's, in whose JSON ' stands for ". The file is in a directory of its
 * own, and is replaced as an editor or a deployment does it: written under another name, then renamed.
 *
 * After the test all programs must exit with 0, and the directory is removed.
 */
#ifndef TESTS_SUPPORT_RELOAD_SCENE_H
#define TESTS_SUPPORT_RELOAD_SCENE_H

#include <stdint.h>

#include "tests/support/config_scene.h"

struct reload_scene {
    struct config_scene *scene; /* never started by its own config_scene_start() */
    char directory[64];
    char path[96]; /* of the configuration file */
    size_t taken_count;
    size_t refused_count;
};

/* Besides the options: --config, free ports, and --log-format=json. */
void reload_scene_start(struct reload_scene *reload, const char *const *options, const char *config);
/* The same with nothing but --config, and with variables ("NAME=value"; NULL: none): the file says the addresses. */
void reload_scene_start_bare(struct reload_scene *reload, const char *const *options, const char *const *variables,
                             const char *config);
/* Stops the gateway alone, which must exit with 0; another may be started. */
void reload_scene_stop(struct reload_scene *reload);

void reload_scene_write(struct reload_scene *reload, const char *config);
/* No ' and no @ in it. */
void reload_scene_write_bytes(struct reload_scene *reload, struct str bytes);
void reload_scene_remove(struct reload_scene *reload);
void reload_scene_hang_up(struct reload_scene *reload);
/* The two, and waits until the gateway says that it took the file over, or refused it. What is sent from then on is for
 * the file in use. */
void reload_scene_take(struct reload_scene *reload, const char *config);
void reload_scene_refuse(struct reload_scene *reload, const char *config);
/* SIGHUP, and waits for the same. */
void reload_scene_hang_up_and_take(struct reload_scene *reload);
void reload_scene_hang_up_and_refuse(struct reload_scene *reload);

/* The value behind the beginning of a line of /metrics, such as "fanlight_client_connections ". */
uint64_t reload_scene_metric(struct reload_scene *reload, const char *beginning);
/* /config, to be freed with cJSON_Delete(). */
cJSON *reload_scene_config(struct reload_scene *reload);

int reload_scene_setup(void **state);
int reload_scene_teardown(void **state);
#define reload_test(test) cmocka_unit_test_setup_teardown(test, reload_scene_setup, reload_scene_teardown)

#endif
