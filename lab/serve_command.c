/* SPDX-License-Identifier: MIT */
#include "lab/serve_command.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/descriptors.h"
#include "common/options.h"
#include "common/stop_signals.h"
#include "lab/serve.h"

enum { ADDRESS_BYTES = 64 };

struct serve_options {
    struct address listen;
    struct log_options log;
};

static const struct option options[] = {
    { .name = "listen",
      .parse = options_parse_address,
      .offset = offsetof(struct serve_options, listen),
      .default_value = "127.0.0.1:8000",
      .argument = "HOST:PORT",
      .help = "where the page is; port 0: any free one" },
    OPTIONS_LOG_ROWS(offsetof(struct serve_options, log)),
};

struct program {
    const struct serve_options *options;
    char **environment;
    struct log *log;
    struct loop *loop;
    struct loop_hook log_hook;
    struct serve serve;
    struct stop_signals signals;
};

static uint64_t flush_log(void *context)
{
    log_flush(context);
    return CLOCK_NEVER_US;
}

static void on_stop(void *context, unsigned count)
{
    struct program *program = context;

    (void)count;
    loop_stop(program->loop);
}

static void announce(const struct program *program)
{
    char address[ADDRESS_BYTES];

    serve_format_address(&program->serve, address, sizeof address);
    if (serve_is_exposed(&program->serve)) {
        log_line(program->log, LOG_WARN, "anybody who reaches %s can start measurements on this machine", address);
    }
    log_announce(program->log, "listening on %s; open http://%s/", address, address);
}

static int run_in_loop(struct program *program)
{
    const struct serve_config config = {
        .listen = program->options->listen,
        .log = program->log,
        .environment = program->environment,
    };
    struct error error = { { '\0' } };

    if (serve_open(&program->serve, program->loop, &config, &error) < 0) {
        return command_complain(COMMAND_FAILED, error.text);
    }
    if (stop_signals_start(&program->signals, program->loop, on_stop, program, &error) < 0) {
        serve_close(&program->serve);
        return command_complain(COMMAND_FAILED, error.text);
    }
    program->log_hook = (struct loop_hook){ .before_wait = flush_log, .context = program->log };
    loop_add_hook(program->loop, &program->log_hook);
    announce(program);
    int result = loop_run(program->loop);
    if (result < 0) {
        log_line(program->log, LOG_ERROR, "ending: cannot wait for events: %s", strerror(-result));
    }
    serve_close(&program->serve);
    stop_signals_stop(&program->signals);
    return result < 0 ? COMMAND_FAILED : COMMAND_OK;
}

static int run(const struct serve_options *parsed, char **environment)
{
    struct log_sink sink;
    struct log log;
    cleanup_free struct program *program = calloc(1, sizeof *program);
    struct loop *loop = loop_new();
    if (program == NULL || loop == NULL) {
        loop_free(loop);
        return command_complain(COMMAND_FAILED, "cannot make an event loop");
    }

    (void)descriptors_raise_limit();
    stop_signals_block();
    log_sink_init(&sink, STDOUT_FILENO, &parsed->log);
    log_init(&log, &sink);
    *program = (struct program){ .options = parsed, .environment = environment, .log = &log, .loop = loop };
    int exit_code = run_in_loop(program);
    log_clear(&log);
    log_sink_clear(&sink);
    loop_free(loop);
    return exit_code;
}

int serve_command_run(int argc, char **argv, char **environment)
{
    struct serve_options parsed = { .log = { .format = 0 } };
    const struct options_program program = {
        .synopsis = "lab serve [OPTIONS]",
        .summary =
            "The lab as a page: run the experiment and the sweep, watch a running gateway. It is there for this "
            "machine\n"
            "alone, unless --listen says otherwise; then anybody who reaches the address can start measurements.",
        .options = options,
        .option_count = array_length(options),
        .epilogue = "Exit: 0 after SIGTERM or SIGINT, 1 when it cannot listen; 2 for wrong use.",
    };

    int exit_code = command_parse(&program, argc, argv, environment, &parsed, NULL);
    if (exit_code != COMMAND_GOES_ON) {
        return exit_code;
    }
    return run(&parsed, environment);
}
