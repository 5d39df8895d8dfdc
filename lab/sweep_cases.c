/* SPDX-License-Identifier: MIT */
#include "lab/sweep_cases.h"

#include "common/compiler.h"

const char *const sweep_axis_names[] = { "clients", "bytes" };

const struct sweep_case sweep_cases[] = {
    /* Nobody waits behind a single client: its latency is the backend's in every mode. The points behind it show where
     * that ends. */
    { .name = "one-client",
      .title = "One client",
      .axis = SWEEP_AXIS_CLIENTS,
      .modes = { MODE_SYNC, MODE_THREADS, MODE_ASYNC },
      .mode_count = 3,
      .clients = { 1, 2, 4, 8 },
      .clients_count = 4,
      .bytes_count = 1,
      .delay = "50ms",
      .fan_out = 1 },
    /* With large bodies from a backend that answers at once, the gateway's own work (reading, checking and copying
     * them) is all there is. A loop does it on one core, threads on several. */
    { .name = "cpu-bound",
      .title = "Work instead of waiting",
      .axis = SWEEP_AXIS_BYTES,
      .modes = { MODE_SYNC, MODE_THREADS, MODE_ASYNC },
      .mode_count = 3,
      .clients = { 4 },
      .clients_count = 1,
      .bytes = { 1024, 16384, 65536, 262144, 1000000 },
      .bytes_count = 5,
      .delay = "0s",
      .fan_out = 1 },
    /* Whoever calls a backend that serves four at once stands in its line, wherever he waits for it. */
    { .name = "backend-limit",
      .title = "A backend that serves four at once",
      .axis = SWEEP_AXIS_CLIENTS,
      .modes = { MODE_SYNC, MODE_THREADS, MODE_ASYNC },
      .mode_count = 3,
      .clients = { 1, 2, 4, 8, 16, 32, 64 },
      .clients_count = 7,
      .bytes_count = 1,
      .delay = "50ms",
      .fan_out = 1,
      .backend_concurrency = 4 },
};

const size_t sweep_case_count = array_length(sweep_cases);

const char *const sweep_case_choices[] = { "one-client", "cpu-bound", "backend-limit", "all", NULL };
