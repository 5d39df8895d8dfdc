/* SPDX-License-Identifier: MIT */
#include "lab/load.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/descriptors.h"
#include "lab/load_session.h"
#include "lab/load_target.h"

enum { DESCRIPTORS_BESIDE = 32 }; /* that the process needs for other things */

int load_init(struct load *load, struct error *error)
{
    *load = (struct load){ .wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) };

    return load->wake < 0 ? error_set(error, "cannot measure: %s", strerror(errno)) : 0;
}

void load_clear(struct load *load)
{
    if (load->wake >= 0) {
        (void)close(load->wake);
    }
    load->wake = -1;
}

void load_stop(struct load *load)
{
    int number = errno; /* of what a signal's handler interrupts */

    atomic_store(&load->stop, true);
    (void)eventfd_write(load->wake, 1);
    errno = number;
}

static void init_result(struct load_result *result)
{
    *result = (struct load_result){ .answered = 0 };
    samples_init(&result->latency);
    samples_init(&result->uncorrected);
    samples_init(&result->lateness);
}

void load_result_clear(struct load_result *result)
{
    samples_clear(&result->latency);
    samples_clear(&result->uncorrected);
    samples_clear(&result->lateness);
    init_result(result);
}

uint64_t load_result_failures(const struct load_result *result)
{
    uint64_t count = result->refused + result->unanswered;

    for (size_t i = 0; i < CALL_ERROR_COUNT; i++) {
        count += result->failed[i];
    }
    return count;
}

static int check_rate(const struct load_setup *setup, struct error *error)
{
    double window_us = (double)setup->warm_up_us + (double)setup->duration_us;

    if (!isfinite(setup->rate_per_second) || setup->rate_per_second < 0) {
        return error_set(error, "expected a rate of 0 or more requests a second");
    }
    if (setup->rate_per_second > 0 && setup->rate_per_second * window_us / 1e6 > SAMPLES_MOST) {
        return error_set(error, "%g requests a second for so long are more than the %d that can be kept",
                         setup->rate_per_second, SAMPLES_MOST);
    }
    return 0;
}

static int check_setup(const struct load_setup *setup, struct error *error)
{
    if (setup->url.is_tls) {
        return error_set(error, "expected http://, not https://%s", setup->url.authority);
    }
    if (setup->connections < 1 || setup->connections > LOAD_CONNECTIONS_MOST) {
        return error_set(error, "expected 1 to %d connections, not %zu", LOAD_CONNECTIONS_MOST, setup->connections);
    }
    if (setup->duration_us == CLOCK_NEVER_US && (setup->request_limit == 0 || setup->rate_per_second > 0)) {
        return error_set(error, "expected a duration, or a number of requests without a rate");
    }
    size_t limit = descriptors_raise_limit();
    if (setup->connections + DESCRIPTORS_BESIDE > limit) {
        return error_set(error, "%zu connections need more descriptors than the %zu that this process may open",
                         setup->connections, limit);
    }
    return check_rate(setup, error);
}

int load_run(struct load *load, const struct load_setup *setup, struct load_result *ret_result, struct error *error)
{
    struct load_target target;
    struct load_session session;
    struct load_result result;

    if (check_setup(setup, error) < 0 || load_target_find(&target, &setup->url, load->wake, error) < 0) {
        return -1;
    }
    init_result(&result);
    int status = load_session_open(&session, load, setup, &target, &result, error);
    if (status == 0) {
        status = load_session_run(&session, error);
    }
    load_session_close(&session);
    if (status < 0) {
        load_result_clear(&result);
        return -1;
    }
    *ret_result = result;
    return 0;
}
