/* SPDX-License-Identifier: MIT */
#include "lab/stage.h"

#include "common/arena.h"
#include "common/clock.h"
#include "common/duration.h"

/* After Ctrl-C: a gateway that blocks in a call would take that long to end by itself. */
enum { INTERRUPTED_GRACE_US = 200 * CLOCK_US_PER_MS };

int stage_init(struct stage *stage, const struct stage_config *config, struct error *error)
{
    *stage = (struct stage){
        .config = *config,
        .interrupt = { .descriptor = -1 },
        .backend = { .title = "the backend" },
        .gateway = { .title = "the gateway" },
    };
    if (service_place_init(&stage->place, config->own_path, config->environment, error) < 0) {
        return -1;
    }
    return interrupt_open(&stage->interrupt, error);
}

static uint64_t grace_us(const struct stage *stage)
{
    return stage->interrupt.was_seen ? INTERRUPTED_GRACE_US : SERVICE_GRACE_US;
}

void stage_stop_gateway(struct stage *stage)
{
    service_stop(&stage->gateway, grace_us(stage));
}

void stage_clear(struct stage *stage)
{
    stage->backend.child.on_line = NULL;
    service_stop(&stage->gateway, grace_us(stage));
    service_stop(&stage->backend, grace_us(stage));
    interrupt_close(&stage->interrupt);
}

bool stage_serve(struct stage *stage)
{
    bool was_interrupted = interrupt_check(&stage->interrupt);

    if (stage->backend.child.pid > 0) {
        (void)child_read(&stage->backend.child);
    }
    if (stage->gateway.child.pid > 0) {
        (void)child_read(&stage->gateway.child);
    }
    return !was_interrupted;
}

void stage_descriptors(const struct stage *stage, struct pollfd descriptors[STAGE_DESCRIPTORS])
{
    child_descriptors(&stage->backend.child, descriptors);
    child_descriptors(&stage->gateway.child, descriptors + CHILD_DESCRIPTORS);
    descriptors[2 * CHILD_DESCRIPTORS] = (struct pollfd){ .fd = stage->interrupt.descriptor, .events = POLLIN };
}

int stage_check(const struct stage *stage, struct error *error)
{
    if (service_check(&stage->backend, error) < 0) {
        return -1;
    }
    return service_check(&stage->gateway, error);
}

/* ---- starting ---- */

enum { COMMAND_BYTES = 64 * 1024 };

/* A service's flags in the making. */
struct flags {
    struct arena memory;
    const char *texts[SERVICE_ARGUMENTS_MOST + 1];
    size_t count;
    bool is_short_of_memory;
};

static void add_flag(struct flags *flags, const char *name, const char *value)
{
    const char *text = arena_format(&flags->memory, "--%s=%s", name, value);

    flags->is_short_of_memory = flags->is_short_of_memory || text == NULL;
    flags->texts[flags->count++] = text;
}

static void add_duration(struct flags *flags, const char *name, uint64_t duration_us)
{
    char duration[32];

    duration_format(duration_us, duration, sizeof duration);
    add_flag(flags, name, duration);
}

static void begin_flags(struct flags *flags, const struct stage *stage)
{
    *flags = (struct flags){ .count = 0 };
    arena_init(&flags->memory, COMMAND_BYTES);
    add_flag(flags, "log-format", log_format_names[stage->config.log_format]);
}

/* Frees the flags. */
static int start(struct stage *stage, struct service *service, const char *program, struct flags *flags,
                 struct error *error)
{
    int status = flags->is_short_of_memory
                     ? error_set(error, "cannot start %s: its command line is too long", service->title)
                     : service_start(service, &stage->place, program, flags->texts, error);

    arena_clear(&flags->memory);
    return status == 0 ? service_wait_ready(service, &stage->interrupt, error) : -1;
}

int stage_start_backend(struct stage *stage, struct error *error)
{
    struct flags flags;

    begin_flags(&flags, stage);
    add_duration(&flags, "delay", stage->config.delay_us);
    return start(stage, &stage->backend, "backend", &flags, error);
}

int stage_start_gateway(struct stage *stage, enum mode mode, struct url *ret_url, struct error *error)
{
    struct flags flags;
    char backend[sizeof stage->backend.url.authority + sizeof "http://"];
    char threads[32];

    (void)snprintf(backend, sizeof backend, "http://%s", stage->backend.url.authority);
    (void)snprintf(threads, sizeof threads, "%ld", stage->config.threads);
    begin_flags(&flags, stage);
    add_flag(&flags, "admin", "127.0.0.1:0");
    add_flag(&flags, "mode", mode_names[mode]);
    add_flag(&flags, "backend", backend);
    add_flag(&flags, "threads", threads);
    add_flag(&flags, "blocking", stage->config.blocking);
    add_duration(&flags, "deadline", stage->config.deadline_us);
    if (start(stage, &stage->gateway, "gateway", &flags, error) < 0) {
        return -1;
    }
    *ret_url = stage->gateway.url;
    return 0;
}
