/* SPDX-License-Identifier: MIT */
/*
 * settings - what flags and FANLIGHT_* variables say; the configuration file has the same names at its top level. Pure.
 */
#ifndef GATEWAY_SETTINGS_H
#define GATEWAY_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/log_options.h"
#include "common/options.h"
#include "common/url.h"

#define SETTINGS_NAME_SERVERS_OF_SYSTEM "system"
enum { SETTINGS_NAME_SERVERS_BYTES = 512 };

struct settings {
    const char *config_file; /* NULL: none */
    bool check;
    struct address listen;
    struct address admin;
    bool has_admin;
    int mode; /* enum mode */
    struct url backend;
    long workers;
    long threads;
    const char *blocking;
    uint64_t deadline_us;
    uint64_t drain_timeout_us;
    bool allow_mode_override;
    bool allow_explain;
    char name_servers[SETTINGS_NAME_SERVERS_BYTES]; /* SETTINGS_NAME_SERVERS_OF_SYSTEM, or "192.0.2.53,[::1]:5353" */
    struct log_options log;
    uint64_t given; /* bit i: row i of settings_options was given as flag or variable, and wins over the file */
};

/* The options' table, for options_parse() into a struct settings. */
extern const struct option settings_options[];
extern const size_t settings_option_count;

/* The row of a key of the file ("drain_timeout" is --drain-timeout's); NULL: there is none for the file. Flags about
 * the process itself (config, check, backend, log-format, log-level) are no keys. */
const struct option *settings_option_of_key(struct str key);
bool settings_is_given(const struct settings *settings, const struct option *option);

#endif
