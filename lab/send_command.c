/* SPDX-License-Identifier: MIT */
#include "lab/send_command.h"

#include <string.h>

#include "common/clock.h"
#include "common/descriptors.h"
#include "common/duration.h"
#include "common/options.h"
#include "lab/sender.h"
#include "lab/task.h"

enum { TASKS_MOST = 1000 };

struct send_options {
    struct url gateway;
    uint64_t wait_us;
    struct log_options log;
};

static const struct option options[] = {
    { .name = "gateway",
      .parse = options_parse_url,
      .offset = offsetof(struct send_options, gateway),
      .default_value = "http://127.0.0.1:8080",
      .argument = "URL",
      .help = "where the tasks are sent" },
    { .name = "wait",
      .parse = options_parse_duration,
      .offset = offsetof(struct send_options, wait_us),
      .default_value = "10s",
      .argument = "DURATION",
      .help = "how long to keep trying to connect to what refuses or cannot be found; 0s: not at all" },
    OPTIONS_LOG_ROWS(offsetof(struct send_options, log)),
};

static int read_task(const struct send_options *parsed, const char *operand, struct sender_task *task)
{
    struct str text = str_of(operand);
    struct error allowed = { { '\0' } };
    struct error error = { { '\0' } };
    bool is_url = strstr(operand, "://") != NULL;

    task->name = operand;
    int status =
        is_url ? url_parse(text, &task->url, &allowed) : task_url(&parsed->gateway, text, &task->url, &allowed);
    if (status < 0) {
        (void)error_set(&error, "task %.100s: expected %.300s", operand, allowed.text);
        (void)command_complain(COMMAND_WRONG_USE, error.text);
    }
    return status;
}

static void on_waiting(void *context, const struct url *target, enum call_error cause)
{
    const struct send_options *parsed = context;
    char wait[32];

    duration_format(parsed->wait_us, wait, sizeof wait);
    (void)fprintf(stderr, "lab: %s: %s; trying for %s\n", target->authority, call_error_name(cause), wait);
}

static bool are_all_successful(const struct sender_result *results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (results[i].status < 200 || results[i].status > 299) {
            return false;
        }
    }
    return true;
}

static int send_tasks(struct send_options *parsed, const struct sender_task *tasks, size_t count)
{
    struct log_sink sink;
    struct log log;
    cleanup_free struct sender_result *results = calloc(count, sizeof *results);
    if (results == NULL) {
        return command_complain(COMMAND_FAILED, "out of memory");
    }

    (void)descriptors_raise_limit();
    log_sink_init(&sink, STDOUT_FILENO, &parsed->log);
    log_init(&log, &sink);
    const struct sender_config config = {
        .dial = { .wait_us = parsed->wait_us, .on_waiting = on_waiting, .context = parsed },
        .log = &log,
        .answer_timeout_us = CLOCK_NEVER_US,
    };
    int status = sender_run(&config, tasks, results, count);
    log_clear(&log);
    log_sink_clear(&sink);
    if (status < 0) {
        return command_complain(COMMAND_FAILED, strerror(-status));
    }
    return are_all_successful(results, count) ? COMMAND_OK : COMMAND_FAILED;
}

static int send_operands(struct send_options *parsed, const struct options_operands *operands)
{
    size_t count = (size_t)operands->count;
    cleanup_free struct sender_task *tasks = calloc(count, sizeof *tasks);

    if (tasks == NULL) {
        return command_complain(COMMAND_FAILED, "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        if (read_task(parsed, operands->values[i], &tasks[i]) < 0) {
            return COMMAND_WRONG_USE;
        }
    }
    return send_tasks(parsed, tasks, count);
}

int send_command_run(int argc, char **argv, char **environment)
{
    struct send_options parsed = { .wait_us = 0 };
    struct options_operands operands = { .count = 0 };
    const struct options_program program = {
        .synopsis = "lab send [OPTIONS] TASK|URL...",
        .summary =
            "Connects a socket for each task, writes the requests (GET /TASK) in that order without waiting for\n"
            "answers, and logs what comes back. A full URL is fetched as it is.",
        .options = options,
        .option_count = array_length(options),
        .operand_name = "TASK",
        .epilogue = "Exit: 0 when every answer is 2xx, else 1; 2 for wrong use.",
    };

    int exit_code = command_parse(&program, argc, argv, environment, &parsed, &operands);
    if (exit_code != COMMAND_GOES_ON) {
        return exit_code;
    }
    if (operands.count == 0) {
        return command_complain(COMMAND_WRONG_USE, "send: a task is missing, as in: lab send task1 task2");
    }
    if (operands.count > TASKS_MOST) {
        return command_complain(COMMAND_WRONG_USE, "send: at most 1000 tasks are allowed");
    }
    return send_operands(&parsed, &operands);
}
