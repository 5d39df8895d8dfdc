/* SPDX-License-Identifier: MIT */
#include "gateway/worker_config.h"

#include <stdlib.h>

#include "gateway/metrics.h"

size_t worker_config_share(size_t limit, struct worker_place place)
{
    if (limit == SIZE_MAX || limit == 0) {
        return limit;
    }
    size_t share = limit / place.count + (place.index < limit % place.count);
    return share > 0 ? share : 1;
}

static struct backend_gate *find_gate(const struct worker_config *before, struct str name)
{
    for (size_t i = 0; before != NULL && i < before->config->backend_count; i++) {
        if (str_equal(backend_gate_name(before->gates[i]), name)) {
            return before->gates[i];
        }
    }
    return NULL;
}

static struct backend_gate *make_gate(const struct config_backend *backend, struct metrics *metrics,
                                      const struct worker_config *before)
{
    struct backend_gate *kept = find_gate(before, backend->name);

    return kept != NULL ? backend_gate_hold(kept)
                        : backend_gate_new(backend->name, metrics_backend(metrics, backend->name));
}

struct worker_config *worker_config_new(struct config *config, struct worker_place place, struct metrics *metrics,
                                        const struct worker_config *before)
{
    struct worker_config *made = calloc(1, sizeof *made + config->backend_count * sizeof(struct backend_gate *));

    if (made == NULL) {
        return NULL;
    }
    made->references = 1;
    made->config = config_hold(config);
    made->in_flight_limit = worker_config_share(config->limits.in_flight, place);
    for (size_t i = 0; i < config->backend_count; i++) {
        made->gates[i] = make_gate(&config->backends[i], metrics, before);
        if (made->gates[i] == NULL) {
            worker_config_release(made);
            return NULL;
        }
    }
    /* Only now: a gate that was taken over keeps its limits when this fails. */
    for (size_t i = 0; i < config->backend_count; i++) {
        const struct config_backend *backend = &config->backends[i];
        backend_gate_set_limits(made->gates[i], worker_config_share(backend->max_in_flight, place),
                                worker_config_share(backend->queue, place));
    }
    return made;
}

struct worker_config *worker_config_hold(struct worker_config *config)
{
    config->references++;
    return config;
}

void worker_config_release(struct worker_config *config)
{
    if (config == NULL || --config->references > 0) {
        return;
    }
    for (size_t i = 0; i < config->config->backend_count; i++) {
        backend_gate_release(config->gates[i]);
    }
    config_release(config->config);
    free(config);
}
