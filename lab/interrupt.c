/* SPDX-License-Identifier: MIT */
#include "lab/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/stop_signals.h"

int interrupt_open(struct interrupt *interrupt, struct error *error)
{
    sigset_t stopping;

    *interrupt = (struct interrupt){ .descriptor = -1 };
    stop_signals_block();
    (void)sigemptyset(&stopping);
    (void)sigaddset(&stopping, SIGINT);
    (void)sigaddset(&stopping, SIGTERM);
    interrupt->descriptor = signalfd(-1, &stopping, SFD_NONBLOCK | SFD_CLOEXEC);
    if (interrupt->descriptor < 0) {
        return error_set(error, "cannot wait for signals: %s", strerror(errno));
    }
    return 0;
}

bool interrupt_check(struct interrupt *interrupt)
{
    struct signalfd_siginfo signal;

    while (interrupt->descriptor >= 0 &&
           read(interrupt->descriptor, &signal, sizeof signal) == (ssize_t)sizeof signal) {
        interrupt->was_seen = true;
    }
    return interrupt->was_seen;
}

void interrupt_close(struct interrupt *interrupt)
{
    if (interrupt->descriptor >= 0) {
        (void)close(interrupt->descriptor);
    }
    interrupt->descriptor = -1;
}
