/* SPDX-License-Identifier: MIT */
/*
 * A server to which no connection comes about: what becomes of that call, and of the others.
 */
#include "tests/support/blackhole.h"
#include "tests/support/config_scene.h"
#include "tests/support/unit.h"

static void a_connection_that_is_not_made_in_time_is_a_connection_timeout(void **state)
{
    struct config_scene *scene = *state;
    struct blackhole blackhole;
    blackhole_open(&blackhole);
    (void)config_scene_add_port(scene, blackhole.port);
    config_scene_start(scene, OPTIONS("--threads=4"),
                       "{'backends': {'b': {'servers': ['http://@0'], 'connect_timeout': '100ms', 'timeout': '5s'}},"
                       " 'routes': [{'path': '/x', 'calls': {'res': {'backend': 'b', 'path': '/'}}},"
                       "            {'path': '/y', 'calls': {"
                       "              'res': {'backend': 'b', 'path': '/', 'required': false, 'default': 0}}}]}");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer required = ANSWER_NONE;
        cleanup_answer struct answer optional = ANSWER_NONE;

        config_scene_get(scene, *mode, "/x", &required);
        config_scene_get(scene, *mode, "/y", &optional);

        assert_problem(&required, 504, "connection_timeout");
        assert_took(required.elapsed_ms, 100);
        assert_answer_like(&optional, 200,
                           "{'res':0,'_errors':[{'call':'res','error':'connection_timeout','status':null,"
                           "'elapsed_ms':#}]}");
    }
    blackhole_close(&blackhole);
}

/* libcurl closes such a socket, and only then says that it wants nothing more of it. */
static void a_connection_that_is_not_made_does_no_harm_to_the_other_calls(void **state)
{
    struct config_scene *scene = *state;
    struct blackhole blackhole;
    blackhole_open(&blackhole);
    (void)config_scene_add_backend(scene, OPTIONS("--delay=300ms"), NULL);
    (void)config_scene_add_port(scene, blackhole.port);
    config_scene_start(scene, OPTIONS("--threads=4"),
                       "{'backends': {'good': {'servers': ['http://@0']},"
                       "              'stuck': {'servers': ['http://@1'], 'connect_timeout': '100ms'}},"
                       " 'routes': [{'path': '/x', 'calls': {"
                       "   'a': {'backend': 'good', 'path': '/a'},"
                       "   'b': {'backend': 'stuck', 'path': '/', 'required': false},"
                       "   'c': {'backend': 'stuck', 'path': '/', 'required': false},"
                       "   'd': {'backend': 'good', 'path': '/d'}}}]}");

    for (int i = 0; i < 3; i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, "async", "/x", &answer);

        assert_answer_like(&answer, 200,
                           "{'a':{'message':'success'},'b':null,'c':null,'d':{'message':'success'},'_errors':["
                           "{'call':'b','error':'connection_timeout','status':null,'elapsed_ms':#},"
                           "{'call':'c','error':'connection_timeout','status':null,'elapsed_ms':#}]}");
    }
    blackhole_close(&blackhole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(a_connection_that_is_not_made_in_time_is_a_connection_timeout),
        config_scene_test(a_connection_that_is_not_made_does_no_harm_to_the_other_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
