/* SPDX-License-Identifier: MIT */
/*
 * config_json - a configuration as JSON, with every default filled in and flags taken over: what /config shows. Pure.
 *
 * Of the form that config_read() reads: read again, it gives the same, but for secrets, which are covered
 * (config_text.h). A key without a value (no timeout, no mode of its own) is left out. Without a configuration file the
 * built-in routes with calls are paths and methods only.
 */
#ifndef GATEWAY_CONFIG_JSON_H
#define GATEWAY_CONFIG_JSON_H

#include "common/buf.h"
#include "common/compiler.h"
#include "gateway/config.h"

/* 0, or -ENOBUFS. */
int config_json_render(const struct config *config, struct buf *json) must_check;

#endif
