/* SPDX-License-Identifier: MIT */
#include "gateway/socket_table.h"

#include <netinet/in.h>
#include <sys/socket.h>

static size_t bucket_of(int number)
{
    return (size_t)(unsigned)number % SOCKET_TABLE_BUCKETS;
}

struct socket_entry *socket_table_add(struct socket_table *table, int descriptor)
{
    struct socket_entry *entry = calloc(1, sizeof *entry);

    if (entry == NULL) {
        return NULL;
    }
    struct socket_entry **bucket = &table->by_descriptor[bucket_of(descriptor)];
    entry->descriptor = descriptor;
    entry->next_by_descriptor = *bucket;
    *bucket = entry;
    return entry;
}

struct socket_entry *socket_table_find(const struct socket_table *table, int descriptor)
{
    struct socket_entry *entry = table->by_descriptor[bucket_of(descriptor)];

    while (entry != NULL && entry->descriptor != descriptor) {
        entry = entry->next_by_descriptor;
    }
    return entry;
}

static void forget_port(struct socket_table *table, const struct socket_entry *entry)
{
    struct socket_entry **link = &table->by_port[bucket_of(entry->local_port)];

    while (*link != NULL && *link != entry) {
        link = &(*link)->next_by_port;
    }
    if (*link != NULL) {
        *link = entry->next_by_port;
    }
}

void socket_table_remove(struct socket_table *table, int descriptor)
{
    struct socket_entry **link = &table->by_descriptor[bucket_of(descriptor)];

    while (*link != NULL && (*link)->descriptor != descriptor) {
        link = &(*link)->next_by_descriptor;
    }
    struct socket_entry *entry = *link;
    if (entry == NULL) {
        return;
    }
    *link = entry->next_by_descriptor;
    if (entry->local_port != 0) {
        forget_port(table, entry);
    }
    free(entry);
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
    struct socket_entry **bucket = &table->by_port[bucket_of(local_port)];
    entry->local_port = local_port;
    entry->next_by_port = *bucket;
    *bucket = entry;
}

struct socket_entry *socket_table_find_port(const struct socket_table *table, int local_port)
{
    struct socket_entry *entry = table->by_port[bucket_of(local_port)];

    while (entry != NULL && entry->local_port != local_port) {
        entry = entry->next_by_port;
    }
    return entry;
}

bool socket_table_has_unread(const struct socket_table *table, int local_port)
{
    char byte = 0;

    for (const struct socket_entry *entry = table->by_port[bucket_of(local_port)]; entry != NULL;
         entry = entry->next_by_port) {
        if (entry->local_port == local_port && recv(entry->descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) {
            return true;
        }
    }
    return false;
}
