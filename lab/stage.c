/* SPDX-License-Identifier: MIT */
#include "lab/stage.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/duration.h"
#include "common/stop_signals.h"
#include "lab/company.h"
#include "lab/printable.h"

enum { READY_TIMEOUT_US = 10 * CLOCK_US_PER_SECOND, STOP_GRACE_US = 3 * CLOCK_US_PER_SECOND };

/* After Ctrl-C: a gateway that blocks in a call would take that long to end by itself. */
enum { INTERRUPTED_GRACE_US = 200 * CLOCK_US_PER_MS };

enum { URL_BYTES = 512 };

#define BACKEND "the backend"
#define GATEWAY "the gateway"
#define LISTENING "listening on "
#define INSTALLED_PREFIX "fanlight-"

/* ---- signals ---- */

static int open_signals(struct error *error)
{
    sigset_t stopping;

    stop_signals_block();
    (void)sigemptyset(&stopping);
    (void)sigaddset(&stopping, SIGINT);
    (void)sigaddset(&stopping, SIGTERM);
    int descriptor = signalfd(-1, &stopping, SFD_NONBLOCK | SFD_CLOEXEC);
    if (descriptor < 0) {
        (void)error_set(error, "cannot wait for signals: %s", strerror(errno));
    }
    return descriptor;
}

int stage_init(struct stage *stage, const struct stage_config *config, struct error *error)
{
    *stage = (struct stage){ .config = *config, .signals = -1 };
    if (config->own_path != NULL) {
        (void)snprintf(stage->own_path, sizeof stage->own_path, "%s", config->own_path);
    } else if (readlink("/proc/self/exe", stage->own_path, sizeof stage->own_path - 1) < 0) {
        return error_set(error, "cannot find the folder this program is in: /proc/self/exe: %s", strerror(errno));
    }
    stage->signals = open_signals(error);
    return stage->signals >= 0 ? 0 : -1;
}

static uint64_t grace_us(const struct stage *stage)
{
    return stage->is_interrupted ? INTERRUPTED_GRACE_US : STOP_GRACE_US;
}

void stage_stop_gateway(struct stage *stage)
{
    child_stop(&stage->gateway, grace_us(stage));
}

void stage_clear(struct stage *stage)
{
    stage->backend.on_line = NULL;
    child_stop(&stage->gateway, grace_us(stage));
    child_stop(&stage->backend, grace_us(stage));
    if (stage->signals >= 0) {
        (void)close(stage->signals);
    }
    stage->signals = -1;
}

bool stage_serve(struct stage *stage)
{
    struct signalfd_siginfo signal;

    if (read(stage->signals, &signal, sizeof signal) == (ssize_t)sizeof signal) {
        stage->is_interrupted = true;
    }
    if (stage->backend.pid > 0) {
        (void)child_read(&stage->backend);
    }
    if (stage->gateway.pid > 0) {
        (void)child_read(&stage->gateway);
    }
    return !stage->is_interrupted;
}

void stage_descriptors(const struct stage *stage, struct pollfd descriptors[STAGE_DESCRIPTORS])
{
    child_descriptors(&stage->backend, descriptors);
    child_descriptors(&stage->gateway, descriptors + CHILD_DESCRIPTORS);
    descriptors[2 * CHILD_DESCRIPTORS] = (struct pollfd){ .fd = stage->signals, .events = POLLIN };
}

/* ---- starting ---- */

void stage_program_path(const char *own_path, const char *name, char *path, size_t size)
{
    const char *slash = strrchr(own_path, '/');
    const char *own_name = slash != NULL ? slash + 1 : own_path;
    bool is_installed = str_starts_with(str_of(own_name), STR(INSTALLED_PREFIX));

    (void)snprintf(path, size, "%.*s%s%s", (int)(own_name - own_path), own_path, is_installed ? INSTALLED_PREFIX : "",
                   name);
}

int stage_read_address(struct str line, struct url *ret_url)
{
    static const char address_bytes[] = "0123456789abcdefABCDEF.:[]";
    char url[URL_BYTES];
    struct error ignored;
    const char *found = line.length > 0 ? memmem(line.base, line.length, LISTENING, strlen(LISTENING)) : NULL;

    if (found == NULL) {
        return -1;
    }
    struct str address = str_from(line, (size_t)(found - line.base) + strlen(LISTENING));
    size_t length = 0;
    while (length < address.length && address.base[length] != '\0' &&
           strchr(address_bytes, address.base[length]) != NULL) {
        length++;
    }
    (void)snprintf(url, sizeof url, "http://%.*s", (int)length, address.base);
    return url_parse(str_of(url), ret_url, &ignored);
}

struct readiness {
    struct url *url;
    bool is_ready;
};

static void on_line_before_ready(void *context, struct str line)
{
    struct readiness *readiness = context;

    if (!readiness->is_ready && stage_read_address(line, readiness->url) == 0) {
        readiness->is_ready = true;
    }
}

static int complain(const struct child *child, const char *program, const char *what, struct error *error)
{
    cleanup_buf struct buf complaint = { .base = NULL };

    buf_init(&complaint, CHILD_COMPLAINT_BYTES);
    (void)printable_add(&complaint, child_first_complaint(child));
    return error_set(error, "%s %s%s%.*s", program, what, complaint.length > 0 ? ": " : "",
                     STR_ARGUMENTS(buf_view(&complaint)));
}

int stage_check(const struct stage *stage, struct error *error)
{
    if (stage->backend.pid > 0 && stage->backend.output < 0) {
        return complain(&stage->backend, BACKEND, "ended while it was in use", error);
    }
    if (stage->gateway.pid > 0 && stage->gateway.output < 0) {
        return complain(&stage->gateway, GATEWAY, "ended while it was in use", error);
    }
    return 0;
}

static int wait_until_ready(struct stage *stage, struct child *child, const char *program, struct url *ret_url,
                            struct error *error)
{
    struct readiness readiness = { .url = ret_url };
    uint64_t give_up_us = clock_monotonic_us() + READY_TIMEOUT_US;
    int status = 0;

    child->on_line = on_line_before_ready;
    child->context = &readiness;
    while (status == 0 && !readiness.is_ready) {
        struct pollfd descriptors[STAGE_DESCRIPTORS];
        stage_descriptors(stage, descriptors);
        (void)poll(descriptors, STAGE_DESCRIPTORS, company_poll_timeout_ms(give_up_us));
        if (!stage_serve(stage)) {
            status = error_set(error, "interrupted");
        } else if (readiness.is_ready) {
            break;
        } else if (child->output < 0) {
            status = complain(child, program, "ended before it was ready", error);
        } else if (clock_monotonic_us() >= give_up_us) {
            status = complain(child, program, "was not ready within 10s", error);
        }
    }
    child->on_line = NULL;
    child->context = NULL;
    return status;
}

enum { ARGUMENTS_MOST = 12, COMMAND_BYTES = 64 * 1024 };

/* A command line in the making. */
struct command {
    struct arena memory;
    char *arguments[ARGUMENTS_MOST];
    size_t count;
    bool is_short_of_memory;
};

/* Takes the command's memory; NULL: there was none left. */
static void add_argument(struct command *command, char *argument)
{
    command->is_short_of_memory = command->is_short_of_memory || argument == NULL;
    command->arguments[command->count++] = argument;
}

static void add_flag(struct command *command, const char *name, const char *value)
{
    add_argument(command, arena_format(&command->memory, "--%s=%s", name, value));
}

static void add_duration(struct command *command, const char *name, uint64_t duration_us)
{
    char duration[32];

    duration_format(duration_us, duration, sizeof duration);
    add_flag(command, name, duration);
}

static void begin_command(struct command *command, const struct stage *stage, const char *program)
{
    char path[STAGE_PATH_BYTES];

    *command = (struct command){ .count = 0 };
    arena_init(&command->memory, COMMAND_BYTES);
    stage_program_path(stage->own_path, program, path, sizeof path);
    add_argument(command, arena_copy(&command->memory, str_of(path)));
    add_flag(command, "listen", "127.0.0.1:0");
    add_flag(command, "log-format", log_format_names[stage->config.log_format]);
}

/* Frees the command. */
static int start(struct stage *stage, struct child *child, struct command *command, struct error *error)
{
    int status;

    if (command->is_short_of_memory) {
        status = error_set(error, "cannot start a program: its command line is too long");
    } else if (access(command->arguments[0], X_OK) < 0) {
        status = error_set(error, "cannot start %s: %s", command->arguments[0], strerror(errno));
    } else {
        status = child_start(child, command->arguments, stage->config.environment, error);
    }
    arena_clear(&command->memory);
    return status;
}

int stage_start_backend(struct stage *stage, struct error *error)
{
    struct command command;

    begin_command(&command, stage, "backend");
    add_duration(&command, "delay", stage->config.delay_us);
    if (start(stage, &stage->backend, &command, error) < 0) {
        return -1;
    }
    return wait_until_ready(stage, &stage->backend, BACKEND, &stage->backend_url, error);
}

int stage_start_gateway(struct stage *stage, enum mode mode, struct url *ret_url, struct error *error)
{
    struct command command;

    begin_command(&command, stage, "gateway");
    add_flag(&command, "admin", "off");
    add_flag(&command, "mode", mode_names[mode]);
    add_argument(&command, arena_format(&command.memory, "--backend=http://%s", stage->backend_url.authority));
    add_argument(&command, arena_format(&command.memory, "--threads=%ld", stage->config.threads));
    add_flag(&command, "blocking", stage->config.blocking);
    add_duration(&command, "deadline", stage->config.deadline_us);
    if (start(stage, &stage->gateway, &command, error) < 0) {
        return -1;
    }
    return wait_until_ready(stage, &stage->gateway, GATEWAY, ret_url, error);
}
