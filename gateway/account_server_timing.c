/* SPDX-License-Identifier: MIT */
/*
 * The value of Server-Timing.
 */
#include <string.h>

#include "common/put.h"
#include "gateway/account.h"

enum {
    CALLS_SHOWN = 32,
    DURATION_BYTES = sizeof ";dur=." + 2 * PUT_NUMBER_BYTES,
    CALL_BYTES = sizeof ".," + PUT_NUMBER_BYTES + DURATION_BYTES, /* beside its name */
    END_BYTES = sizeof "total, gateway, more;desc=\"\"" + 2 * DURATION_BYTES + PUT_NUMBER_BYTES,
};

/* ---- of too many calls, which ---- */

/* Indices of the calls that are shown, the most worth showing first. */
struct selection {
    size_t indices[CALLS_SHOWN];
    size_t count;
};

/* Failed before good, then slow before fast. */
static bool is_more_telling(const struct account *account, size_t a, size_t b)
{
    bool a_failed = account->calls[a]->error != CALL_OK;
    bool b_failed = account->calls[b]->error != CALL_OK;

    if (a_failed != b_failed) {
        return a_failed;
    }
    return account_elapsed_us(account, account->calls[a]) > account_elapsed_us(account, account->calls[b]);
}

static void select_call(struct selection *selection, const struct account *account, size_t index)
{
    size_t place = selection->count;

    while (place > 0 && is_more_telling(account, index, selection->indices[place - 1])) {
        place--;
    }
    if (place == CALLS_SHOWN) {
        return;
    }
    size_t kept = selection->count < CALLS_SHOWN ? selection->count : CALLS_SHOWN - 1;
    memmove(&selection->indices[place + 1], &selection->indices[place], (kept - place) * sizeof selection->indices[0]);
    selection->indices[place] = index;
    selection->count = kept + 1;
}

/* In the order of the account again. */
static void sort_selection(struct selection *selection)
{
    for (size_t i = 1; i < selection->count; i++) {
        size_t index = selection->indices[i];
        size_t place = i;
        for (; place > 0 && selection->indices[place - 1] > index; place--) {
            selection->indices[place] = selection->indices[place - 1];
        }
        selection->indices[place] = index;
    }
}

static void select_calls(struct selection *selection, const struct account *account)
{
    if (account->call_count <= CALLS_SHOWN) {
        for (; selection->count < account->call_count; selection->count++) {
            selection->indices[selection->count] = selection->count;
        }
        return;
    }
    for (size_t i = 0; i < account->call_count; i++) {
        select_call(selection, account, i);
    }
    sort_selection(selection);
}

/* ---- the text ---- */

/* Milliseconds, to the microsecond: our own share of a request is a few hundredths of one. */
static char *put_duration(char *room, uint64_t duration_us)
{
    room = put_number(put_str(room, STR(";dur=")), duration_us / 1000);
    *room++ = '.';
    return put_digits(room, duration_us, 3);
}

/* "items.3" for an element's call. */
static char *put_call(char *room, const struct account *account, const struct call_account *call)
{
    room = put_str(room, call->name);
    if (call->element_number > 0) {
        *room++ = '.';
        room = put_number(room, call->element_number - 1);
    }
    return put_str(put_duration(room, account_elapsed_us(account, call)), STR(", "));
}

static char *put_end(char *room, const struct account *account, size_t shown)
{
    struct account_shares shares = account_shares(account);

    room = put_duration(put_str(room, STR("total")), shares.total_us);
    room = put_duration(put_str(room, STR(", gateway")), shares.own_us);
    if (account->call_count > shown) {
        room = put_number(put_str(room, STR(", more;desc=\"")), account->call_count - shown);
        *room++ = '"';
    }
    *room++ = '\0';
    return room;
}

bool account_put_server_timing(const struct account *account, char room[static ACCOUNT_SERVER_TIMING_BYTES])
{
    const char *end = room + ACCOUNT_SERVER_TIMING_BYTES - END_BYTES;
    struct selection selection;

    selection.count = 0;
    select_calls(&selection, account);
    for (size_t i = 0; i < selection.count; i++) {
        const struct call_account *call = account->calls[selection.indices[i]];
        if (call->name.length + CALL_BYTES > (size_t)(end - room)) {
            return false;
        }
        room = put_call(room, account, call);
    }
    (void)put_end(room, account, selection.count);
    return true;
}
