/* SPDX-License-Identifier: MIT */
/*
 * mode - how calls are made: what `--mode` names, and which upstream strategy that means for one call. Pure.
 */
#ifndef GATEWAY_MODE_H
#define GATEWAY_MODE_H

#include "common/str.h"

enum mode { MODE_SYNC, MODE_THREADS, MODE_ASYNC, MODE_MIXED, MODE_WIRE, MODE_COUNT, MODE_INHERITED = MODE_COUNT };

/* The strategies behind the modes; `mixed` is a choice between two of them. */
enum strategy { STRATEGY_SYNC, STRATEGY_THREADS, STRATEGY_ASYNC, STRATEGY_WIRE, STRATEGY_COUNT };

/* For options_parse_choice(); in the order of the enum, NULL-terminated. */
extern const char *const mode_names[];

/* `blocking`: the call names that block in `mixed`, separated by commas. */
enum strategy mode_strategy(enum mode mode, struct str call_name, struct str blocking);

#endif
