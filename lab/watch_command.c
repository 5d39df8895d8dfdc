/* SPDX-License-Identifier: MIT */
#include "lab/watch_command.h"

#include <limits.h>
#include <string.h>

#include "common/json_scan.h"
#include "common/options.h"
#include "common/url.h"
#include "lab/event_client.h"

enum { TARGET_BYTES = 2048, LINE_BYTES = 4096 };

struct watch_options {
    struct url admin;
    long limit; /* 0: none */
    bool events;
};

static const struct option options[] = {
    { .name = "admin",
      .parse = options_parse_url,
      .offset = offsetof(struct watch_options, admin),
      .default_value = "http://127.0.0.1:9901",
      .argument = "URL",
      .help = "the gateway's admin listener" },
    { .name = "limit",
      .parse = options_parse_integer,
      .offset = offsetof(struct watch_options, limit),
      .argument = "N",
      .help = "end after so many requests",
      .minimum = 1,
      .maximum = LONG_MAX },
    { .name = "events",
      .parse = options_parse_boolean,
      .offset = offsetof(struct watch_options, events),
      .help = "say, too, when it is connected and why it ends: one JSON object a line" },
};

/* What is printed so far. */
struct output {
    const struct watch_options *options;
    long count;
    bool is_broken; /* nobody reads it */
};

static void end_line(struct output *output)
{
    (void)putchar('\n');
    output->is_broken = fflush(stdout) != 0;
}

static void on_connected(void *context)
{
    struct output *output = context;

    if (output->options->events) {
        (void)fputs("{\"event\":\"connected\"}", stdout);
        end_line(output);
    }
}

/* A line has to be a line, whatever the other side is: an object, without the line breaks that JSON allows. */
static bool is_record(struct str data)
{
    return data.length > 0 && data.base[0] == '{' && str_find(data, '\n') == data.length &&
           str_find(data, '\r') == data.length && json_scan_check(data, JSON_SCAN_DEPTH, NULL) == 0;
}

static bool on_event(void *context, struct str name, struct str data)
{
    struct output *output = context;

    if (!str_equal(name, STR("done")) || !is_record(data)) {
        return true;
    }
    (void)fputs(output->options->events ? "{\"event\":\"record\",\"record\":" : "", stdout);
    (void)fwrite(data.base, 1, data.length, stdout);
    (void)fputs(output->options->events ? "}" : "", stdout);
    end_line(output);
    output->count++;
    return !output->is_broken && (output->options->limit == 0 || output->count < output->options->limit);
}

static void print_failure(struct output *output, const struct error *error)
{
    cleanup_buf struct buf line = { .base = NULL };

    buf_init(&line, LINE_BYTES);
    (void)buf_add_text(&line, "{\"event\":\"failed\",\"error\":");
    (void)buf_add_json_string(&line, str_of(error->text));
    (void)buf_add_byte(&line, '}');
    (void)fwrite(line.base, 1, line.length, stdout);
    end_line(output);
}

static int watch(const struct watch_options *parsed, struct interrupt *interrupt)
{
    char url[TARGET_BYTES];
    struct output output = { .options = parsed };
    struct error error = { { '\0' } };
    struct str base = str_of(parsed->admin.path);
    base.length -= base.length > 0 && base.base[base.length - 1] == '/' ? 1 : 0;
    const struct event_client client = {
        .url = url,
        .data_limit = WATCH_RECORD_BYTES,
        .interrupt = interrupt,
        .on_connected = on_connected,
        .on_event = on_event,
        .context = &output,
    };

    (void)snprintf(url, sizeof url, "http://%s%.*s/events", parsed->admin.authority, STR_ARGUMENTS(base));
    if (event_client_run(&client, &error) == 0) {
        return output.is_broken ? COMMAND_FAILED : COMMAND_OK;
    }
    if (parsed->events) {
        print_failure(&output, &error);
    }
    return command_complain(COMMAND_FAILED, error.text);
}

static int run(const struct watch_options *parsed)
{
    struct interrupt interrupt;
    struct error error = { { '\0' } };

    if (parsed->admin.is_tls || strchr(parsed->admin.path, '?') != NULL) {
        return command_complain(COMMAND_WRONG_USE,
                                "--admin: expected http://HOST:PORT; an admin listener speaks plain HTTP");
    }
    if (interrupt_open(&interrupt, &error) < 0) {
        return command_complain(COMMAND_FAILED, error.text);
    }
    int exit_code = watch(parsed, &interrupt);
    interrupt_close(&interrupt);
    return exit_code;
}

int watch_command_run(int argc, char **argv, char **environment)
{
    struct watch_options parsed = { .limit = 0 };
    const struct options_program program = {
        .synopsis = "lab watch [OPTIONS]",
        .summary = "Prints each request that a running gateway has finished, one JSON object a line (docs/gateway.md).",
        .options = options,
        .option_count = array_length(options),
        .epilogue =
            "Exit: 0 after Ctrl-C or --limit requests, 1 when the gateway ends or cannot be reached; 2 for wrong use.",
    };

    int exit_code = command_parse(&program, argc, argv, environment, &parsed, NULL);
    if (exit_code != COMMAND_GOES_ON) {
        return exit_code;
    }
    return run(&parsed);
}
