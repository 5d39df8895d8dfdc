/* SPDX-License-Identifier: MIT */
/*
 * Everything at once: requests of all kinds and modes, backends that fail in all ways, gates that are full, clients
 * that leave. Nothing may hang, crash or leak, no call may fail for a reason of the gateway's own, and in the end
 * nothing is left in flight. It says the most under a sanitizer.
 */
#include "common/random.h"
#include "tests/support/config_scene.h"
#include "tests/support/metrics_page.h"
#include "tests/support/unit.h"

enum { ROUNDS = 40, CROWD = 24, SEED = 1 };

static const char config[] =
    "{'allow_explain': true, 'threads': 4, 'blocking': 'a', 'limits': {'in_flight': 20}, 'backends': {"
    "   'b': {'servers': ['http://@0', 'http://localhost:@p'], 'timeout': '200ms'},"
    "   'narrow': {'servers': ['http://@0', 'http://@x'], 'max_in_flight': 3, 'queue': 6, 'queue_timeout': '30ms',"
    "              'timeout': '100ms'},"
    "   'pool': {'servers': ['http://@0'], 'mode': 'threads', 'max_in_flight': 5, 'queue': 100}},"
    " 'routes': ["
    " {'path': '/graph', 'deadline': '200ms', 'calls': {"
    "   'a': {'backend': 'b', 'path': '/deep'},"
    "   'bad': {'backend': 'narrow', 'path': '/x?fault={query.f}&delay={query.d}', 'required': false, 'default': [1]},"
    "   'pooled': {'backend': 'pool', 'path': '/t?delay=10ms'},"
    "   'behind': {'backend': 'narrow', 'path': '/x/{a.a.b.1}?delay=5ms', 'required': false},"
    "   'last': {'backend': 'pool', 'path': '/y/{bad.message}/{behind.message}', 'required': false}}},"
    " {'path': '/required', 'deadline': '150ms', 'calls': {"
    "   'slow': {'backend': 'pool', 'path': '/slow?delay=100ms'},"
    "   'bad': {'backend': 'b', 'path': '/x?fault={query.f}&delay={query.d}'},"
    "   'narrow': {'backend': 'narrow', 'path': '/g?delay=20ms'}}},"
    " {'path': '/each', 'deadline': '300ms', 'calls': {"
    "   'list': {'backend': 'b', 'path': '/list'},"
    "   'few': {'backend': 'narrow', 'each': '{list}', 'max': 4, 'required': false, 'path': '/i?delay={each}'},"
    "   'all': {'backend': 'pool', 'each': '{list}', 'required': false, 'path': '/j?delay={each}'}}},"
    " {'path': '/kinds', 'calls': {"
    "   'list': {'backend': 'b', 'path': '/kinds'},"
    "   'items': {'backend': 'pool', 'each': '{list}', 'path': '/i/{each}'}}},"
    " {'path': '/pass', 'pass': true, 'calls': {"
    "   'p': {'backend': 'narrow', 'path': '/p?fault={query.f}&delay={query.d}', 'method': 'POST', 'body': "
    "'request'}}}]}";

static const char *const paths[] = { "/graph", "/required", "/each", "/kinds", "/pass" };
static const char *const modes[] = { "async", "wire", "async", "wire", "threads", "mixed", "sync" };
static const char *const delays[] = { "0ms", "0ms", "1ms", "10ms", "50ms", "120ms" };
static const char *const faults[] = { "reset",   "close",      "close-mid",   "silent",  "stall", "bad-json",
                                      "garbage", "close-next", "extra-bytes", "endless", "drip" };

#define any_of(random, array) ((array)[random_source_next(random) % array_length(array)])

static void send_any(struct config_scene *scene, struct random_source *random, struct client *client)
{
    char target[128];
    bool is_faulty = random_source_next(random) % 2 == 0;

    (void)snprintf(target, sizeof target, "%s?d=%s%s%s", any_of(random, paths), any_of(random, delays),
                   is_faulty ? "&f=" : "", is_faulty ? any_of(random, faults) : "");
    config_scene_send(scene, any_of(random, modes), target, client);
}

static void check_answer(const struct answer *answer)
{
    static const int statuses[] = { 200, 502, 503, 504 };
    bool is_known = false;

    for (size_t i = 0; i < array_length(statuses); i++) {
        is_known = is_known || answer->status == statuses[i];
    }
    if (!is_known || !answer->is_complete) {
        fail_msg("status %d: %.*s", answer->status, STR_ARGUMENTS(answer_body(answer)));
    }
    assert_null(memmem(answer->body.base, answer->body.length, "proxy_internal_error", 20));
}

/* Some leave before they are answered. */
static void play_round(struct config_scene *scene, struct random_source *random)
{
    struct client clients[CROWD];
    struct answer answers[CROWD];
    size_t count = 0;

    for (size_t i = 0; i < CROWD; i++) {
        send_any(scene, random, &clients[count]);
        if (random_source_next(random) % 6 == 0) {
            client_close(&clients[count]);
        } else {
            answer_init(&answers[count++]);
        }
    }
    client_read_all(clients, answers, count);
    for (size_t i = 0; i < count; i++) {
        check_answer(&answers[i]);
        answer_clear(&answers[i]);
        client_close(&clients[i]);
    }
}

static void a_storm_of_all_kinds_of_requests_leaves_nothing_behind(void **state)
{
    struct config_scene *scene = *state;
    struct random_source random;
    random_source_seed(&random, SEED);
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"),
                                   "{'/list': ['5ms', '0ms', '20ms', 'x', '1ms'], '/kinds': [1, 2, null, 'a', '..'],"
                                   " '/deep': {'a': {'b': [1, 'q']}}}");
    config_scene_start(scene, OPTIONS("--workers=1"), config);

    for (int i = 0; i < ROUNDS; i++) {
        play_round(scene, &random);
    }

    metrics_page_wait_for(scene->admin_port, "fanlight_calls_in_flight{", 0);
    metrics_page_wait_for(scene->admin_port, "fanlight_calls_queued{", 0);
    metrics_page_wait_for(scene->admin_port, "fanlight_requests_in_flight ", 0);
    assert_int_equal(process_count_lines(&scene->gateway, "proxy_internal_error"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(a_storm_of_all_kinds_of_requests_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
