/* SPDX-License-Identifier: MIT */
/*
 * A record as bytes: its head, its calls, the numbers of those on the critical path, and all texts in the order of the
 * structs that look at them. What the structs' pointers say in there means nothing: they are set anew.
 */
#include <errno.h>
#include <string.h>

#include "gateway/record.h"

enum { RECORD_TEXTS = 5, CALL_TEXTS = 4, ALIGNMENT = 8 };

struct packed_head {
    size_t bytes; /* of all of it */
    struct record record;
};

typedef uint32_t call_number; /* an index of account.calls */

/* ---- which texts there are, in their order ---- */

static void list_record_texts(struct record *record, struct str *texts[static RECORD_TEXTS])
{
    texts[0] = &record->request_id;
    texts[1] = &record->route;
    texts[2] = &record->method;
    texts[3] = &record->target;
    texts[4] = &record->client;
}

static void list_call_texts(struct call_account *call, struct str *texts[static CALL_TEXTS])
{
    texts[0] = &call->name;
    texts[1] = &call->backend;
    texts[2] = &call->server;
    texts[3] = &call->detail;
}

static size_t count_call_bytes(const struct call_account *call)
{
    return sizeof *call + call->name.length + call->backend.length + call->server.length + call->detail.length;
}

size_t record_packed_bytes(const struct record *record)
{
    const struct account *account = &record->account;
    size_t bytes = sizeof(struct packed_head) + record->request_id.length + record->route.length +
                   record->method.length + record->target.length + record->client.length;

    for (size_t i = 0; i < account->call_count; i++) {
        bytes += count_call_bytes(account->calls[i]);
    }
    bytes += account->critical_count * sizeof(call_number);
    return (bytes + ALIGNMENT - 1) & ~((size_t)ALIGNMENT - 1);
}

/* ---- there ---- */

static char *put(char *room, const void *bytes, size_t count)
{
    if (count > 0) {
        memcpy(room, bytes, count);
    }
    return room + count;
}

static char *put_text(char *room, struct str text)
{
    return put(room, text.base, text.length);
}

/* The calls of a path mostly follow each other: the search goes on where the last one ended. */
static char *put_critical_path(char *room, const struct account *account)
{
    call_number number = 0;

    for (size_t i = 0; i < account->critical_count; i++) {
        for (size_t tries = 0; account->calls[number] != account->critical_path[i] && tries < account->call_count;
             tries++) {
            number = number + 1 < account->call_count ? number + 1 : 0;
        }
        room = put(room, &number, sizeof number);
    }
    return room;
}

void record_pack(const struct record *record, size_t bytes, char *room)
{
    const struct account *account = &record->account;
    const struct packed_head head = { .bytes = bytes, .record = *record };
    char *end = room + bytes;

    room = put(room, &head, sizeof head);
    for (size_t i = 0; i < account->call_count; i++) {
        room = put(room, account->calls[i], sizeof *account->calls[i]);
    }
    room = put_critical_path(room, account);
    room = put_text(room, record->request_id);
    room = put_text(room, record->route);
    room = put_text(room, record->method);
    room = put_text(room, record->target);
    room = put_text(room, record->client);
    for (size_t i = 0; i < account->call_count; i++) {
        const struct call_account *call = account->calls[i];
        room = put_text(room, call->name);
        room = put_text(room, call->backend);
        room = put_text(room, call->server);
        room = put_text(room, call->detail);
    }
    memset(room, 0, (size_t)(end - room));
}

/* ---- and back ---- */

struct str record_cut(struct str *rest)
{
    size_t bytes = 0;

    memcpy(&bytes, rest->base + offsetof(struct packed_head, bytes), sizeof bytes);
    struct str packed = { rest->base, bytes };
    *rest = str_from(*rest, bytes);
    return packed;
}

static void take(struct str *rest, void *bytes, size_t count)
{
    memcpy(bytes, rest->base, count);
    *rest = str_from(*rest, count);
}

static void take_texts(struct str *rest, struct str *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        texts[i]->base = rest->base;
        *rest = str_from(*rest, texts[i]->length);
    }
}

static void take_call_texts(struct str *rest, struct call_account *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct str *texts[CALL_TEXTS];
        list_call_texts(&calls[i], texts);
        take_texts(rest, texts, CALL_TEXTS);
    }
}

static void take_critical_path(struct str *rest, const struct call_account *calls, const struct call_account **path,
                               size_t count)
{
    for (size_t i = 0; i < count; i++) {
        call_number number = 0;
        take(rest, &number, sizeof number);
        path[i] = &calls[number];
    }
}

int record_unpack(struct str packed, struct arena *arena, struct record *ret_record)
{
    struct packed_head head;
    struct str *texts[RECORD_TEXTS];

    take(&packed, &head, sizeof head);
    struct account *account = &head.record.account;
    size_t count = account->call_count;
    struct call_account *calls = arena_allocate_array(arena, count, sizeof calls[0]);
    const struct call_account **pointers =
        arena_allocate_array(arena, count + account->critical_count, sizeof pointers[0]);
    if (calls == NULL || pointers == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        take(&packed, &calls[i], sizeof calls[i]);
        pointers[i] = &calls[i];
    }
    take_critical_path(&packed, calls, pointers + count, account->critical_count);
    list_record_texts(&head.record, texts);
    take_texts(&packed, texts, RECORD_TEXTS);
    take_call_texts(&packed, calls, count);
    account->calls = pointers;
    account->critical_path = pointers + count;
    *ret_record = head.record;
    return 0;
}
