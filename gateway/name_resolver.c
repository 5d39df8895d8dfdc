/* SPDX-License-Identifier: MIT */
#include "gateway/name_resolver.h"

#include <string.h>

enum { NAME_BUCKETS = 256 };

struct name_entry {
    struct name_resolver *resolver;
    char *host;
    struct name_addresses *addresses; /* NULL: none are known */
    enum call_error error;            /* then: why */
    uint64_t expires_us;              /* what is known is good until then; 0: nothing is */
    uint64_t stale_until_us;          /* the addresses are better than none until then */
    uint64_t wanted_us;
    bool is_asking;
    bool is_stale; /* the last time nobody could tell */
    uint64_t asked_us;
    struct name_waiter *first_waiter, *last_waiter;
    struct loop_timer patience; /* with whoever could say something newer */
    struct name_entry *next;
};

struct name_resolver {
    struct loop *loop;
    struct name_channel *channel;
    struct name_entry *entries[NAME_BUCKETS];
    struct loop_task release_task;
    bool is_release_posted;
};

/* ---- what is known ---- */

static bool may_be_stale(const struct name_entry *entry, uint64_t now_us)
{
    return entry->addresses != NULL && now_us < entry->stale_until_us;
}

static bool is_known(const struct name_entry *entry, uint64_t now_us)
{
    if (now_us < entry->expires_us) {
        return true;
    }
    bool was_patient = entry->is_stale || now_us - entry->asked_us >= NAME_STALE_PATIENCE_US;
    return entry->is_asking && was_patient && may_be_stale(entry, now_us);
}

static struct name_answer answer_of(const struct name_entry *entry)
{
    return (struct name_answer){ .addresses = entry->addresses,
                                 .error = entry->addresses != NULL ? CALL_OK : entry->error };
}

static void forget_addresses(struct name_entry *entry)
{
    if (entry->addresses != NULL) {
        atomic_store(&entry->addresses->is_outdated, true);
        name_addresses_release(take_pointer(entry->addresses));
    }
}

/* ---- waiters ---- */

static void wait_in_line(struct name_entry *entry, struct name_waiter *waiter)
{
    waiter->entry = entry;
    waiter->next = NULL;
    waiter->previous = entry->last_waiter;
    *(entry->last_waiter != NULL ? &entry->last_waiter->next : &entry->first_waiter) = waiter;
    entry->last_waiter = waiter;
}

void name_waiter_leave(struct name_waiter *waiter)
{
    struct name_entry *entry = waiter->entry;

    if (entry == NULL) {
        return;
    }
    waiter->entry = NULL;
    *(waiter->previous != NULL ? &waiter->previous->next : &entry->first_waiter) = waiter->next;
    *(waiter->next != NULL ? &waiter->next->previous : &entry->last_waiter) = waiter->previous;
}

static void begin_asking(struct name_entry *entry);

/* Whoever is told may end others who wait, and ask anew. */
static void release(struct name_entry *entry)
{
    while (entry->first_waiter != NULL && is_known(entry, clock_monotonic_us())) {
        struct name_waiter *waiter = entry->first_waiter;
        struct name_answer answer = answer_of(entry);
        name_waiter_leave(waiter);
        waiter->on_answer(waiter, &answer);
    }
    if (entry->first_waiter != NULL && !entry->is_asking) {
        begin_asking(entry);
    }
}

static void release_all(void *context)
{
    struct name_resolver *resolver = context;

    resolver->is_release_posted = false;
    for (size_t i = 0; i < NAME_BUCKETS; i++) {
        for (struct name_entry *entry = resolver->entries[i]; entry != NULL; entry = entry->next) {
            release(entry);
        }
    }
}

/* Not from within c-ares, nor from within a call that blocks. */
static void release_soon(struct name_resolver *resolver)
{
    if (!resolver->is_release_posted) {
        resolver->is_release_posted = true;
        loop_post(resolver->loop, &resolver->release_task);
    }
}

static void on_patience_over(void *context)
{
    release(context);
}

/* ---- asking ---- */

static uint64_t lifetime_us(const struct name_finding *finding)
{
    uint64_t ttl_us = finding->ttl_s * (uint64_t)CLOCK_US_PER_SECOND;

    if (ttl_us < NAME_SHORTEST_US) {
        return NAME_SHORTEST_US;
    }
    return ttl_us < NAME_LONGEST_US ? ttl_us : NAME_LONGEST_US;
}

static void keep(struct name_entry *entry, enum call_error error, uint64_t lifetime)
{
    entry->error = error;
    entry->expires_us = clock_monotonic_us() + lifetime;
}

static void take_addresses(struct name_entry *entry, const struct name_finding *finding)
{
    entry->is_stale = false;
    if (entry->addresses == NULL || !name_addresses_are(entry->addresses, finding->items, finding->count)) {
        forget_addresses(entry);
        entry->addresses = name_addresses_new(finding->items, finding->count);
    }
    keep(entry, CALL_PROXY_INTERNAL_ERROR, entry->addresses != NULL ? lifetime_us(finding) : NAME_ABSENT_US);
    entry->stale_until_us = entry->expires_us + NAME_STALE_US;
}

/* Nobody could tell. Whoever still waits for a name that has no addresses waits on: the server may come back. */
static void go_without(struct name_entry *entry, const struct name_finding *finding)
{
    if (may_be_stale(entry, clock_monotonic_us())) {
        entry->is_stale = true;
        keep(entry, CALL_OK, NAME_ABSENT_US);
        return;
    }
    forget_addresses(entry);
    if (finding->outcome == NAME_FAILED) {
        keep(entry, CALL_DNS_ERROR, NAME_ABSENT_US);
    }
}

static void on_found(void *context, const struct name_finding *finding)
{
    struct name_entry *entry = context;

    entry->is_asking = false;
    loop_disarm(entry->resolver->loop, &entry->patience);
    if (finding->outcome == NAME_FOUND) {
        take_addresses(entry, finding);
    } else if (finding->outcome == NAME_ABSENT) {
        forget_addresses(entry);
        keep(entry, CALL_DNS_ERROR, NAME_ABSENT_US);
    } else {
        go_without(entry, finding);
    }
    if (entry->first_waiter != NULL) {
        entry->wanted_us = clock_monotonic_us();
        release_soon(entry->resolver);
    }
}

static void begin_asking(struct name_entry *entry)
{
    struct name_resolver *resolver = entry->resolver;

    entry->is_asking = true;
    entry->asked_us = clock_monotonic_us();
    if (may_be_stale(entry, entry->asked_us)) {
        /* Without memory for it, they wait for the answer, or until their time is over. */
        (void)!loop_arm(resolver->loop, &entry->patience, entry->asked_us + NAME_STALE_PATIENCE_US);
    }
    name_channel_ask(resolver->channel, entry->host, on_found, entry);
}

/* ---- names ---- */

static struct name_entry **bucket_of(struct name_resolver *resolver, const char *host)
{
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (const char *byte = host; *byte != '\0'; byte++) {
        hash = (hash ^ (unsigned char)*byte) * 16777619U;
    }
    return &resolver->entries[hash % NAME_BUCKETS];
}

static void free_entry(struct name_entry *entry)
{
    loop_disarm(entry->resolver->loop, &entry->patience);
    name_addresses_release(entry->addresses);
    free(entry->host);
    free(entry);
}

static void forget_unwanted(struct name_resolver *resolver, uint64_t now_us)
{
    for (size_t i = 0; i < NAME_BUCKETS; i++) {
        struct name_entry **link = &resolver->entries[i];
        while (*link != NULL) {
            struct name_entry *entry = *link;
            if (entry->is_asking || entry->first_waiter != NULL || now_us - entry->wanted_us < NAME_FORGOTTEN_US) {
                link = &entry->next;
            } else {
                *link = entry->next;
                forget_addresses(entry);
                free_entry(entry);
            }
        }
    }
}

static struct name_entry *add_entry(struct name_resolver *resolver, const char *host)
{
    struct name_entry *entry = calloc(1, sizeof *entry);

    if (entry == NULL) {
        return NULL;
    }
    entry->host = strdup(host);
    if (entry->host == NULL) {
        free(entry);
        return NULL;
    }
    entry->resolver = resolver;
    entry->patience = (struct loop_timer){ .on_due = on_patience_over, .context = entry };
    forget_unwanted(resolver, clock_monotonic_us());
    struct name_entry **bucket = bucket_of(resolver, host);
    entry->next = *bucket;
    *bucket = entry;
    return entry;
}

static struct name_entry *find_entry(struct name_resolver *resolver, const char *host)
{
    struct name_entry *entry = *bucket_of(resolver, host);

    while (entry != NULL && strcmp(entry->host, host) != 0) {
        entry = entry->next;
    }
    return entry != NULL ? entry : add_entry(resolver, host);
}

/* NULL: no memory. Else it is known, or it is being asked. */
static struct name_entry *want(struct name_resolver *resolver, const char *host)
{
    struct name_entry *entry = find_entry(resolver, host);

    if (entry == NULL) {
        return NULL;
    }
    entry->wanted_us = clock_monotonic_us();
    if (entry->wanted_us >= entry->expires_us && !entry->is_asking) {
        begin_asking(entry);
    }
    return entry;
}

bool name_resolver_ask(struct name_resolver *resolver, const char *host, struct name_waiter *waiter,
                       struct name_answer *ret_answer)
{
    struct name_entry *entry = want(resolver, host);

    if (entry == NULL) {
        *ret_answer = (struct name_answer){ .error = CALL_PROXY_INTERNAL_ERROR };
        return true;
    }
    if (is_known(entry, clock_monotonic_us())) {
        *ret_answer = answer_of(entry);
        return true;
    }
    wait_in_line(entry, waiter);
    return false;
}

/* Until when nothing but an answer helps. */
static uint64_t block_until_us(const struct name_entry *entry, uint64_t until_us)
{
    uint64_t patience_us = entry->asked_us + NAME_STALE_PATIENCE_US;

    return may_be_stale(entry, clock_monotonic_us()) && patience_us < until_us ? patience_us : until_us;
}

struct name_answer name_resolver_block(struct name_resolver *resolver, const char *host, uint64_t until_us)
{
    struct name_entry *entry = want(resolver, host);

    if (entry == NULL) {
        return (struct name_answer){ .error = CALL_PROXY_INTERNAL_ERROR };
    }
    while (!is_known(entry, clock_monotonic_us())) {
        if (clock_monotonic_us() >= until_us) {
            return (struct name_answer){ .error = CALL_DNS_TIMEOUT };
        }
        if (!entry->is_asking) {
            begin_asking(entry);
        }
        name_channel_block(resolver->channel, block_until_us(entry, until_us));
    }
    return answer_of(entry);
}

/* ---- life ---- */

struct name_resolver *name_resolver_new(struct loop *loop, const struct name_channel_settings *settings)
{
    struct name_resolver *resolver = calloc(1, sizeof *resolver);

    if (resolver == NULL) {
        return NULL;
    }
    resolver->loop = loop;
    resolver->release_task = (struct loop_task){ .run = release_all, .context = resolver };
    resolver->channel = name_channel_new(loop, settings);
    if (resolver->channel == NULL) {
        free(resolver);
        return NULL;
    }
    return resolver;
}

void name_resolver_free(struct name_resolver *resolver)
{
    if (resolver == NULL) {
        return;
    }
    name_channel_free(resolver->channel);
    for (size_t i = 0; i < NAME_BUCKETS; i++) {
        while (resolver->entries[i] != NULL) {
            struct name_entry *next = resolver->entries[i]->next;
            free_entry(resolver->entries[i]);
            resolver->entries[i] = next;
        }
    }
    free(resolver);
}
