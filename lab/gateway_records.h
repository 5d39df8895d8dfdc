/* SPDX-License-Identifier: MIT */
/*
 * gateway_records - what a gateway's admin listener tells of the requests it answered (GET /requests, docs/gateway.md),
 * put on the time axis of an experiment. Pure.
 *
 *     [{"ts":"2026-11-22T03:13:20.669730+00:00","event":"done","worker":0,"client":"127.0.0.1:55138","total_us":1002452,
 *       "calls":[{"queued_us":28,"started_us":46,"connected_us":375,"sent_us":375,"done_us":1001852}]}]
 *
 * A record belongs to the task whose connection had the client's port. Its offsets count from the head being read,
 * which was `total_us` before `ts`; wall clocks of one machine are the same, but may be set: a record that does not lie
 * between sending and answer, give or take a little, is left out.
 */
#ifndef LAB_GATEWAY_RECORDS_H
#define LAB_GATEWAY_RECORDS_H

#include "common/str.h"
#include "lab/results.h"

/* `origin_wall_us`: the wall clock at the mode's time 0. Fills the tasks' records; returns how many tasks that were
 * answered have none. Text that is not what it should be tells nothing. */
size_t gateway_records_read(struct str json, uint64_t origin_wall_us, struct mode_result *mode);

#endif
