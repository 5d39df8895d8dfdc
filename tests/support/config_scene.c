/* SPDX-License-Identifier: MIT */
#include "tests/support/config_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "tests/support/unit.h"

enum { WORDS_AT_MOST = 24, FILE_BYTES = 1024 * 1024, PATH_BYTES = 64 };

const char *const config_scene_modes[] = { "sync", "threads", "async", "mixed", "wire", NULL };

/* ---- files ---- */

static char *with_quotes(const char *text)
{
    char *copy = strdup(text);

    assert_non_null(copy);
    for (char *byte = copy; *byte != '\0'; byte++) {
        *byte = *byte == '\'' ? '"' : *byte;
    }
    return copy;
}

/* A file in memory: none is left behind, whatever becomes of the test. Closed with the process. */
static void write_file(const char *name, struct str text, char path[PATH_BYTES])
{
    int descriptor = memfd_create(name, MFD_CLOEXEC);

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text.base, text.length), (ssize_t)text.length);
    (void)snprintf(path, PATH_BYTES, "/proc/%d/fd/%d", (int)getpid(), descriptor);
}

static void add_address(const struct config_scene *scene, char place, struct buf *text)
{
    if (place == 'x') {
        (void)buf_add_format(text, "127.0.0.1:%u", (unsigned)scene_closed_port());
        return;
    }
    if (place == 'p') {
        (void)buf_add_format(text, "%u", (unsigned)scene->backend_ports[0]);
        return;
    }
    size_t index = (size_t)(place - '0');
    assert_true(index < scene->backend_count);
    (void)buf_add_format(text, "127.0.0.1:%u", (unsigned)scene->backend_ports[index]);
}

void config_scene_render(const struct config_scene *scene, const char *config, struct buf *text)
{
    cleanup_free char *quoted = with_quotes(config);
    struct str rest = str_of(quoted);

    while (rest.length > 0) {
        size_t place = str_find(rest, '@');
        (void)buf_add(text, rest.base, place);
        if (place + 1 < rest.length) {
            add_address(scene, rest.base[place + 1], text);
        }
        rest = str_from(rest, place + 2 < rest.length ? place + 2 : rest.length);
    }
    assert_false(text->failed);
}

static void write_config(const struct config_scene *scene, const char *config, char path[PATH_BYTES])
{
    cleanup_buf struct buf text;

    buf_init(&text, FILE_BYTES);
    config_scene_render(scene, config, &text);
    write_file("config", buf_view(&text), path);
}

/* ---- processes ---- */

static void append(const char **words, size_t count, const char *const *options)
{
    for (; *options != NULL; options++) {
        assert_true(count + 1 < WORDS_AT_MOST);
        words[count++] = *options;
    }
    words[count] = NULL;
}

size_t config_scene_add_port(struct config_scene *scene, uint16_t port)
{
    assert_true(scene->backend_count < CONFIG_SCENE_BACKENDS);
    scene->backend_ports[scene->backend_count] = port;
    return scene->backend_count++;
}

size_t config_scene_add_backend(struct config_scene *scene, const char *const *options, const char *answers)
{
    const char *words[WORDS_AT_MOST] = { "--listen=127.0.0.1:0", "--log-format=json", "--answers" };
    cleanup_free char *quoted = with_quotes(answers != NULL ? answers : "{}");
    char path[PATH_BYTES];
    size_t index = config_scene_add_port(scene, 0);
    struct process *process = &scene->backends[index];

    write_file("answers", str_of(quoted), path);
    words[3] = path;
    append(words, 4, options);
    process_start(process, "backend", words);
    scene->backend_ports[index] = process_port(process, "listening on ");
    return index;
}

void config_scene_start(struct config_scene *scene, const char *const *options, const char *config)
{
    const char *words[WORDS_AT_MOST] = { "--listen=127.0.0.1:0", "--admin=127.0.0.1:0", "--log-format=json",
                                         "--config" };
    char path[PATH_BYTES];
    size_t count = 4;

    write_config(scene, config, path);
    words[count++] = path;
    if (!scene->forbids_mode_override) {
        words[count++] = "--allow-mode-override";
    }
    append(words, count, options);
    process_start(&scene->gateway, "gateway", words);
    scene->admin_port = process_port(&scene->gateway, "admin on ");
    scene->gateway_port = process_port(&scene->gateway, "listening on ");
}

void config_scene_stop_gateway(struct config_scene *scene)
{
    assert_int_equal(process_stop(&scene->gateway), 0);
    process_clear(&scene->gateway);
}

int config_scene_setup(void **state)
{
    struct config_scene *scene = calloc(1, sizeof *scene);

    if (scene == NULL) {
        return -1;
    }
    scene->gateway = (struct process)PROCESS_NONE;
    for (size_t i = 0; i < CONFIG_SCENE_BACKENDS; i++) {
        scene->backends[i] = (struct process)PROCESS_NONE;
    }
    *state = scene;
    return 0;
}

static int end_process(struct process *process, const char *name)
{
    int result = 0;

    if (process->pid > 0 && process_stop(process) != 0) {
        print_error("exit code %d of a %s\n", process->exit_code, name);
        result = -1;
    }
    process_clear(process);
    return result;
}

/* The gateway first: its kept connections to the backends go with it. */
int config_scene_teardown(void **state)
{
    struct config_scene *scene = *state;
    int result = end_process(&scene->gateway, "gateway");

    for (size_t i = 0; i < CONFIG_SCENE_BACKENDS; i++) {
        if (end_process(&scene->backends[i], "backend") != 0) {
            result = -1;
        }
    }
    free(scene);
    return result;
}

/* ---- requests ---- */

static void send_request(struct config_scene *scene, const char *mode, const char *method, const char *target,
                         const char *fields, const char *body, struct client *client)
{
    cleanup_buf struct buf all_fields;

    buf_init(&all_fields, FILE_BYTES);
    (void)snprintf(scene->request_id, sizeof scene->request_id, "test-%u", ++scene->request_count);
    (void)buf_add_format(&all_fields, "X-Request-Id: %s\r\n", scene->request_id);
    if (mode != NULL) {
        (void)buf_add_format(&all_fields, "Fanlight-Mode: %s\r\n", mode);
    }
    (void)buf_add_format(&all_fields, "%s%c", fields, '\0');
    assert_false(all_fields.failed);
    client_request(client, method, target, all_fields.base, body);
}

void config_scene_ask(struct config_scene *scene, const char *mode, const char *method, const char *target,
                      const char *fields, const char *body, struct answer *answer)
{
    struct client client;

    client_open(&client, scene->gateway_port);
    send_request(scene, mode, method, target, fields, body, &client);
    client_read(&client, answer);
    client_close(&client);
}

void config_scene_get(struct config_scene *scene, const char *mode, const char *target, struct answer *answer)
{
    config_scene_ask(scene, mode, "GET", target, "", NULL, answer);
}

void config_scene_send(struct config_scene *scene, const char *mode, const char *target, struct client *client)
{
    client_open(client, scene->gateway_port);
    send_request(scene, mode, "GET", target, "", NULL, client);
}

/* ---- logs ---- */

static void describe(const char *event, const char *request_id, char part[96])
{
    (void)snprintf(part, 96, "\"event\":\"%s\",\"request_id\":\"%s\"", event, request_id);
}

size_t process_count_events(struct process *process, const char *event, const char *request_id)
{
    char part[96];

    describe(event, request_id, part);
    return process_count_lines(process, part);
}

cJSON *process_events(struct process *process, const char *event, const char *request_id, size_t at_least)
{
    cJSON *events = cJSON_CreateArray();
    char part[96];

    describe(event, request_id, part);
    process_wait_for_count(process, part, at_least);
    cleanup_free char *output = process_output(process);
    struct str rest = str_of(output);
    while (str_find(rest, '\n') < rest.length) {
        struct str line = str_split(&rest, '\n');
        if (memmem(line.base, line.length, part, strlen(part)) == NULL) {
            continue;
        }
        cJSON *parsed = cJSON_ParseWithLength(line.base, line.length);
        if (parsed == NULL) {
            fail_msg("not JSON: %.*s", STR_ARGUMENTS(line));
        }
        (void)cJSON_AddItemToArray(events, parsed);
    }
    return events;
}

cJSON *config_scene_account_of(struct config_scene *scene, const char *request_id)
{
    cJSON *events = process_events(&scene->gateway, "done", request_id, 1);

    assert_int_equal(cJSON_GetArraySize(events), 1);
    cJSON *account = cJSON_DetachItemFromArray(events, 0);
    cJSON_Delete(events);
    return account;
}

cJSON *config_scene_account(struct config_scene *scene)
{
    return config_scene_account_of(scene, scene->request_id);
}

const cJSON *account_call(const cJSON *account, const char *name, int index)
{
    const cJSON *calls = cJSON_GetObjectItemCaseSensitive(account, "calls");
    const cJSON *call = NULL;

    cJSON_ArrayForEach(call, calls)
    {
        const cJSON *place = cJSON_GetObjectItemCaseSensitive(call, "index");
        bool is_place = index < 0 ? place == NULL : cJSON_IsNumber(place) && (int)place->valuedouble == index;
        if (is_place && strcmp(json_text(call, "name"), name) == 0) {
            return call;
        }
    }
    cleanup_free char *text = cJSON_PrintUnformatted(account);
    fail_msg("no call %s (%d) in %s", name, index, text);
    return NULL;
}

uint64_t json_number(const cJSON *object, const char *name)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, name);

    if (!cJSON_IsNumber(number)) {
        cleanup_free char *text = cJSON_PrintUnformatted(object);
        fail_msg("%s is no number in %s", name, text);
    }
    return (uint64_t)number->valuedouble;
}

bool json_is_null(const cJSON *object, const char *name)
{
    return cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* ---- assertions ---- */

void assert_backend_saw(struct config_scene *scene, size_t cancelled_count, size_t count)
{
    cJSON *done = process_events(&scene->backends[0], "done", scene->request_id, count);
    size_t cancelled = 0;
    const cJSON *event = NULL;

    cJSON_ArrayForEach(event, done)
    {
        cancelled += json_number(event, "status") == 499 ? 1 : 0;
    }
    assert_int_equal(process_count_events(&scene->backends[0], "received", scene->request_id), count);
    assert_int_equal(cJSON_GetArraySize(done), count);
    assert_int_equal(cancelled, cancelled_count);
    cJSON_Delete(done);
}

void assert_json_text(struct str text, const char *expected)
{
    cleanup_free char *quoted = with_quotes(expected);

    if (!str_equal(text, str_of(quoted))) {
        fail_msg("\n   %.*s\nis not\n   %s", STR_ARGUMENTS(text), quoted);
    }
}

static void assert_status(const struct answer *answer, int status)
{
    if (answer->status != status) {
        fail_msg("status %d instead of %d: %.*s", answer->status, status, STR_ARGUMENTS(answer_body(answer)));
    }
}

void assert_answer(const struct answer *answer, int status, const char *body)
{
    assert_status(answer, status);
    assert_json_text(answer_body(answer), body);
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_like(struct str text, struct str pattern)
{
    while (pattern.length > 0) {
        if (text.length == 0 || (pattern.base[0] == '#' ? !is_digit(text.base[0]) : pattern.base[0] != text.base[0])) {
            return false;
        }
        do {
            text = str_from(text, 1);
        } while (pattern.base[0] == '#' && text.length > 0 && is_digit(text.base[0]));
        pattern = str_from(pattern, 1);
    }
    return text.length == 0;
}

void assert_answer_like(const struct answer *answer, int status, const char *pattern)
{
    cleanup_free char *quoted = with_quotes(pattern);

    assert_status(answer, status);
    if (!is_like(answer_body(answer), str_of(quoted))) {
        fail_msg("\n   %.*s\nis not like\n   %s", STR_ARGUMENTS(answer_body(answer)), quoted);
    }
}
