/* SPDX-License-Identifier: MIT */
/*
 * backend - the slow microservice, as a program: options, one loop, signals.
 *
 * Exit: 0 when it was drained; 1 when it could not start or was ended before all was answered; 2 for a bad option
 * or file of answers.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "backend/answers.h"
#include "backend/fault.h"
#include "backend/service.h"
#include "common/clock.h"
#include "common/complain.h"
#include "common/descriptors.h"
#include "common/duration.h"
#include "common/options.h"
#include "common/stop_signals.h"
#include "common/url.h"

enum {
    EXIT_FAILED = 1,
    EXIT_WRONG_USE = 2,
    EPILOGUE_BYTES = 4096,
    HELP_COLUMN = 17,
    HELP_LINE = 60,
    LARGEST_CONCURRENCY = 1000000
};

struct backend_options {
    struct address listen;
    struct delay delay;
    const char *answers; /* a file; NULL: none */
    long concurrency;
    long seed;
    uint64_t drain_timeout_us;
    struct log_options log;
};

static const struct option options[] = {
    { .name = "listen",
      .parse = options_parse_address,
      .offset = offsetof(struct backend_options, listen),
      .default_value = "127.0.0.1:9000",
      .argument = "HOST:PORT",
      .help = "where to listen; port 0 picks a free one" },
    { .name = "delay",
      .parse = delay_option_parse,
      .offset = offsetof(struct backend_options, delay),
      .default_value = "10s",
      .argument = "DELAY",
      .help = "how long each request waits: " DELAY_ALLOWED },
    { .name = "answers",
      .parse = options_parse_string,
      .offset = offsetof(struct backend_options, answers),
      .argument = "FILE",
      .help = "a JSON object whose members are paths and what is answered there; a path that ends in * stands for all "
              "that begin so" },
    { .name = "concurrency",
      .parse = options_parse_integer,
      .offset = offsetof(struct backend_options, concurrency),
      .default_value = "0",
      .argument = "N",
      .help = "at most N requests wait at once, the rest queue; 0: no limit",
      .maximum = LARGEST_CONCURRENCY },
    { .name = "seed",
      .parse = options_parse_integer,
      .offset = offsetof(struct backend_options, seed),
      .default_value = "1",
      .argument = "N",
      .help = "of the random delays: the same seed gives the same delays",
      .maximum = LONG_MAX },
    { .name = "drain-timeout",
      .parse = options_parse_duration,
      .offset = offsetof(struct backend_options, drain_timeout_us),
      .default_value = "30s",
      .argument = "DURATION",
      .help = "how long a stop waits for requests to be answered" },
    OPTIONS_LOG_ROWS(offsetof(struct backend_options, log)),
};

struct backend {
    const struct backend_options *options;
    const struct answers *answers;
    struct log *log;
    struct loop *loop;
    struct service *service;
    struct stop_signals signals;
    struct loop_timer drain_timer;
    struct loop_hook log_hook;
    int exit_code;
};

/* ---- stopping ---- */

static void end_at_once(struct backend *backend, const char *reason)
{
    log_line(backend->log, LOG_ERROR, "%s; connections still open: %zu", reason,
             service_connection_count(backend->service));
    backend->exit_code = EXIT_FAILED;
    loop_stop(backend->loop);
}

static void on_drain_timeout(void *context)
{
    end_at_once(context, "ending: the drain timeout is over");
}

static void on_drained(void *context)
{
    struct backend *backend = context;

    log_line(backend->log, LOG_INFO, "drained");
    loop_stop(backend->loop);
}

static void on_stop(void *context, unsigned count)
{
    struct backend *backend = context;

    if (count > 1) {
        end_at_once(backend, "ending: a second signal came");
        return;
    }
    log_line(backend->log, LOG_INFO, "draining");
    service_drain(backend->service, on_drained, backend);
    backend->drain_timer = (struct loop_timer){ .on_due = on_drain_timeout, .context = backend };
    if (loop_arm(backend->loop, &backend->drain_timer, clock_monotonic_us() + backend->options->drain_timeout_us) < 0) {
        end_at_once(backend, "ending: no memory to drain");
    }
}

/* ---- running ---- */

static uint64_t flush_log(void *context)
{
    log_flush(context);
    return CLOCK_NEVER_US;
}

static int open_parts(struct backend *backend, struct error *error)
{
    size_t limit = descriptors_raise_limit();
    struct service_config config = {
        .delay = backend->options->delay,
        .concurrency = (size_t)backend->options->concurrency,
        .seed = (uint64_t)backend->options->seed,
        .connection_limit = descriptors_allow_connections(limit, 1),
        .answers = backend->answers,
    };

    backend->service = service_new(backend->loop, backend->log, &config);
    if (backend->service == NULL) {
        return error_set(error, "cannot start the HTTP server");
    }
    if (service_listen(backend->service, &backend->options->listen, error) < 0) {
        return -1;
    }
    backend->log_hook = (struct loop_hook){ .before_wait = flush_log, .context = backend->log };
    loop_add_hook(backend->loop, &backend->log_hook);
    log_line(backend->log, LOG_INFO, "%zu descriptors allow %zu connections", limit, config.connection_limit);
    return stop_signals_start(&backend->signals, backend->loop, on_stop, backend, error);
}

static void close_parts(struct backend *backend)
{
    stop_signals_stop(&backend->signals);
    loop_disarm(backend->loop, &backend->drain_timer);
    service_free(backend->service);
}

static void announce(const struct backend *backend)
{
    char address[64];

    service_format_address(backend->service, address, sizeof address);
    log_announce(backend->log, "listening on %s", address);
}

static int run_in_loop(struct backend *backend)
{
    struct error error = { { '\0' } };

    if (open_parts(backend, &error) < 0) {
        complain("backend", str_of(error.text));
        backend->exit_code = EXIT_FAILED;
    } else {
        announce(backend);
        int result = loop_run(backend->loop);
        if (result < 0) {
            log_line(backend->log, LOG_ERROR, "ending: cannot wait for events: %s", strerror(-result));
            backend->exit_code = EXIT_FAILED;
        }
    }
    close_parts(backend);
    return backend->exit_code;
}

static int run(const struct backend_options *parsed, const struct answers *answers)
{
    struct log_sink sink;
    struct log log;
    struct backend backend = { .options = parsed, .answers = answers, .log = &log, .loop = loop_new() };

    if (backend.loop == NULL) {
        (void)fprintf(stderr, "backend: cannot make an event loop: %s\n", strerror(errno));
        return EXIT_FAILED;
    }
    log_sink_init(&sink, STDOUT_FILENO, &parsed->log);
    log_init(&log, &sink);
    int exit_code = run_in_loop(&backend);
    log_clear(&log);
    log_sink_clear(&sink);
    loop_free(backend.loop);
    return exit_code;
}

static int run_with_answers(const struct backend_options *parsed)
{
    struct error error = { { '\0' } };
    struct answers *answers = NULL;

    if (parsed->answers != NULL) {
        answers = answers_load(parsed->answers, &error);
        if (answers == NULL) {
            complain("backend", str_of(error.text));
            return EXIT_WRONG_USE;
        }
    }
    stop_signals_block();
    int exit_code = run(parsed, answers);
    answers_free(answers);
    return exit_code;
}

/* ---- options ---- */

static void add_fault_names(struct buf *text)
{
    cleanup_buf struct buf names;
    size_t column = HELP_LINE; /* begins on a line of its own */

    buf_init(&names, EPILOGUE_BYTES);
    fault_add_names(&names);
    struct str rest = buf_view(&names);
    while (rest.length > 0) {
        struct str name = str_trim(str_split(&rest, ','));
        column += name.length + 2;
        if (column > HELP_LINE) {
            column = name.length + 2;
            (void)buf_add_format(text, "\n%*s", HELP_COLUMN, "");
        }
        (void)buf_add_format(text, " %.*s%s", STR_ARGUMENTS(name), rest.length > 0 ? "," : "");
    }
}

static void add_epilogue(struct buf *text)
{
    (void)buf_add_text(text, "The query of a request may ask for something else:\n"
                             "  delay=DELAY     another delay\n"
                             "  status=NUMBER   200 to 599\n"
                             "  bytes=SIZE      an answer of that size, up to 1 GiB\n"
                             "  echo=1          the request itself, as JSON\n"
                             "  fault=NAME      to misbehave:");
    add_fault_names(text);
    (void)buf_add_text(text, "\n\nPOST /_refuse?for=500ms closes the port for that time, at most a minute.");
    (void)buf_add_byte(text, '\0');
}

int main(int argc, char **argv)
{
    struct backend_options parsed = { 0 };
    struct error error = { { '\0' } };
    char libraries[64];
    cleanup_buf struct buf epilogue;

    (void)snprintf(libraries, sizeof libraries, "libmicrohttpd %s", http_server_library_version());
    buf_init(&epilogue, EPILOGUE_BYTES);
    add_epilogue(&epilogue);
    const struct options_program program = {
        .name = "fanlight-backend",
        .synopsis = "backend [OPTIONS]",
        .summary = "A slow microservice: answers every request with {\"message\":\"success\"} after a delay.",
        .options = options,
        .option_count = array_length(options),
        .libraries = libraries,
        .epilogue = epilogue.failed ? NULL : epilogue.base,
    };
    switch (options_parse(&program, argc, argv, environ, &parsed, NULL, &error)) {
    case OPTIONS_DONE:
        return EXIT_SUCCESS;
    case OPTIONS_WRONG:
        complain("backend", str_of(error.text));
        return EXIT_WRONG_USE;
    case OPTIONS_RUN:
        break;
    }
    return run_with_answers(&parsed);
}
