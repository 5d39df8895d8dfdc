/* SPDX-License-Identifier: MIT */
#include "tests/unit/lab/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/unit.h"

int scripted_server_reserve(uint16_t *ret_port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t length = sizeof address;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(descriptor >= 0);
    assert_int_equal(bind(descriptor, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(descriptor, (struct sockaddr *)&address, &length), 0);
    *ret_port = ntohs(address.sin_port);
    return descriptor;
}

int scripted_server_listen(uint16_t *ret_port)
{
    int descriptor = scripted_server_reserve(ret_port);

    assert_int_equal(listen(descriptor, SERVER_REQUESTS_MOST), 0);
    return descriptor;
}

static bool is_readable(int descriptor)
{
    struct pollfd one = { .fd = descriptor, .events = POLLIN };

    return poll(&one, 1, SERVER_PATIENCE_MS) == 1;
}

/* Reads one request head; false: it does not come. */
static bool read_request(int connection, char *request)
{
    size_t length = 0;

    while (length < SERVER_REQUEST_BYTES - 1 && strstr(request, "\r\n\r\n") == NULL) {
        ssize_t count =
            is_readable(connection) ? recv(connection, request + length, SERVER_REQUEST_BYTES - 1 - length, 0) : 0;
        if (count <= 0) {
            return false;
        }
        length += (size_t)count;
    }
    return true;
}

/* A process that is stopped and goes on may have sent a part. */
static void send_all(int connection, const char *bytes)
{
    size_t left = strlen(bytes);
    ssize_t count = 1;

    for (; left > 0 && count > 0; left -= (size_t)count) {
        count = send(connection, bytes, left, MSG_NOSIGNAL);
        count = count > 0 ? count : 0;
        bytes += count;
    }
}

static void answer(int connection, const char *bytes)
{
    struct linger at_once = { .l_onoff = 1 };

    if (bytes == NULL) {
        (void)setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    } else {
        send_all(connection, bytes);
    }
    (void)close(connection);
}

static void *serve(void *context)
{
    struct scripted_server *server = context;
    int connections[SERVER_REQUESTS_MOST] = { 0 };
    bool goes_on = true;

    while (goes_on && server->request_count < server->count) {
        size_t index = server->request_count;
        goes_on = is_readable(server->listening);
        if (goes_on) {
            connections[index] = accept(server->listening, NULL, NULL);
            goes_on = read_request(connections[index], server->requests[index]);
            server->request_count++;
        }
    }
    for (size_t i = 0; i < server->request_count; i++) {
        (void)usleep((useconds_t)server->pause_us);
        answer(connections[i], server->answers[i]);
    }
    return NULL;
}

void scripted_server_start(struct scripted_server *server, const char *const *answers, size_t count, uint64_t pause_us)
{
    *server = (struct scripted_server){ .answers = answers, .count = count, .pause_us = pause_us };
    server->listening = scripted_server_listen(&server->port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

void scripted_server_stop(struct scripted_server *server)
{
    (void)pthread_join(server->thread, NULL);
    (void)close(server->listening);
}
