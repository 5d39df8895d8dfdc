/* SPDX-License-Identifier: MIT */
#include "lab/listener_process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/compiler.h"
#include "lab/loopback.h"
#include "lab/small_file.h"

enum { TABLE_BYTES = 4 * 1024 * 1024, PATH_BYTES = 320, LINK_BYTES = 64, FIELD_BYTES = 16 };

/* "  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000  0  41922 1 …" */
enum { FIELD_LOCAL = 1, FIELD_STATE = 3, FIELD_INODE = 9, FIELD_COUNT };

#define STATE_LISTENING "0A"

/* ---- the socket ---- */

/* The next word, without the blanks around it. */
static struct str next_word(struct str *line)
{
    *line = str_trim(*line);
    return str_split(line, ' ');
}

/* Its inode; 0: it does not listen on that port. */
static uint64_t inode_of(struct str line, struct str port)
{
    struct str fields[FIELD_COUNT];
    uint64_t inode = 0;

    for (size_t i = 0; i < FIELD_COUNT; i++) {
        fields[i] = next_word(&line);
    }
    struct str local_port = fields[FIELD_LOCAL];
    (void)str_split(&local_port, ':');
    bool is_it = str_equal(local_port, port) && str_equal(fields[FIELD_STATE], STR(STATE_LISTENING));
    return is_it && str_to_number(fields[FIELD_INODE], UINT64_MAX, &inode) == 0 ? inode : 0;
}

uint64_t listener_process_inode(struct str table, uint16_t port)
{
    char text[FIELD_BYTES];
    uint64_t found = 0;

    (void)snprintf(text, sizeof text, "%04X", port);
    while (table.length > 0) {
        uint64_t inode = inode_of(str_split(&table, '\n'), str_of(text));
        if (inode != 0 && found != 0) {
            return 0;
        }
        found = inode != 0 ? inode : found;
    }
    return found;
}

static uint64_t find_inode(const char *path, uint16_t port)
{
    cleanup_free char *table = malloc(TABLE_BYTES);

    return table != NULL ? listener_process_inode(small_file_read(path, table, TABLE_BYTES), port) : 0;
}

/* ---- who holds it ---- */

static bool holds(const char *process, const char *wanted)
{
    char path[PATH_BYTES];
    char link[LINK_BYTES];
    bool is_found = false;

    (void)snprintf(path, sizeof path, "/proc/%.20s/fd", process);
    DIR *descriptors = opendir(path);
    if (descriptors == NULL) {
        return false;
    }
    for (const struct dirent *entry = readdir(descriptors); entry != NULL && !is_found; entry = readdir(descriptors)) {
        ssize_t length = readlinkat(dirfd(descriptors), entry->d_name, link, sizeof link - 1);
        link[length > 0 ? length : 0] = '\0';
        is_found = strcmp(link, wanted) == 0;
    }
    (void)closedir(descriptors);
    return is_found;
}

static pid_t find_holder(uint64_t inode)
{
    char wanted[LINK_BYTES];
    pid_t found = 0;
    unsigned count = 0;
    DIR *processes = opendir("/proc");
    if (processes == NULL) {
        return 0;
    }

    (void)snprintf(wanted, sizeof wanted, "socket:[%llu]", (unsigned long long)inode);
    for (const struct dirent *entry = readdir(processes); entry != NULL; entry = readdir(processes)) {
        uint64_t pid = 0;
        if (str_to_number(str_of(entry->d_name), INT32_MAX, &pid) == 0 && holds(entry->d_name, wanted)) {
            found = (pid_t)pid;
            count++;
        }
    }
    (void)closedir(processes);
    return count == 1 ? found : 0;
}

/* ---- where a URL points to ---- */

pid_t listener_process_find(const struct url *url)
{
    if (!loopback_is_host(url->host, url->is_ipv6)) {
        return 0;
    }
    uint64_t inode = find_inode("/proc/net/tcp", url->port);
    uint64_t inode_v6 = find_inode("/proc/net/tcp6", url->port);
    if ((inode != 0) == (inode_v6 != 0)) {
        return 0;
    }
    return find_holder(inode != 0 ? inode : inode_v6);
}
