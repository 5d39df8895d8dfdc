/* SPDX-License-Identifier: MIT */
#include "lab/experiment.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "lab/fetch.h"
#include "lab/gateway_records.h"
#include "lab/observer.h"
#include "lab/results_parts.h"
#include "lab/sender.h"
#include "lab/stage.h"
#include "lab/task.h"

#define SECONDS(count) (UINT64_C(count) * CLOCK_US_PER_SECOND)

/* However slow: the gateways' own default, and the longest duration there is. */
#define DEADLINE_LEAST_US SECONDS(60)
#define DEADLINE_MOST_US SECONDS(24 * 3600)
#define ANSWER_SLACK_US SECONDS(10)

/* A gateway hands its records over within a turn of its loop, which can take its time on a busy machine. */
enum { RECORDS_BYTES = 4 * 1024 * 1024, RECORDS_TIMEOUT_US = 2 * CLOCK_US_PER_SECOND, RECORDS_PAUSE_US = 10 * 1000 };

/* One experiment in progress. */
struct experiment {
    const struct experiment_config *config;
    struct stage stage;
    struct experiment_result *result;
    size_t done_count; /* modes that are over */
    uint64_t answer_timeout_us;
    struct error *error;
};

/* ---- one mode ---- */

static int fill_theory(const struct experiment *experiment, struct mode_result *mode)
{
    const struct experiment_config *config = experiment->config;
    cleanup_free struct theory_range *due = calloc(mode->task_count, sizeof *due);
    cleanup_free bool *is_blocking = calloc(mode->task_count, sizeof *is_blocking);
    if (due == NULL || is_blocking == NULL) {
        return error_set(experiment->error, "out of memory");
    }

    for (size_t i = 0; i < mode->task_count; i++) {
        struct str name = str_of(mode->tasks[i].name);
        is_blocking[i] = mode_strategy(mode->mode, name, str_of(config->blocking)) == STRATEGY_SYNC;
        mode->tasks[i].is_blocking = is_blocking[i];
    }
    const struct theory_input input = {
        .mode = mode->mode,
        .delay_us = config->delay_us,
        .threads = (unsigned)config->threads,
        .is_blocking = is_blocking,
        .task_count = mode->task_count,
    };
    theory_answer_times(&input, due);
    for (size_t i = 0; i < mode->task_count; i++) {
        mode->tasks[i].theory = due[i];
    }
    return 0;
}

static int prepare_mode(const struct experiment *experiment, size_t index)
{
    const struct experiment_config *config = experiment->config;
    struct mode_result *mode = &experiment->result->modes[index];

    mode->mode = config->modes[index].mode;
    mode->tasks = calloc(config->task_count, sizeof *mode->tasks);
    if (mode->tasks == NULL) {
        return error_set(experiment->error, "out of memory");
    }
    mode->task_count = config->task_count;
    for (size_t i = 0; i < mode->task_count; i++) {
        mode->tasks[i] = results_new_task(config->tasks[i]);
    }
    return fill_theory(experiment, mode);
}

/* The sender's clock, moved so that the first request was sent at 0. Returns when that was; CLOCK_NEVER_US: none was.
 */
static uint64_t keep_results(struct mode_result *mode, const struct sender_result *results)
{
    uint64_t origin_us = CLOCK_NEVER_US;

    for (size_t i = 0; i < mode->task_count; i++) {
        origin_us = results[i].sent_us < origin_us ? results[i].sent_us : origin_us;
    }
    for (size_t i = 0; i < mode->task_count; i++) {
        struct task_result *task = &mode->tasks[i];
        task->sent_us = results[i].sent_us != CLOCK_NEVER_US ? results[i].sent_us - origin_us : RESULTS_UNKNOWN_US;
        task->ended_us = results[i].ended_us > origin_us ? results[i].ended_us - origin_us : 0;
        task->status = results[i].status;
        task->error = results[i].status == 0 ? call_error_name(results[i].error) : NULL;
        task->port = results[i].port;
    }
    return origin_us;
}

/* Asks a gateway of ours what it has recorded, until it has told of every task or takes too long. */
static void fetch_records(struct experiment *experiment, struct mode_result *mode, struct observer *observer,
                          uint64_t origin_us)
{
    const struct service *gateway = &experiment->stage.gateway;
    uint64_t now_us = clock_monotonic_us();
    uint64_t give_up_us = now_us + RECORDS_TIMEOUT_US;
    uint64_t origin_wall_us = clock_wall_us() - (now_us - origin_us);
    cleanup_buf struct buf body = { .base = NULL };

    if (gateway->child.pid == 0 || !gateway->has_admin || origin_us == CLOCK_NEVER_US) {
        return;
    }
    buf_init(&body, RECORDS_BYTES);
    while (fetch_page(&gateway->admin, "/requests", &observer->company, give_up_us, &body) == 0 &&
           gateway_records_read(buf_view(&body), origin_wall_us, mode) > 0) {
        if (clock_monotonic_us() + RECORDS_PAUSE_US > give_up_us ||
            company_wait(&observer->company, -1, 0, clock_monotonic_us() + RECORDS_PAUSE_US) < 0) {
            return;
        }
    }
}

static int make_tasks(const struct experiment *experiment, const struct url *gateway, struct sender_task *tasks)
{
    struct error allowed;

    for (size_t i = 0; i < experiment->config->task_count; i++) {
        tasks[i].name = experiment->config->tasks[i];
        if (task_url(gateway, str_of(tasks[i].name), &tasks[i].url, &allowed) < 0) {
            return error_set(experiment->error, "task %.64s: expected %.300s", tasks[i].name, allowed.text);
        }
    }
    return 0;
}

static int send_tasks(struct experiment *experiment, struct mode_result *mode, const struct url *gateway)
{
    const struct experiment_config *config = experiment->config;
    cleanup_free struct sender_task *tasks = calloc(mode->task_count, sizeof *tasks);
    cleanup_free struct sender_result *results = calloc(mode->task_count, sizeof *results);
    struct observer observer;
    struct observer_setup setup = {
        .stage = &experiment->stage,
        .mode = mode,
        .audience = config->audience,
        .log = config->log,
    };
    if (tasks == NULL || results == NULL) {
        return error_set(experiment->error, "out of memory");
    }
    if (make_tasks(experiment, gateway, tasks) < 0 || observer_init(&observer, &setup, experiment->error) < 0) {
        return -1;
    }

    struct sender_config sender = {
        .dial = { .company = &observer.company },
        .log = &observer.log,
        .answer_timeout_us = experiment->answer_timeout_us,
    };
    int status = sender_run(&sender, tasks, results, mode->task_count);
    observer_settle(&observer);
    if (status == 0) {
        fetch_records(experiment, mode, &observer, keep_results(mode, results));
    }
    observer_clear(&observer);
    results_judge(mode);
    results_cut(mode);
    return status == 0 ? 0 : error_set(experiment->error, "cannot send: %s", strerror(-status));
}

static int run_mode(struct experiment *experiment, size_t index)
{
    const struct experiment_mode *plan = &experiment->config->modes[index];
    struct audience *audience = experiment->config->audience;
    struct mode_result *mode = &experiment->result->modes[index];
    struct url gateway = plan->gateway;

    if (!plan->is_running && stage_start_gateway(&experiment->stage, plan->mode, &gateway, experiment->error) < 0) {
        return -1;
    }
    audience->on_mode(audience, mode, &gateway);
    int status = send_tasks(experiment, mode, &gateway);
    if (status == 0) {
        status = stage_check(&experiment->stage, experiment->error);
    }
    stage_stop_gateway(&experiment->stage);
    if (status == 0) {
        experiment->done_count++;
        audience->on_mode_done(audience, mode);
    }
    return status;
}

/* ---- all modes ---- */

static bool needs_backend(const struct experiment_config *config)
{
    for (size_t i = 0; i < config->mode_count; i++) {
        if (!config->modes[i].is_running) {
            return true;
        }
    }
    return false;
}

static int run_modes(struct experiment *experiment)
{
    struct audience *audience = experiment->config->audience;
    int status = 0;

    audience->on_begin(audience, experiment->result);
    if (needs_backend(experiment->config)) {
        status = stage_start_backend(&experiment->stage, experiment->error);
    }
    for (size_t i = 0; status == 0 && i < experiment->config->mode_count; i++) {
        status = run_mode(experiment, i);
    }
    return status;
}

/* The longest that theory allows, twice, and a little for processes to be slow. */
static uint64_t longest_answer_us(const struct experiment_config *config)
{
    return 2 * config->task_count * config->delay_us + ANSWER_SLACK_US;
}

static uint64_t deadline_us(uint64_t longest_us)
{
    uint64_t least_us = longest_us > DEADLINE_LEAST_US ? longest_us : DEADLINE_LEAST_US;

    return least_us < DEADLINE_MOST_US ? least_us : DEADLINE_MOST_US;
}

static enum experiment_outcome run_on_stage(struct experiment *experiment)
{
    const struct experiment_config *config = experiment->config;
    struct stage_config stage = {
        .own_path = config->own_path,
        .environment = config->environment,
        .delay_us = config->delay_us,
        .deadline_us = deadline_us(experiment->answer_timeout_us),
        .threads = config->threads,
        .blocking = config->blocking,
        .log_format = (enum log_format)config->log->format,
    };

    if (stage_init(&experiment->stage, &stage, experiment->error) < 0) {
        return EXPERIMENT_FAILED;
    }
    int status = run_modes(experiment);
    stage_clear(&experiment->stage);
    if (experiment->stage.interrupt.was_seen) {
        return EXPERIMENT_INTERRUPTED;
    }
    return status == 0 ? EXPERIMENT_DONE : EXPERIMENT_FAILED;
}

/* Those behind the first `count`. */
static void drop_modes(struct experiment_result *result, size_t count)
{
    for (size_t i = count; result->modes != NULL && i < result->mode_count; i++) {
        free(result->modes[i].tasks);
    }
    result->mode_count = count < result->mode_count ? count : result->mode_count;
}

enum experiment_outcome experiment_run(const struct experiment_config *config, struct experiment_result *ret_result,
                                       struct error *error)
{
    struct experiment experiment = {
        .config = config,
        .result = ret_result,
        .answer_timeout_us = longest_answer_us(config),
        .error = error,
    };

    *ret_result = (struct experiment_result){
        .delay_us = config->delay_us,
        .threads = config->threads,
        .blocking = config->blocking,
        .modes = calloc(config->mode_count, sizeof *ret_result->modes),
        .mode_count = config->mode_count,
    };
    if (ret_result->modes == NULL) {
        (void)error_set(error, "out of memory");
        return EXPERIMENT_FAILED;
    }
    for (size_t i = 0; i < config->mode_count; i++) {
        if (prepare_mode(&experiment, i) < 0) {
            return EXPERIMENT_FAILED;
        }
    }
    enum experiment_outcome outcome = run_on_stage(&experiment);
    drop_modes(ret_result, experiment.done_count);
    return outcome;
}

void experiment_clear(struct experiment_result *result)
{
    drop_modes(result, 0);
    free(result->modes);
    *result = (struct experiment_result){ 0 };
}
