/* SPDX-License-Identifier: MIT */
#include "lab/sweep_findings.h"

#include <math.h>
#include <string.h>

#include "common/clock.h"
#include "common/compiler.h"

/* Figures this close are the same: what differs by less changes from run to run. */
static const double same_share = 0.1;

/* One case and where its figures are. */
struct finding {
    const struct sweep_results *results;
    const struct sweep_case *preset;
    unsigned clients, bytes; /* which of its points is looked at */
};

typedef struct spread figure_fn(const struct sweep_figures *figures);

static struct spread p50_us(const struct sweep_figures *figures)
{
    return figures->latency[SWEEP_P50].us;
}

static struct spread throughput(const struct sweep_figures *figures)
{
    return figures->throughput;
}

/* All NAN: the point was not measured. */
static struct spread figure_of(const struct finding *finding, enum mode mode, figure_fn *figure)
{
    const struct sweep_plan *plan = finding->results->plan;

    for (size_t i = 0; i < plan->count; i++) {
        const struct sweep_point *point = &plan->points[i];
        if (point->preset == finding->preset && point->mode == mode && point->clients == finding->clients &&
            point->bytes == finding->bytes && sweep_results_have(finding->results, i)) {
            struct sweep_figures figures = sweep_results_figures(finding->results, i);
            return figure(&figures);
        }
    }
    return (struct spread){ .median = NAN, .least = NAN, .most = NAN };
}

/* "sync 50.6, threads 50.7, async 50.6" */
static void add_modes(struct buf *sentence, const struct finding *finding, figure_fn *figure, double divisor)
{
    for (size_t i = 0; i < finding->preset->mode_count; i++) {
        enum mode mode = finding->preset->modes[i];
        double value = figure_of(finding, mode, figure).median / divisor;
        (void)buf_add_format(sentence, "%s%s %.*f", i > 0 ? ", " : "", mode_names[mode], value < 100 ? 1 : 0, value);
    }
}

/* By more than repeats of the same differ. */
static bool is_more(struct spread a, struct spread b)
{
    return a.median > b.median * (1 + same_share) && a.least > b.most;
}

/* No mode's figure is more than another's. */
static bool are_same(const struct finding *finding, figure_fn *figure)
{
    const struct sweep_case *preset = finding->preset;

    for (size_t i = 0; i < preset->mode_count; i++) {
        for (size_t k = 0; k < preset->mode_count; k++) {
            if (is_more(figure_of(finding, preset->modes[i], figure), figure_of(finding, preset->modes[k], figure))) {
                return false;
            }
        }
    }
    return true;
}

static bool is_whole(const struct sweep_results *results, const struct sweep_case *preset)
{
    for (size_t i = 0; i < results->plan->count; i++) {
        if (results->plan->points[i].preset == preset && !sweep_results_have(results, i)) {
            return false;
        }
    }
    return true;
}

/* ---- the cases ---- */

static void tell_one_client(struct buf *sentence, struct finding *finding)
{
    bool is_as_expected = are_same(finding, p50_us);

    (void)buf_add_text(sentence, is_as_expected ? "One client waits for the backend alone, so all modes take the same ("
                                                : "Even for one client the modes differ here (");
    add_modes(sentence, finding, p50_us, CLOCK_US_PER_MS);
    (void)buf_add_text(sentence, " ms in the median)");
    finding->clients = finding->preset->clients[finding->preset->clients_count - 1];
    (void)buf_add_format(sentence, "; with %u clients it is ", finding->clients);
    add_modes(sentence, finding, p50_us, CLOCK_US_PER_MS);
    (void)buf_add_text(sentence, " ms.");
}

static void tell_cpu_bound(struct buf *sentence, struct finding *finding)
{
    const char *verdict = "wins nothing";

    finding->bytes = finding->preset->bytes[finding->preset->bytes_count - 1];
    struct spread async = figure_of(finding, MODE_ASYNC, throughput);
    struct spread threads = figure_of(finding, MODE_THREADS, throughput);
    if (is_more(threads, async)) {
        verdict = "loses to threads, which share the work out among the cores";
    } else if (is_more(async, threads) && is_more(async, figure_of(finding, MODE_SYNC, throughput))) {
        verdict = "is faster all the same";
    }
    (void)buf_add_format(sentence,
                         "With answers of %u bytes from a backend that answers at once there is work and no "
                         "waiting, and not blocking %s (",
                         finding->bytes, verdict);
    add_modes(sentence, finding, throughput, 1);
    (void)buf_add_text(sentence, " requests a second).");
}

static void tell_backend_limit(struct buf *sentence, struct finding *finding)
{
    finding->clients = finding->preset->clients[finding->preset->clients_count - 1];
    bool wins = is_more(figure_of(finding, MODE_ASYNC, throughput), figure_of(finding, MODE_THREADS, throughput));

    (void)buf_add_format(sentence,
                         "The line only moves: a backend that serves %u at once is the limit, and with %u "
                         "clients not blocking serves %s threads do (",
                         finding->preset->backend_concurrency, finding->clients, wins ? "more than" : "no more than");
    add_modes(sentence, finding, throughput, 1);
    (void)buf_add_text(sentence, " requests a second).");
}

static const struct {
    const char *name;
    void (*tell)(struct buf *sentence, struct finding *finding);
} tellers[] = {
    { "one-client", tell_one_client },
    { "cpu-bound", tell_cpu_bound },
    { "backend-limit", tell_backend_limit },
};

void sweep_findings_add(struct buf *sentence, const struct sweep_results *results, const struct sweep_case *preset)
{
    struct finding finding = {
        .results = results,
        .preset = preset,
        .clients = preset->clients[0],
        .bytes = preset->bytes[0],
    };

    if (!is_whole(results, preset)) {
        (void)buf_add_text(sentence, "It was interrupted before each of its points had been measured.");
        return;
    }
    for (size_t i = 0; i < array_length(tellers); i++) {
        if (strcmp(tellers[i].name, preset->name) == 0) {
            tellers[i].tell(sentence, &finding);
        }
    }
}
