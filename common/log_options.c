/* SPDX-License-Identifier: MIT */
#include "common/log_options.h"

#include <stddef.h>

const char *const log_format_names[] = { "text", "json", NULL };
const char *const log_level_names[] = { "error", "warn", "info", "debug", NULL };
