/* SPDX-License-Identifier: MIT */
/*
 * A server to which no connection comes about: what becomes of that call, and of the others.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/support/config_scene.h"
#include "tests/support/unit.h"

enum { FILLERS = 8 };

/* A socket whose queue is full: further connections get no answer. */
static int open_full_listener(uint16_t *ret_port, struct client *fillers)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t length = sizeof address;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(descriptor, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(descriptor, 0), 0);
    assert_int_equal(getsockname(descriptor, (struct sockaddr *)&address, &length), 0);
    for (size_t i = 0; i < FILLERS; i++) {
        fillers[i].descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_true(fillers[i].descriptor >= 0);
        (void)connect(fillers[i].descriptor, (const struct sockaddr *)&address, sizeof address);
    }
    *ret_port = ntohs(address.sin_port);
    return descriptor;
}

static void a_connection_that_is_not_made_in_time_is_a_connection_timeout(void **state)
{
    struct config_scene *scene = *state;
    struct client fillers[FILLERS] = { { .descriptor = -1 } };
    uint16_t port = 0;
    int descriptor = open_full_listener(&port, fillers);
    (void)config_scene_add_port(scene, port);
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
    for (size_t i = 0; i < FILLERS; i++) {
        (void)close(fillers[i].descriptor);
    }
    (void)close(descriptor);
}

/* libcurl closes such a socket, and only then says that it wants nothing more of it. */
static void a_connection_that_is_not_made_does_no_harm_to_the_other_calls(void **state)
{
    struct config_scene *scene = *state;
    struct client fillers[FILLERS] = { { .descriptor = -1 } };
    uint16_t port = 0;
    int descriptor = open_full_listener(&port, fillers);
    (void)config_scene_add_backend(scene, OPTIONS("--delay=300ms"), NULL);
    (void)config_scene_add_port(scene, port);
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
    for (size_t i = 0; i < FILLERS; i++) {
        (void)close(fillers[i].descriptor);
    }
    (void)close(descriptor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(a_connection_that_is_not_made_in_time_is_a_connection_timeout),
        config_scene_test(a_connection_that_is_not_made_does_no_harm_to_the_other_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
