/* SPDX-License-Identifier: MIT */
/*
 * fixed_settings - what sockets and threads were made with, and no reload changes. Pure.
 *
 *     fixed_settings_take(&fixed, config); … another configuration …
 *     fixed_settings_list_others(&fixed, other, &names);
 *     fixed_settings_keep(&fixed, other, config->tls);
 *
 * Memory: nothing to free; holds nothing of the configuration.   Threads: its owner's.
 */
#ifndef GATEWAY_FIXED_SETTINGS_H
#define GATEWAY_FIXED_SETTINGS_H

#include "gateway/config.h"

struct fixed_settings {
    struct address listen;
    struct address admin;
    bool has_admin;
    bool is_secured; /* clients speak TLS */
    long workers;
    long threads; /* of the pool; 0: there is none yet, and a reload may still say how many */
    char name_servers[SETTINGS_NAME_SERVERS_BYTES];
    size_t connections;
    size_t header_bytes;
};

/* Without threads: those are there once there is a pool. */
void fixed_settings_take(struct fixed_settings *fixed, const struct config *config);
/* The names of those in which another configuration differs, with commas between them; "" for none. */
void fixed_settings_list_others(const struct fixed_settings *fixed, const struct config *other,
                                struct error *ret_names);
/* Puts them into a configuration that nobody else has yet, so that what is shown is what holds. `tls` are those in use
 * towards clients; NULL: none. */
void fixed_settings_keep(const struct fixed_settings *fixed, struct config *config, const struct tls_settings *tls);

#endif
