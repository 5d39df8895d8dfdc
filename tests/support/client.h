/* SPDX-License-Identifier: MIT */
/*
 * client - a raw HTTP/1.1 client on loopback: sends exactly the bytes it is told to, and reads answers.
 *
 *     struct client client;
 *     client_open(&client, port);
 *     client_get(&client, "/task1");
 *     client_read(&client, &answer);          … answer.status, answer_header(&answer, "Via"), answer_body(&answer)
 *     client_close(&client);
 *
 * Answers end as RFC 9112 §6.3 says: by Content-Length, by chunks, or with the connection; 1xx, 204 and 304 have no
 * body. Functions that wait end the running test when it takes longer than TEST_PATIENCE_MS.
 *
 * Memory: an answer holds its bytes until answer_clear(); a client that is left open is closed with the process.
 */
#ifndef TESTS_SUPPORT_CLIENT_H
#define TESTS_SUPPORT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

struct client {
    int descriptor;
    uint16_t local_port;
    struct buf input; /* read and not yet taken as an answer */
    bool is_at_end;   /* the other side closed or reset the connection */
    bool is_reset;
    bool expects_no_body; /* the next answer is to a HEAD */
    uint64_t sent_us;     /* when the last bytes were sent */
};

struct answer {
    int status;       /* 0: the connection ended before any answer */
    struct buf head;  /* status line and fields, with their line breaks */
    struct buf body;  /* without chunks */
    bool is_complete; /* ended as its framing said */
    bool is_chunked;
    uint64_t received_us; /* when it was complete */
    uint64_t elapsed_ms;  /* from the last client_send() to that */
};

void client_open(struct client *client, uint16_t port);
/* -1: refused. */
int client_try_open(struct client *client, uint16_t port);
void client_close(struct client *client);
/* RST */
void client_reset(struct client *client);
/* No more bytes will be sent: FIN; answers can still be read. */
void client_shut(const struct client *client);

void client_send(struct client *client, const char *text);
void client_send_bytes(struct client *client, const void *bytes, size_t count);
/* Waits until the program at the other end, on this machine, has accepted the connection and read all that was sent. On
 * a machine with very many connections a look takes half a second. */
void client_wait_until_read(const struct client *client);
/* GET, with a Host header and nothing else. */
void client_get(struct client *client, const char *target);
/* With more header lines ("Name: value\r\n…") and a body (NULL: none), whose Content-Length is added. */
void client_request(struct client *client, const char *method, const char *target, const char *fields,
                    const char *body);

/* Reads what has arrived into client->input. */
void client_gather(struct client *client);
/* The same; true: it is a whole answer, or the connection has ended. */
bool client_poll(struct client *client, struct answer *answer);
/* Waits for an answer or the end of the connection. */
void client_read(struct client *client, struct answer *answer);
/* Waits for the answers to all of them at once. */
void client_read_all(struct client *clients, struct answer *answers, size_t count);
/* Whether anything comes within that time. */
bool client_sees_input(struct client *client, int timeout_ms);
/* Whether the other side closes the connection, without another byte, within that time. */
bool client_sees_end(struct client *client, int timeout_ms);

/* A connection of its own, one request, one answer. */
void client_fetch(uint16_t port, const char *target, struct answer *answer);

void answer_init(struct answer *answer);
void answer_clear(struct answer *answer);
#define cleanup_answer cleanup_(answer_clear)
#define ANSWER_NONE                                                                                                    \
    {                                                                                                                  \
        .status = 0                                                                                                    \
    }
/* The first field of that name; base is NULL if there is none. */
struct str answer_header(const struct answer *answer, const char *name);
/* How many fields of that name. */
size_t answer_count_headers(const struct answer *answer, const char *name);
struct str answer_body(const struct answer *answer);
bool answer_says_close(const struct answer *answer);

/* Takes one answer off the front of *input. True: it is complete. `is_at_end`: no more bytes will come. */
bool answer_parse(struct answer *answer, struct buf *input, bool is_at_end, bool expects_no_body);

#endif
