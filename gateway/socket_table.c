/* SPDX-License-Identifier: MIT */
#include "gateway/socket_table.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { FIRST_BUCKETS = 16 };

/* Only where there are buckets. */
static struct socket_entry **bucket_of(const struct socket_table *table, struct socket_entry **buckets, int number)
{
    return &buckets[(size_t)(unsigned)number & (table->bucket_count - 1)];
}

/* ---- room ---- */

static void file_by_descriptor(struct socket_table *table, struct socket_entry *entry)
{
    struct socket_entry **bucket = bucket_of(table, table->by_descriptor, entry->descriptor);

    entry->next_by_descriptor = *bucket;
    *bucket = entry;
}

static void file_by_port(struct socket_table *table, struct socket_entry *entry)
{
    struct socket_entry **bucket = bucket_of(table, table->by_port, entry->local_port);

    entry->next_by_port = *bucket;
    *bucket = entry;
}

static void refile(struct socket_table *table, struct socket_entry *first)
{
    for (struct socket_entry *entry = first, *next = NULL; entry != NULL; entry = next) {
        next = entry->next_by_descriptor;
        file_by_descriptor(table, entry);
        if (entry->local_port != 0) {
            file_by_port(table, entry);
        }
    }
}

static int grow(struct socket_table *table)
{
    struct socket_table larger = { .bucket_count = table->bucket_count > 0 ? table->bucket_count * 2 : FIRST_BUCKETS,
                                   .count = table->count,
                                   .latest = table->latest };

    larger.by_descriptor = calloc(larger.bucket_count * 2, sizeof(struct socket_entry *));
    if (larger.by_descriptor == NULL) {
        return -ENOMEM;
    }
    larger.by_port = larger.by_descriptor + larger.bucket_count;
    for (size_t i = 0; i < table->bucket_count; i++) {
        refile(&larger, table->by_descriptor[i]);
    }
    free(table->by_descriptor); /* and with it by_port */
    *table = larger;
    return 0;
}

static void free_entry(struct socket_entry *entry)
{
    name_addresses_release(entry->addresses);
    free(entry);
}

void socket_table_clear(struct socket_table *table)
{
    for (size_t i = 0; i < table->bucket_count; i++) {
        for (struct socket_entry *entry = table->by_descriptor[i], *next = NULL; entry != NULL; entry = next) {
            next = entry->next_by_descriptor;
            free_entry(entry);
        }
    }
    free(table->by_descriptor);
    name_addresses_release(table->latest);
    *table = (struct socket_table){ .count = 0 };
}

/* ---- sockets ---- */

struct socket_entry *socket_table_add(struct socket_table *table, int descriptor)
{
    struct socket_entry *entry = calloc(1, sizeof *entry);

    /* Too few buckets are slower, and no more than that. */
    if (entry == NULL || (table->count >= table->bucket_count && grow(table) < 0 && table->bucket_count == 0)) {
        free(entry);
        return NULL;
    }
    entry->descriptor = descriptor;
    file_by_descriptor(table, entry);
    table->count++;
    return entry;
}

struct socket_entry *socket_table_find(const struct socket_table *table, int descriptor)
{
    if (table->bucket_count == 0) {
        return NULL;
    }
    struct socket_entry *entry = *bucket_of(table, table->by_descriptor, descriptor);
    while (entry != NULL && entry->descriptor != descriptor) {
        entry = entry->next_by_descriptor;
    }
    return entry;
}

static void forget_port(struct socket_table *table, const struct socket_entry *entry)
{
    struct socket_entry **link = bucket_of(table, table->by_port, entry->local_port);

    while (*link != NULL && *link != entry) {
        link = &(*link)->next_by_port;
    }
    if (*link != NULL) {
        *link = entry->next_by_port;
    }
}

void socket_table_remove(struct socket_table *table, int descriptor)
{
    if (table->bucket_count == 0) {
        return;
    }
    struct socket_entry **link = bucket_of(table, table->by_descriptor, descriptor);
    while (*link != NULL && (*link)->descriptor != descriptor) {
        link = &(*link)->next_by_descriptor;
    }
    struct socket_entry *entry = *link;
    if (entry == NULL) {
        return;
    }
    *link = entry->next_by_descriptor;
    table->count--;
    if (entry->local_port != 0) {
        forget_port(table, entry);
    }
    free_entry(entry);
}

int socket_table_local_port(int descriptor)
{
    struct sockaddr_storage address = { 0 };
    socklen_t length = sizeof address;

    if (getsockname(descriptor, (struct sockaddr *)&address, &length) < 0) {
        return 0;
    }
    if (address.ss_family == AF_INET) {
        return ntohs(((const struct sockaddr_in *)&address)->sin_port);
    }
    return address.ss_family == AF_INET6 ? ntohs(((const struct sockaddr_in6 *)&address)->sin6_port) : 0;
}

void socket_table_name(struct socket_table *table, struct socket_entry *entry, int local_port)
{
    if (entry->local_port != 0 || local_port == 0) {
        return;
    }
    entry->local_port = local_port;
    file_by_port(table, entry);
}

struct socket_entry *socket_table_find_port(const struct socket_table *table, int local_port)
{
    if (table->bucket_count == 0) {
        return NULL;
    }
    struct socket_entry *entry = *bucket_of(table, table->by_port, local_port);
    while (entry != NULL && entry->local_port != local_port) {
        entry = entry->next_by_port;
    }
    return entry;
}

bool socket_table_has_unread(const struct socket_table *table, int local_port)
{
    char byte = 0;

    for (const struct socket_entry *entry = socket_table_find_port(table, local_port); entry != NULL;
         entry = entry->next_by_port) {
        if (entry->local_port == local_port && recv(entry->descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) {
            return true;
        }
    }
    return false;
}

/* ---- outdated addresses ---- */

void socket_table_end_if_outdated(const struct socket_entry *entry)
{
    if (name_addresses_are_outdated(entry->addresses)) {
        (void)shutdown(entry->descriptor, SHUT_RDWR);
    }
}

/* Sockets that connect have no port yet; they belong to transfers that began before. */
static void end_outdated(const struct socket_table *table)
{
    for (size_t i = 0; i < table->bucket_count; i++) {
        for (const struct socket_entry *entry = table->by_descriptor[i]; entry != NULL;
             entry = entry->next_by_descriptor) {
            if (!entry->is_in_use && entry->local_port != 0) {
                socket_table_end_if_outdated(entry);
            }
        }
    }
}

void socket_table_move_to(struct socket_table *table, struct name_addresses *addresses)
{
    if (addresses == NULL || addresses == table->latest) {
        return;
    }
    name_addresses_release(table->latest);
    table->latest = name_addresses_hold(addresses);
    end_outdated(table);
}
