/* SPDX-License-Identifier: MIT */
/*
 * gateway - the fan-out gateway, as a program: options, signals, and the main thread that waits for them.
 *
 * Exit: 0 when it was drained, or its configuration is good (--check); 1 when it could not start or was ended before
 * all was answered; 2 for a bad option or configuration.
 */
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <string.h>

#include "common/clock.h"
#include "common/complain.h"
#include "common/stop_signals.h"
#include "gateway/config_check.h"
#include "gateway/config_file.h"
#include "gateway/gateway.h"
#include "gateway/library_versions.h"
#include "gateway/name_channel.h"
#include "gateway/transfer.h"

enum {
    EXIT_FAILED = 1,
    EXIT_WRONG_USE = 2,
    TEXT_BYTES = 64 * 1024 * 1024,
    KEPT_BLOCK_BYTES = 16 * 1024 * 1024, /* larger ones go back to the kernel at once */
    KEPT_FREE_BYTES = 32 * 1024 * 1024,  /* of each thread */
    LOG_RETRY_MS = 10,
    LAST_WORDS_TRIES = 50,
};

struct program {
    const struct settings *settings; /* what flags and variables say */
    struct config *config;           /* in use */
    struct log_sink sink;
    struct log log;
    struct loop *loop;
    struct loop_hook log_hook;
    struct gateway *gateway;
    struct stop_signals signals;
    struct loop_timer drain_timer;
    bool is_draining;
    bool is_drained; /* the last line is all that is left to do */
};

/* ---- stopping ---- */

/* Whoever reads the log may have stopped doing so: that holds the workers up, but never the signals. */
static uint64_t flush_log(void *context)
{
    struct program *program = context;

    if (!log_flush_at_once(&program->log)) {
        return LOG_RETRY_MS * CLOCK_US_PER_MS;
    }
    if (program->is_drained) {
        loop_stop(program->loop);
    }
    return CLOCK_NEVER_US;
}

/* A worker may be blocked in a call: nothing can be taken apart, the process ends as it is. */
static void end_at_once(struct program *program, const char *reason)
{
    log_line(&program->log, LOG_ERROR, "%s", reason);
    for (int i = 0; i < LAST_WORDS_TRIES && !log_flush_at_once(&program->log); i++) {
        (void)poll(NULL, 0, LOG_RETRY_MS);
    }
    _exit(EXIT_FAILED);
}

static void on_drain_timeout(void *context)
{
    end_at_once(context, "ending: the drain timeout is over");
}

static void on_ended(void *context)
{
    struct program *program = context;

    if (!program->is_draining) {
        end_at_once(program, "ending: no worker can go on");
    }
    log_line(&program->log, LOG_INFO, "drained");
    program->is_drained = true;
}

static void on_stop(void *context, unsigned count)
{
    struct program *program = context;
    uint64_t due_us = clock_monotonic_us() + program->config->settings.drain_timeout_us;

    if (count > 1) {
        end_at_once(program, "ending: a second signal came");
    }
    program->is_draining = true;
    log_line(&program->log, LOG_INFO, "draining");
    if (loop_arm(program->loop, &program->drain_timer, due_us) < 0) { /* it has its place since start() */
        end_at_once(program, "ending: no memory to drain");
    }
    gateway_drain(program->gateway);
}

/* ---- the configuration ---- */

/* NULL: every fault is in `faults`. */
static struct config *make_config(const struct settings *settings, struct config_faults *faults)
{
    return settings->config_file != NULL ? config_load(settings, faults) : config_built_in(settings);
}

static void print_faults(const struct settings *settings, const struct config_faults *faults)
{
    cleanup_buf struct buf text;

    buf_init(&text, TEXT_BYTES);
    if (settings->check) {
        config_faults_render(faults, settings->config_file, &text);
        (void)fprintf(stderr, "%.*s", STR_ARGUMENTS(buf_view(&text)));
    } else {
        config_faults_render_line(faults, settings->config_file, &text);
        complain("gateway", buf_view(&text));
    }
}

static int print_check(const struct config *config)
{
    cleanup_buf struct buf text;

    buf_init(&text, TEXT_BYTES);
    if (config_check_render(config, &text) < 0) {
        (void)fprintf(stderr, "gateway: the plan is too long to be shown\n");
        return EXIT_FAILED;
    }
    (void)fwrite(text.base, 1, text.length, stdout);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILED;
}

static void refuse_config(struct program *program, const struct config_faults *faults)
{
    cleanup_buf struct buf text;

    buf_init(&text, TEXT_BYTES);
    config_faults_render_line(faults, program->settings->config_file, &text);
    log_line(&program->log, LOG_ERROR, "reload refused, the configuration stays as it was: %.*s",
             STR_ARGUMENTS(buf_view(&text)));
    gateway_count_bad_config(program->gateway);
}

static void take_over(struct program *program, struct config *config)
{
    struct error kept = { { '\0' } };
    struct error error = { { '\0' } };

    if (gateway_reconfigure(program->gateway, config, &kept, &error) < 0) {
        log_line(&program->log, LOG_ERROR, "reload failed, the configuration stays as it was: %s", error.text);
        gateway_count_bad_config(program->gateway);
        config_release(config);
        return;
    }
    config_release(program->config);
    program->config = config;
    log_line(&program->log, LOG_INFO, "reloaded %s", program->settings->config_file);
    if (kept.text[0] != '\0') {
        log_line(&program->log, LOG_WARN, "until a restart these stay as they were: %s", kept.text);
    }
}

static void on_hangup(void *context)
{
    struct program *program = context;
    struct config_faults faults;

    if (program->is_draining) {
        return;
    }
    if (program->settings->config_file == NULL) {
        log_line(&program->log, LOG_WARN, "nothing to reload: there is no --config");
        return;
    }
    config_faults_init(&faults);
    struct config *config = config_load(program->settings, &faults);
    if (config == NULL) {
        refuse_config(program, &faults);
    } else {
        take_over(program, config);
    }
    config_faults_clear(&faults);
}

/* ---- running ---- */

static int start(struct program *program, struct error *error)
{
    program->loop = loop_new();
    if (program->loop == NULL) {
        return error_set(error, "cannot make an event loop: %s", strerror(errno));
    }
    if (transfer_global_init() < 0) {
        return error_set(error, "cannot initialise libcurl");
    }
    if (name_channel_global_init() < 0) {
        return error_set(error, "cannot initialise c-ares");
    }
    program->log_hook = (struct loop_hook){ .before_wait = flush_log, .context = program };
    program->drain_timer = (struct loop_timer){ .on_due = on_drain_timeout, .context = program };
    loop_add_hook(program->loop, &program->log_hook);
    /* So that a stop needs no memory. */
    if (loop_arm(program->loop, &program->drain_timer, CLOCK_NEVER_US) < 0) {
        return error_set(error, "cannot make a timer: %s", strerror(ENOMEM));
    }
    if (stop_signals_start(&program->signals, program->loop, on_stop, program, error) < 0) {
        return -1;
    }
    program->signals.on_hangup = on_hangup;
    program->gateway = gateway_start(program->config, program->loop, &program->sink, on_ended, program, error);
    return program->gateway != NULL ? 0 : -1;
}

static void announce(struct program *program)
{
    const char *admin_address = gateway_admin_address(program->gateway);

    gateway_log_limits(program->gateway, &program->log);
    if (admin_address[0] != '\0') {
        log_announce(&program->log, "admin on %s", admin_address);
    }
    log_announce(&program->log, "listening on %s", gateway_address(program->gateway));
}

static int run_until_stopped(struct program *program)
{
    struct error error = { { '\0' } };

    if (start(program, &error) < 0) {
        complain("gateway", str_of(error.text));
        return EXIT_FAILED;
    }
    announce(program);
    int result = loop_run(program->loop);
    if (result < 0) {
        end_at_once(program, "ending: cannot wait for events");
    }
    return EXIT_SUCCESS;
}

static int run(const struct settings *settings, struct config *config)
{
    struct program program = { .settings = settings, .config = config };

    stop_signals_block();
    stop_signals_block_hangup();
    log_sink_init(&program.sink, STDOUT_FILENO, &settings->log);
    log_init(&program.log, &program.sink);
    int exit_code = run_until_stopped(&program);
    gateway_free(program.gateway);
    if (program.loop != NULL) {
        stop_signals_stop(&program.signals);
        loop_disarm(program.loop, &program.drain_timer);
        loop_free(program.loop);
        name_channel_global_clear();
        transfer_global_clear();
    }
    log_clear(&program.log);
    log_sink_clear(&program.sink);
    config_release(program.config);
    return exit_code;
}

/* Bodies of a megabyte come and go with each request. glibc by itself gives their memory back each time, and takes it
 * anew, page for page, zeroed by the kernel: that is half of what such a request costs. */
static void keep_memory_for_bodies(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, KEPT_BLOCK_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_FREE_BYTES);
}

static int configure_and_run(const struct settings *settings)
{
    struct config_faults faults;

    config_faults_init(&faults);
    struct config *config = make_config(settings, &faults);
    if (config == NULL) {
        print_faults(settings, &faults);
        config_faults_clear(&faults);
        return EXIT_WRONG_USE;
    }
    config_faults_clear(&faults);
    if (!settings->check) {
        keep_memory_for_bodies();
        return run(settings, config);
    }
    int exit_code = print_check(config);
    config_release(config);
    return exit_code;
}

int main(int argc, char **argv)
{
    struct settings settings = { .mode = 0 };
    struct error error = { { '\0' } };
    char libraries[LIBRARY_VERSIONS_BYTES];

    library_versions(libraries);
    const struct options_program program = {
        .name = "fanlight-gateway",
        .synopsis = "gateway [OPTIONS]",
        .summary =
            "One request in, N calls to backends, one merged answer out, with blocking or non-blocking calls.\n"
            "Routes come from --config; without it: /hello, /{task}, /fanout?n=N, /fanout?tasks=a,b, POST /fanout.",
        .options = settings_options,
        .option_count = settings_option_count,
        .libraries = libraries,
        .has_given = true,
        .given_offset = offsetof(struct settings, given),
    };
    switch (options_parse(&program, argc, argv, environ, &settings, NULL, &error)) {
    case OPTIONS_DONE:
        return EXIT_SUCCESS;
    case OPTIONS_WRONG:
        complain("gateway", str_of(error.text));
        return EXIT_WRONG_USE;
    case OPTIONS_RUN:
        break;
    }
    return configure_and_run(&settings);
}
