/* SPDX-License-Identifier: MIT */
#include "tests/support/fair_time.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

enum {
    PERCENT_AT_MOST = 75, /* what waits counts, be it as nice as can be: no more than this is the machine's */
    TICK_MS = 5,
    STANDSTILLS = 1024, /* the last ones are known */
};

/* ---- how busy the machine is ---- */

/* Percent, 0 to PERCENT_AT_MOST: of the file's first line, "some avg10=1.23 avg60=…". */
static double share_of_waiting(void)
{
    static const char before[] = "some avg10=";
    char line[128] = "";
    FILE *file = fopen("/proc/pressure/cpu", "re");

    if (file == NULL) {
        return 0;
    }
    bool is_told = fgets(line, sizeof line, file) != NULL && strncmp(line, before, sizeof before - 1) == 0;
    double percent = is_told ? strtod(line + sizeof before - 1, NULL) : 0;
    (void)fclose(file);
    if (!(percent > 0)) {
        return 0;
    }
    return percent < PERCENT_AT_MOST ? percent : PERCENT_AT_MOST;
}

/* ---- when it stood still ---- */

static struct {
    pthread_mutex_t lock;
    struct {
        uint64_t end_us;
        uint64_t length_us;
    } standstills[STANDSTILLS]; /* the n-th at n % STANDSTILLS */
    size_t count;
    uint64_t beat_us; /* when the thread was last seen; 0: never */
} watch = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Under the lock: what the thread was late since its last beat; a few milliseconds are nobody's fault. */
static uint64_t late_us(uint64_t now_us)
{
    const uint64_t tick_us = (uint64_t)TICK_MS * CLOCK_US_PER_MS;
    uint64_t passed_us = watch.beat_us > 0 && now_us > watch.beat_us ? now_us - watch.beat_us : 0;

    return passed_us > 2 * tick_us ? passed_us - tick_us : 0;
}

/* It has next to nothing to do: when it is late, so is everybody. */
static void *watch_machine(void *context)
{
    (void)context;
    for (;;) {
        (void)poll(NULL, 0, TICK_MS);
        uint64_t now_us = clock_monotonic_us();
        pthread_mutex_lock(&watch.lock);
        uint64_t length_us = late_us(now_us);
        if (length_us > 0) {
            watch.standstills[watch.count % STANDSTILLS].end_us = now_us;
            watch.standstills[watch.count % STANDSTILLS].length_us = length_us;
            watch.count++;
        }
        watch.beat_us = now_us;
        pthread_mutex_unlock(&watch.lock);
    }
    return NULL;
}

/* Before main(): whoever asks, asks about what was. Signals are for the others. */
__attribute__((constructor)) static void start_watch(void)
{
    sigset_t all;
    sigset_t before;
    pthread_t thread;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&thread, NULL, watch_machine, NULL) == 0) {
        (void)pthread_detach(thread);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* In the last `elapsed_us`. */
static uint64_t stood_still_us(uint64_t elapsed_us)
{
    uint64_t now_us = clock_monotonic_us();
    uint64_t start_us = now_us - elapsed_us;

    pthread_mutex_lock(&watch.lock);
    uint64_t sum_us = late_us(now_us); /* that may not have been noted yet */
    for (size_t i = 0; i < STANDSTILLS && i < watch.count; i++) {
        uint64_t end_us = watch.standstills[i].end_us;
        uint64_t length_us = watch.standstills[i].length_us;
        if (end_us > start_us) {
            sum_us += end_us - start_us < length_us ? end_us - start_us : length_us;
        }
    }
    pthread_mutex_unlock(&watch.lock);
    return sum_us < elapsed_us ? sum_us : elapsed_us;
}

uint64_t fair_ms(uint64_t elapsed_ms)
{
    uint64_t busy_ms = (uint64_t)((double)elapsed_ms * (100 - share_of_waiting()) / 100);
    uint64_t moving_ms = elapsed_ms - stood_still_us(elapsed_ms * CLOCK_US_PER_MS) / CLOCK_US_PER_MS;

    return moving_ms < busy_ms ? moving_ms : busy_ms;
}
