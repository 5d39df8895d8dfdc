/* SPDX-License-Identifier: MIT */
#include "lab/child_watch.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "common/clock.h"

static void kill_now(void *context)
{
    struct child_watch *watch = context;

    (void)kill(watch->child.pid, SIGKILL); /* it has not been waited for: the number is still its own */
}

static void unwatch_pipes(struct child_watch *watch)
{
    loop_unwatch(watch->loop, &watch->output);
    loop_unwatch(watch->loop, &watch->complaints);
}

static int watch_pipe(struct child_watch *watch, struct loop_watch *pipe, int descriptor)
{
    return descriptor >= 0 ? loop_watch(watch->loop, pipe, descriptor, EPOLLIN) : 0;
}

/* Without memory for a watch the child is not heard any more, but its end is. */
static int watch_pipes(struct child_watch *watch)
{
    int output = watch_pipe(watch, &watch->output, watch->child.output);
    int complaints = watch_pipe(watch, &watch->complaints, watch->child.complaints);

    return output < 0 ? output : complaints;
}

/* child_read() closes a pipe at its end, and a descriptor must not be closed while it is watched: a copy of it in a
 * child that is being started would keep the watch alive. */
static void on_readable(void *context, uint32_t events)
{
    struct child_watch *watch = context;

    (void)events;
    unwatch_pipes(watch);
    (void)child_read(&watch->child);
    if (watch_pipes(watch) < 0) {
        kill_now(watch);
    }
}

static void unwatch_all(struct child_watch *watch)
{
    unwatch_pipes(watch);
    loop_unwatch(watch->loop, &watch->end);
    loop_disarm(watch->loop, &watch->grace_timer);
    (void)close(watch->end_descriptor);
    watch->is_running = false;
}

/* It is dead; what it wrote may still lie in the pipe, which holds less than child_read() takes at once. */
static void on_end(void *context, uint32_t events)
{
    struct child_watch *watch = context;

    (void)events;
    unwatch_all(watch);
    (void)child_read(&watch->child);
    watch->config.on_ended(watch->config.context);
}

static int watch_all(struct child_watch *watch)
{
    watch->end_descriptor = (int)syscall(SYS_pidfd_open, watch->child.pid, 0);
    if (watch->end_descriptor < 0) {
        return -errno;
    }
    watch->is_running = true;
    int result = loop_watch(watch->loop, &watch->end, watch->end_descriptor, EPOLLIN);
    if (result == 0) {
        result = watch_pipes(watch);
    }
    if (result < 0) {
        unwatch_all(watch);
    }
    return result;
}

int child_watch_start(struct child_watch *watch, struct loop *loop, const struct child_watch_config *config,
                      char *const *arguments, char *const *environment, struct error *error)
{
    *watch = (struct child_watch){ .config = *config, .loop = loop };
    watch->output = (struct loop_watch){ .on_ready = on_readable, .context = watch };
    watch->complaints = (struct loop_watch){ .on_ready = on_readable, .context = watch };
    watch->end = (struct loop_watch){ .on_ready = on_end, .context = watch };
    watch->grace_timer = (struct loop_timer){ .on_due = kill_now, .context = watch };
    if (child_start(&watch->child, arguments, environment, error) < 0) {
        return -1;
    }
    watch->child.on_line = config->on_line;
    watch->child.context = config->context;
    int result = child_limit_lines(&watch->child, config->line_bytes);
    if (result == 0) {
        result = watch_all(watch);
    }
    if (result < 0) {
        child_stop(&watch->child, 0);
        return error_set(error, "cannot watch %s: %s", arguments[0], strerror(-result));
    }
    return 0;
}

void child_watch_expect_end(struct child_watch *watch, uint64_t grace_us)
{
    bool is_expected = watch->grace_timer.heap_index != 0; /* who asks again and again does not give it more time */

    if (watch->is_running && !is_expected &&
        loop_arm(watch->loop, &watch->grace_timer, clock_monotonic_us() + grace_us) < 0) {
        kill_now(watch);
    }
}

void child_watch_interrupt(struct child_watch *watch, uint64_t grace_us)
{
    if (watch->is_running) {
        (void)kill(watch->child.pid, SIGINT);
        child_watch_expect_end(watch, grace_us);
    }
}

void child_watch_terminate(struct child_watch *watch)
{
    if (watch->is_running) {
        (void)kill(watch->child.pid, SIGTERM);
    }
}

void child_watch_stop(struct child_watch *watch, uint64_t grace_us)
{
    if (watch->is_running) {
        unwatch_all(watch);
    }
    watch->child.on_line = NULL;
    child_stop(&watch->child, grace_us);
}
