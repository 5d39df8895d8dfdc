/* SPDX-License-Identifier: MIT */
#include "tests/support/scene.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <regex.h>
#include <stdio.h>
#include <sys/socket.h>

#include "tests/support/fair_time.h"
#include "tests/support/unit.h"

enum { WORDS_AT_MOST = 24, SPARE_MS = 150 };

/* ---- processes ---- */

static size_t append(const char **words, size_t count, const char *const *options)
{
    for (; *options != NULL; options++) {
        assert_true(count + 1 < WORDS_AT_MOST);
        words[count++] = *options;
    }
    words[count] = NULL;
    return count;
}

void scene_start_backend(struct scene *scene, const char *const *options)
{
    const char *words[WORDS_AT_MOST] = { "--listen=127.0.0.1:0" };

    (void)append(words, 1, options);
    process_start(&scene->backend, "backend", words);
    scene->backend_port = process_port(&scene->backend, "listening on ");
}

void scene_start_gateway(struct scene *scene, const char *const *options)
{
    char backend[64];
    const char *words[WORDS_AT_MOST] = { "--listen=127.0.0.1:0", "--admin=127.0.0.1:0", backend };

    (void)snprintf(backend, sizeof backend, "--backend=http://127.0.0.1:%u", (unsigned)scene->backend_port);
    (void)append(words, 3, options);
    process_start(&scene->gateway, "gateway", words);
    scene->admin_port = process_port(&scene->gateway, "admin on ");
    scene->gateway_port = process_port(&scene->gateway, "listening on ");
}

void scene_start(struct scene *scene, const char *const *backend_options, const char *const *gateway_options)
{
    scene_start_backend(scene, backend_options);
    scene_start_gateway(scene, gateway_options);
}

/* The gateway first: its kept connections to the backend go with it. */
void scene_stop(struct scene *scene)
{
    struct process *processes[] = { &scene->gateway, &scene->backend };

    for (size_t i = 0; i < array_length(processes); i++) {
        if (processes[i]->pid > 0) {
            assert_int_equal(process_stop(processes[i]), 0);
        }
        process_clear(processes[i]);
    }
}

int scene_setup(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);

    if (scene == NULL) {
        return -1;
    }
    *scene = (struct scene){ .backend = PROCESS_NONE, .gateway = PROCESS_NONE };
    *state = scene;
    return 0;
}

/* Outside the test, where a failed assertion would not be caught. */
int scene_teardown(void **state)
{
    struct scene *scene = *state;
    struct process *processes[] = { &scene->gateway, &scene->backend };
    int result = 0;

    for (size_t i = 0; i < array_length(processes); i++) {
        if (processes[i]->pid > 0 && process_stop(processes[i]) != 0) {
            print_error("exit code %d\n", processes[i]->exit_code);
            result = -1;
        }
        process_clear(processes[i]);
    }
    free(scene);
    return result;
}

/* The socket stays for as long as the test runs: nobody else is given that port. With SO_REUSEADDR, which our programs
 * set, too, one that is told to can listen there beside it. */
uint16_t scene_closed_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t length = sizeof address;
    int one = 1;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), 0);
    assert_int_equal(bind(descriptor, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(descriptor, (struct sockaddr *)&address, &length), 0);
    return ntohs(address.sin_port);
}

/* ---- assertions ---- */

void assert_took(uint64_t elapsed_ms, uint64_t theory_ms)
{
    uint64_t least_ms = theory_ms * 9 / 10;
    uint64_t most_ms = theory_ms * 3 / 2 + SPARE_MS;

    if (elapsed_ms < least_ms || fair_ms(elapsed_ms) > most_ms) {
        fail_msg("%llu ms, where theory says %llu ms", (unsigned long long)elapsed_ms, (unsigned long long)theory_ms);
    }
}

void assert_order(struct process *process, const char *const *parts)
{
    cleanup_free char *output = process_output(process);
    const char *rest = output;
    const char *missing = NULL;

    for (; *parts != NULL && missing == NULL; parts++) {
        const char *place = strstr(rest, *parts);
        missing = place == NULL ? *parts : NULL;
        rest = place == NULL ? rest : place + strlen(*parts);
    }
    if (missing != NULL) {
        print_error("%s", output);
        fail_msg("\"%s\" is not where it is due", missing);
    }
}

void assert_matches(struct str text, const char *expression)
{
    cleanup_free char *copy = strndup(text.base != NULL ? text.base : "", text.length);
    regex_t compiled;

    assert_int_equal(regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB), 0);
    int result = regexec(&compiled, copy, 0, NULL, 0);
    regfree(&compiled);
    if (result != 0) {
        fail_msg("\"%s\" is not of the form %s", copy, expression);
    }
}

cJSON *answer_json(const struct answer *answer)
{
    cJSON *json = cJSON_ParseWithLength(answer->body.base, answer->body.length);

    if (json == NULL) {
        fail_msg("not JSON, with status %d: %.*s", answer->status, STR_ARGUMENTS(buf_view(&answer->body)));
    }
    return json;
}

const char *json_text(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

    return text != NULL ? text : "";
}

void assert_problem(const struct answer *answer, int status, const char *error)
{
    assert_int_equal(answer->status, status);
    assert_text(answer_header(answer, "Content-Type"), "application/problem+json");
    cJSON *problem = answer_json(answer);
    const cJSON *status_member = cJSON_GetObjectItemCaseSensitive(problem, "status");
    assert_true(cJSON_IsNumber(status_member));
    assert_int_equal((int)status_member->valuedouble, status);
    assert_string_equal(json_text(problem, "error"), error);
    cJSON_Delete(problem);
}

uint64_t scene_metric(uint16_t admin_port, const char *name)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    char pattern[256];

    client_fetch(admin_port, "/metrics", &answer);
    assert_int_equal(answer.status, 200);
    struct str text = answer_body(&answer);
    int length = snprintf(pattern, sizeof pattern, "\n%s ", name);
    const char *line = memmem(text.base, text.length, pattern, (size_t)length);
    struct str rest = line != NULL ? str_from(text, (size_t)(line - text.base) + (size_t)length) : STR("0");
    uint64_t number = 0;
    assert_int_equal(str_to_number(str_split(&rest, '\n'), UINT64_MAX, &number), 0);
    return number;
}
