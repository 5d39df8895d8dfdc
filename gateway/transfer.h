/* SPDX-License-Identifier: MIT */
/*
 * transfer - one reusable libcurl easy handle, and how an attempt is put on it and read off it.
 *
 * Used by sync, threads and async alike, so that they differ in nothing but who waits. What libcurl leaves lax is made
 * strict here: no silent replay (a second request within one transfer is refused), no stray bytes taken for an answer,
 * no redirects, no proxy, no other protocol. What an answer says is http_response_parser's to read, as in mode wire:
 * libcurl hands over head, body and chunks as they came, and what it makes of them itself counts for less.
 *
 *     enum call_error error = transfer_perform(transfer, attempt);     blocking; or
 *     transfer_begin(transfer, attempt); … a multi handle … transfer_end(transfer, code);     curl_loop
 *
 * Memory: `sockets` is the connection cache's table and outlives the transfer.
 * Threads: one at a time, but for transfer_abort().
 */
#ifndef GATEWAY_TRANSFER_H
#define GATEWAY_TRANSFER_H

#include <pthread.h>
#include <stdatomic.h>

#include "gateway/attempt.h"
#include "gateway/http_response_parser.h"
#include "gateway/socket_table.h"

struct transfer_request;

/* One for each address of a name. */
enum { TRANSFER_SOCKETS_OPENED = NAME_ADDRESSES_AT_MOST };

/* The connection cache that a transfer draws on. */
struct transfer_cache {
    struct socket_table sockets;
    /* A socket opened, or is about to be closed; may be NULL. */
    void (*on_opened)(void *context, struct socket_entry *entry);
    void (*on_closing)(void *context, struct socket_entry *entry);
    void *context;
    void *share;          /* CURLSH *: what its transfers share with those of other caches; NULL: nothing */
    size_t *answer_bytes; /* how large answers were of late, where other caches of the server know, too; NULL: own */
    size_t own_answer_bytes;
};

struct transfer {
    void *easy; /* CURL *: libcurl's header stays in the files of transfer and curl_loop */
    struct transfer_request *request;
    struct transfer_cache *cache;
    struct attempt *attempt; /* NULL: idle */
    void *owner;             /* whoever runs it */
    struct transfer *next_free;

    /* Of the attempt under way. */
    unsigned requests_sent; /* a second one would be a replay */
    bool is_poisoned;       /* stray bytes lay on the kept connection */
    bool is_out_of_descriptors;
    int opened[TRANSFER_SOCKETS_OPENED];
    size_t opened_count;
    bool forbids_reuse;   /* the handle's option */
    bool awaits_farewell; /* the answer ends with its connection, and that with a word of the server's */
    bool has_farewell;
    struct http_response_parser parser;

    /* For an abort from another thread. */
    bool is_abortable;     /* it is performed, not multiplexed */
    pthread_mutex_t lock;  /* of active_descriptor */
    int active_descriptor; /* a request was or is about to be sent on it; -1: none */
    atomic_bool is_aborted;
};

/* Once per process, before any thread starts; 0 or -1. */
int transfer_global_init(void) must_check;
void transfer_global_clear(void);
/* "libcurl 7.88.1" */
void transfer_library_version(char *text, size_t size);

struct transfer *transfer_new(struct transfer_cache *cache) must_check;
void transfer_free(struct transfer *transfer);

/* Blocks until the attempt is over, its deadline at the latest; writes the outcome into it, but for error and done_us.
 */
enum call_error transfer_perform(struct transfer *transfer, struct attempt *attempt);

/* The same in two halves. 0, or -ENOMEM or -EINVAL (transfer_request.h): then nothing began. */
int transfer_begin(struct transfer *transfer, struct attempt *attempt) must_check;
/* `code` is libcurl's. Lets go of the attempt. */
enum call_error transfer_end(struct transfer *transfer, int code);
/* From any thread: ends what it performs, or is about to, within moments and without a replay; until transfer_rearm().
 */
void transfer_abort(struct transfer *transfer);
void transfer_rearm(struct transfer *transfer);
/* For a cache's on_closing, where transfers are aborted from other threads: the descriptor may soon be somebody else's.
 */
void transfer_forget_socket(struct transfer *transfer, int descriptor);

#endif
