/* SPDX-License-Identifier: MIT */
#include "tests/integration/gateway_host.h"

#include <stdio.h>
#include <sys/mman.h>

#include "common/options.h"
#include "tests/support/unit.h"

void gateway_host_init(struct gateway_host *host, enum mode mode, uint16_t backend_port)
{
    struct options_program program = { .options = settings_options, .option_count = settings_option_count };
    struct settings settings = { .mode = 0 };
    char backend[64];
    char *words[] = { (char[]){ "gateway" },
                      (char[]){ "--listen=127.0.0.1:0" },
                      (char[]){ "--admin=off" },
                      (char[]){ "--log-format=json" },
                      backend,
                      NULL };

    *host = (struct gateway_host){ .log_descriptor = memfd_create("log", MFD_CLOEXEC) };
    (void)snprintf(backend, sizeof backend, "--backend=http://127.0.0.1:%u", (unsigned)backend_port);
    enum options_result result =
        options_parse(&program, array_length(words) - 1, words, NULL, &settings, NULL, &host->error);
    assert_int_equal(result, OPTIONS_RUN);
    settings.mode = (int)mode;
    host->config = config_built_in(&settings);
    assert_non_null(host->config);
    log_sink_init(&host->sink, host->log_descriptor, &settings.log);
    gate_init(&host->ready);
}

static void drain(void *context)
{
    struct gateway_host *host = context;

    gateway_drain(host->gateway);
}

static void on_ended(void *context)
{
    struct gateway_host *host = context;

    loop_stop(host->loop);
}

static void *run(void *context)
{
    struct gateway_host *host = context;

    host->gateway = gateway_start(host->config, host->loop, &host->sink, on_ended, host, &host->error);
    gate_open(&host->ready);
    if (host->gateway != NULL) {
        (void)loop_run(host->loop);
    }
    gateway_free(host->gateway);
    return NULL;
}

bool gateway_host_start(struct gateway_host *host)
{
    host->loop = loop_new();
    assert_non_null(host->loop);
    assert_int_equal(pthread_create(&host->thread, NULL, run, host), 0);
    assert_true(gate_wait(&host->ready, TEST_PATIENCE_MS));
    host->has_started = host->gateway != NULL;
    if (host->has_started) {
        const char *colon = strrchr(gateway_address(host->gateway), ':');
        host->port = (uint16_t)strtoul(colon + 1, NULL, 10);
    }
    return host->has_started;
}

void gateway_host_stop(struct gateway_host *host)
{
    if (host->has_started) {
        host->drain_task = (struct loop_task){ .run = drain, .context = host };
        loop_post(host->loop, &host->drain_task);
    }
    (void)pthread_join(host->thread, NULL);
    loop_free(host->loop);
}

cJSON *gateway_host_done_event(const struct gateway_host *host, size_t index)
{
    off_t size = lseek(host->log_descriptor, 0, SEEK_END);
    cleanup_free char *text = calloc(1, (size_t)size + 1);
    cJSON *found = NULL;

    assert_non_null(text);
    assert_true(pread(host->log_descriptor, text, (size_t)size, 0) == size);
    struct str rest = str_of(text);
    while (rest.length > 0 && found == NULL) {
        struct str line = str_split(&rest, '\n');
        cJSON *object = cJSON_ParseWithLength(line.base, line.length);
        const char *event = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "event"));
        if (event != NULL && strcmp(event, "done") == 0 && index-- == 0) {
            found = object;
        } else {
            cJSON_Delete(object);
        }
    }
    return found;
}

void gateway_host_clear(struct gateway_host *host)
{
    config_release(host->config);
    log_sink_clear(&host->sink);
    gate_clear(&host->ready);
    (void)close(host->log_descriptor);
}
