/* SPDX-License-Identifier: MIT */
#include "tests/support/name_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum {
    NAMES_AT_MOST = 16,
    NAME_BYTES = 256,
    ADDRESSES_BYTES = 512,
    MESSAGE_BYTES = 512,
    HEAD_BYTES = 12,
    TYPE_A = 1,
    TYPE_ALIAS = 5,
    TYPE_AAAA = 28,
    FLAGS_ANSWER = 0x8180, /* an answer, recursion wanted and to be had */
    CODE_SERVER_FAILURE = 2,
    CODE_NO_SUCH_NAME = 3,
};

struct known_name {
    char name[NAME_BYTES];
    enum name_server_manner manner;
    char addresses[ADDRESSES_BYTES];
    char alias[NAME_BYTES];
    unsigned ttl_s;
    unsigned alias_ttl_s;
    size_t question_count;
};

struct name_server {
    int descriptor;
    int stop;
    char address[32];
    uint16_t port;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    struct known_name names[NAMES_AT_MOST];
    size_t name_count;
    size_t total_count;
};

/* ---- reading a question ---- */

struct question {
    char name[NAME_BYTES];
    size_t end; /* of it, in the message */
    unsigned type;
};

/* 0 or -1. */
static int read_question(const unsigned char *message, size_t length, struct question *ret_question)
{
    size_t at = HEAD_BYTES;
    size_t written = 0;

    while (at < length && message[at] != 0) {
        size_t label = message[at];
        if (label > 63 || at + 1 + label >= length || written + label + 2 > NAME_BYTES) {
            return -1;
        }
        written += (size_t)snprintf(ret_question->name + written, NAME_BYTES - written, "%s%.*s",
                                    written > 0 ? "." : "", (int)label, (const char *)&message[at + 1]);
        at += label + 1;
    }
    if (at + 5 > length) {
        return -1;
    }
    ret_question->type = (unsigned)message[at + 1] << 8 | message[at + 2];
    ret_question->end = at + 5;
    return 0;
}

/* ---- writing an answer ---- */

struct message {
    unsigned char bytes[MESSAGE_BYTES];
    size_t length;
    unsigned answer_count;
};

static void put(struct message *message, const void *bytes, size_t count)
{
    if (message->length + count <= MESSAGE_BYTES) {
        memcpy(&message->bytes[message->length], bytes, count);
        message->length += count;
    }
}

static void put_number(struct message *message, uint32_t number, size_t size)
{
    for (size_t i = size; i > 0; i--) {
        unsigned char byte = (unsigned char)(number >> (8 * (i - 1)));
        put(message, &byte, 1);
    }
}

static void put_name(struct message *message, const char *name)
{
    for (struct str rest = str_of(name); rest.length > 0;) {
        struct str label = str_split(&rest, '.');
        put_number(message, (uint32_t)label.length, 1);
        put(message, label.base, label.length);
    }
    put_number(message, 0, 1);
}

/* Of the name at `offset` of the message. */
static void put_record_head(struct message *message, size_t offset, unsigned type, unsigned ttl_s)
{
    put_number(message, 0xC000U | (uint32_t)offset, 2);
    put_number(message, type, 2);
    put_number(message, 1, 2); /* Internet */
    put_number(message, ttl_s, 4);
    message->answer_count++;
}

static void put_address(struct message *message, size_t offset, const struct known_name *known, struct str text)
{
    char address[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    bool is_ipv6 = str_find(text, ':') < text.length;

    (void)snprintf(address, sizeof address, "%.*s", STR_ARGUMENTS(text));
    assert_int_equal(inet_pton(is_ipv6 ? AF_INET6 : AF_INET, address, bytes), 1);
    put_record_head(message, offset, is_ipv6 ? TYPE_AAAA : TYPE_A, known->ttl_s);
    put_number(message, is_ipv6 ? 16 : 4, 2);
    put(message, bytes, is_ipv6 ? 16 : 4);
}

static size_t put_alias(struct message *message, const struct known_name *known)
{
    put_record_head(message, HEAD_BYTES, TYPE_ALIAS, known->alias_ttl_s);
    put_number(message, (uint32_t)strlen(known->alias) + 2, 2);
    size_t offset = message->length;
    put_name(message, known->alias);
    return offset;
}

static void put_answers(struct message *message, const struct known_name *known, unsigned type)
{
    size_t offset = known->alias[0] != '\0' ? put_alias(message, known) : HEAD_BYTES;

    for (struct str rest = str_of(known->addresses); rest.length > 0;) {
        struct str text = str_split(&rest, ',');
        bool is_ipv6 = str_find(text, ':') < text.length;
        if (type == (is_ipv6 ? TYPE_AAAA : TYPE_A)) {
            put_address(message, offset, known, text);
        }
    }
}

static unsigned code_of(const struct known_name *known)
{
    if (known == NULL || known->manner == NAME_SERVER_KNOWS_NONE) {
        return CODE_NO_SUCH_NAME;
    }
    return known->manner == NAME_SERVER_FAILS ? CODE_SERVER_FAILURE : 0;
}

/* The question comes back, and no additional records. */
static void build_answer(const unsigned char *asked, const struct question *question, const struct known_name *known,
                         struct message *message)
{
    unsigned code = code_of(known);

    put(message, asked, question->end);
    if (code == 0) {
        put_answers(message, known, question->type);
    }
    size_t length = message->length;
    message->length = 2;
    put_number(message, FLAGS_ANSWER | code, 2);
    put_number(message, 1, 2);
    put_number(message, message->answer_count, 2);
    put_number(message, 0, 4);
    message->length = length;
}

/* ---- the thread ---- */

static struct known_name *find(struct name_server *server, const char *name)
{
    for (size_t i = 0; i < server->name_count; i++) {
        if (strcasecmp(server->names[i].name, name) == 0) {
            return &server->names[i];
        }
    }
    return NULL;
}

/* True: it is to be answered. */
static bool note_question(struct name_server *server, const struct question *question, const unsigned char *asked,
                          struct message *message)
{
    pthread_mutex_lock(&server->lock);
    struct known_name *known = find(server, question->name);
    bool is_silent = known != NULL && known->manner == NAME_SERVER_IS_SILENT;
    server->total_count++;
    if (known != NULL && question->type == TYPE_A) {
        known->question_count++;
    }
    if (!is_silent) {
        build_answer(asked, question, known, message);
    }
    pthread_mutex_unlock(&server->lock);
    return !is_silent;
}

static void answer_one(struct name_server *server)
{
    unsigned char asked[MESSAGE_BYTES];
    struct sockaddr_in peer;
    socklen_t peer_length = sizeof peer;
    struct question question = { .end = 0 };
    struct message message = { .length = 0 };

    ssize_t count =
        recvfrom(server->descriptor, asked, sizeof asked, MSG_DONTWAIT, (struct sockaddr *)&peer, &peer_length);
    if (count < HEAD_BYTES || read_question(asked, (size_t)count, &question) < 0) {
        return;
    }
    if (note_question(server, &question, asked, &message)) {
        (void)sendto(server->descriptor, message.bytes, message.length, 0, (const struct sockaddr *)&peer, peer_length);
    }
}

static void *run(void *context)
{
    struct name_server *server = context;
    struct pollfd polled[] = { { .fd = server->descriptor, .events = POLLIN },
                               { .fd = server->stop, .events = POLLIN } };

    while (poll(polled, array_length(polled), -1) >= 0 && polled[1].revents == 0) {
        answer_one(server);
    }
    return NULL;
}

/* ---- life ---- */

struct name_server *name_server_start(void)
{
    struct name_server *server = calloc(1, sizeof *server);
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t length = sizeof address;

    assert_non_null(server);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    server->stop = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(bind(server->descriptor, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(server->descriptor, (struct sockaddr *)&address, &length), 0);
    server->port = ntohs(address.sin_port);
    (void)snprintf(server->address, sizeof server->address, "127.0.0.1:%u", (unsigned)server->port);
    pthread_mutex_init(&server->lock, NULL);
    assert_int_equal(pthread_create(&server->thread, NULL, run, server), 0);
    return server;
}

void name_server_stop(struct name_server *server)
{
    if (server == NULL) {
        return;
    }
    assert_int_equal(eventfd_write(server->stop, 1), 0);
    (void)pthread_join(server->thread, NULL);
    (void)close(server->descriptor);
    (void)close(server->stop);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

uint16_t name_server_port(const struct name_server *server)
{
    return server->port;
}

const char *name_server_address(const struct name_server *server)
{
    return server->address;
}

/* ---- saying and counting ---- */

static void copy_text(char *target, size_t size, const char *text)
{
    (void)snprintf(target, size, "%s", text != NULL ? text : "");
}

void name_server_say(struct name_server *server, const char *name, const struct name_server_saying *saying)
{
    pthread_mutex_lock(&server->lock);
    struct known_name *known = find(server, name);
    if (known == NULL && server->name_count < NAMES_AT_MOST) {
        known = &server->names[server->name_count++];
        copy_text(known->name, sizeof known->name, name);
    }
    if (known != NULL) {
        known->manner = saying->manner;
        known->ttl_s = saying->ttl_s;
        known->alias_ttl_s = saying->alias_ttl_s;
        copy_text(known->addresses, sizeof known->addresses, saying->addresses);
        copy_text(known->alias, sizeof known->alias, saying->alias);
    }
    pthread_mutex_unlock(&server->lock);
    assert_non_null(known);
}

size_t name_server_question_count(struct name_server *server, const char *name)
{
    pthread_mutex_lock(&server->lock);
    const struct known_name *known = find(server, name);
    size_t count = known != NULL ? known->question_count : 0;
    pthread_mutex_unlock(&server->lock);
    return count;
}

size_t name_server_total_count(struct name_server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t count = server->total_count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

void name_server_wait_for_questions(struct name_server *server, const char *name, size_t count)
{
    uint64_t start_us = clock_monotonic_us();

    while (name_server_question_count(server, name) < count && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        (void)poll(NULL, 0, 1);
    }
    assert_true(name_server_question_count(server, name) >= count);
}
