/* SPDX-License-Identifier: MIT */
#include "lab/hello_client_command.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "common/clock.h"
#include "common/options.h"
#include "gateway/call_error.h"
#include "lab/load.h"

enum { WARM_UP_REQUESTS = 20, REQUESTS_MOST = 10 * 1000 * 1000, LINE_BYTES = 256 };
enum { GRACE_US = 10 * CLOCK_US_PER_SECOND };

struct job {
    struct url url;
    uint64_t requests;
};

static int read_operands(const struct options_operands *operands, struct job *job, struct error *error)
{
    struct error allowed = { { '\0' } };

    if (operands->count != 2) {
        return error_set(error, "expected a URL and a number of requests, as in: lab hello-client "
                                "http://127.0.0.1:8080/hello 1000");
    }
    if (url_parse(str_of(operands->values[0]), &job->url, &allowed) < 0) {
        return error_set(error, "%.100s: expected %.300s", operands->values[0], allowed.text);
    }
    if (job->url.is_tls) {
        return error_set(error, "%.100s: expected an http URL", operands->values[0]);
    }
    if (str_to_number(str_of(operands->values[1]), REQUESTS_MOST, &job->requests) < 0 || job->requests == 0) {
        return error_set(error, "%.100s: expected a number from 1 to %d", operands->values[1], REQUESTS_MOST);
    }
    return 0;
}

/* Why requests failed: the commonest cause. */
static const char *cause_of(const struct load_result *result, char *status, size_t size)
{
    enum call_error commonest = CALL_OK;

    for (unsigned i = 0; i < CALL_ERROR_COUNT; i++) {
        commonest = result->failed[i] > result->failed[commonest] ? (enum call_error)i : commonest;
    }
    if (result->failed[commonest] > 0) {
        return call_error_name(commonest);
    }
    (void)snprintf(status, size, "status %d", result->first_refusal_status);
    return result->refused > 0 ? status : "no answer";
}

/* `count` requests, one after another, on one connection. */
static int make_requests(struct load *load, const struct job *job, uint64_t count, struct load_result *ret_result,
                         struct error *error)
{
    const struct load_setup setup = {
        .url = job->url,
        .connections = 1,
        .duration_us = CLOCK_NEVER_US,
        .request_limit = count,
        .grace_us = GRACE_US,
    };

    return load_run(load, &setup, ret_result, error);
}

static int warm_up(struct load *load, const struct job *job, struct error *error)
{
    struct load_result result;
    char status[32];

    if (make_requests(load, job, WARM_UP_REQUESTS, &result, error) < 0) {
        return -1;
    }
    int outcome = 0;
    if (load_result_failures(&result) > 0) {
        outcome =
            error_set(error, "%s%s: %s", job->url.authority, job->url.path, cause_of(&result, status, sizeof status));
    }
    load_result_clear(&result);
    return outcome;
}

static int say(const char *line)
{
    return fputs(line, stdout) >= 0 && fflush(stdout) == 0 ? 0 : -1;
}

static int measure(struct load *load, const struct job *job, struct error *error)
{
    struct load_result result;
    char line[LINE_BYTES];

    if (make_requests(load, job, job->requests, &result, error) < 0) {
        return -1;
    }
    uint64_t failed = load_result_failures(&result);
    (void)snprintf(line, sizeof line, "%.6f", (double)result.elapsed_us / CLOCK_US_PER_SECOND);
    if (failed > 0) {
        size_t used = strlen(line);
        (void)snprintf(line + used, sizeof line - used, " %" PRIu64, failed);
    }
    load_result_clear(&result);
    return say(line) == 0 && say("\n") == 0 ? 0 : error_set(error, "nobody reads what this client measured");
}

static int run(const struct job *job, struct error *error)
{
    char line[LINE_BYTES];
    struct load load;

    (void)signal(SIGPIPE, SIG_IGN);
    if (load_init(&load, error) < 0) {
        return -1;
    }
    int status = warm_up(&load, job, error);
    if (status == 0 && (say("ready\n") < 0 || fgets(line, sizeof line, stdin) == NULL)) {
        status = error_set(error, "nobody said start");
    }
    if (status == 0) {
        status = measure(&load, job, error);
    }
    load_clear(&load);
    return status;
}

int hello_client_command_run(int argc, char **argv, char **environment)
{
    struct job job = { .requests = 0 };
    struct options_operands operands = { .count = 0 };
    struct error error = { { '\0' } };
    const struct options_program program = {
        .synopsis = "lab hello-client URL REQUESTS",
        .summary =
            "One client of `lab hello`: connects, writes \"ready\", waits for a line, makes its requests one after\n"
            "another on one connection, and writes the seconds they took. What --client-command names does the same.",
        .operand_name = "URL",
        .epilogue = "Exit: 0; 1 when the first requests fail or nobody says start; 2 for wrong use.",
    };

    int exit_code = command_parse(&program, argc, argv, environment, &job, &operands);
    if (exit_code != COMMAND_GOES_ON) {
        return exit_code;
    }
    if (read_operands(&operands, &job, &error) < 0) {
        return command_complain(COMMAND_WRONG_USE, error.text);
    }
    return run(&job, &error) == 0 ? COMMAND_OK : command_complain(COMMAND_FAILED, error.text);
}
