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

struct worker_config *worker_config_new(struct config *config, struct worker_place place, struct metrics *metrics,
                                        struct backend_gates *gates)
{
    struct worker_config *made = calloc(1, sizeof *made + config->backend_count * sizeof(struct backend_gate *));

    if (made == NULL) {
        return NULL;
    }
    made->references = 1;
    made->config = config_hold(config);
    made->in_flight_limit = worker_config_share(config->limits.in_flight, place);
    for (size_t i = 0; i < config->backend_count; i++) {
        struct str name = config->backends[i].name;
        made->gates[i] = backend_gates_get(gates, name, metrics_backend(metrics, name));
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
