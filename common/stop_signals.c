/* SPDX-License-Identifier: MIT */
#include "common/stop_signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

static sigset_t stopping(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    return set;
}

void stop_signals_block(void)
{
    sigset_t set = stopping();
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

void stop_signals_block_hangup(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void hear(struct stop_signals *signals, uint32_t number)
{
    if (number != SIGHUP) {
        signals->count++;
        signals->on_stop(signals->context, signals->count);
    } else if (signals->on_hangup != NULL) {
        signals->on_hangup(signals->context);
    }
}

static void on_signal(void *context, uint32_t events)
{
    struct stop_signals *signals = context;
    struct signalfd_siginfo info;

    (void)events;
    /* At most one of each kind can be pending; the owner may stop listening at any of them. */
    while (signals->descriptor >= 0 && read(signals->descriptor, &info, sizeof info) == (ssize_t)sizeof info) {
        hear(signals, info.ssi_signo);
    }
}

int stop_signals_start(struct stop_signals *signals, struct loop *loop, stop_signal_fn *on_stop, void *context,
                       struct error *error)
{
    sigset_t set = stopping();

    (void)sigaddset(&set, SIGHUP);
    *signals = (struct stop_signals){ .loop = loop, .on_stop = on_stop, .context = context };
    signals->watch.on_ready = on_signal;
    signals->watch.context = signals;
    signals->descriptor = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    int result = signals->descriptor < 0 ? -errno : loop_watch(loop, &signals->watch, signals->descriptor, EPOLLIN);
    if (result < 0) {
        stop_signals_stop(signals);
        return error_set(error, "cannot listen for signals: %s", strerror(-result));
    }
    return 0;
}

void stop_signals_stop(struct stop_signals *signals)
{
    if (signals->loop == NULL) {
        return;
    }
    loop_unwatch(signals->loop, &signals->watch);
    if (signals->descriptor >= 0) {
        (void)close(signals->descriptor);
        signals->descriptor = -1;
    }
}
