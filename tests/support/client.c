/* SPDX-License-Identifier: MIT */
#include "tests/support/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum { INPUT_BYTES = 64 * 1024 * 1024 };

/* ---- connections ---- */

int client_try_open(struct client *client, uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    socklen_t length = sizeof address;
    int one = 1;

    *client = (struct client){ .descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    assert_true(client->descriptor >= 0);
    buf_init(&client->input, INPUT_BYTES);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(client->descriptor, (const struct sockaddr *)&address, sizeof address) < 0) {
        client_close(client);
        return -1;
    }
    (void)setsockopt(client->descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    assert_int_equal(getsockname(client->descriptor, (struct sockaddr *)&address, &length), 0);
    client->local_port = ntohs(address.sin_port);
    return 0;
}

void client_open(struct client *client, uint16_t port)
{
    if (client_try_open(client, port) < 0) {
        fail_msg("cannot connect to port %u", (unsigned)port);
    }
}

void client_close(struct client *client)
{
    if (client->descriptor >= 0) {
        (void)close(client->descriptor);
    }
    client->descriptor = -1;
    buf_clear(&client->input);
}

void client_reset(struct client *client)
{
    struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

    (void)setsockopt(client->descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    client_close(client);
}

void client_shut(const struct client *client)
{
    (void)shutdown(client->descriptor, SHUT_WR);
}

/* ---- requests ---- */

void client_send_bytes(struct client *client, const void *bytes, size_t count)
{
    const char *next = bytes;

    client->sent_us = clock_monotonic_us();
    while (count > 0) {
        struct pollfd poll_entry = { .fd = client->descriptor, .events = POLLOUT };
        assert_int_equal(poll(&poll_entry, 1, TEST_PATIENCE_MS), 1);
        ssize_t sent = send(client->descriptor, next, count, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            return; /* the other side has closed: reading tells */
        }
        next += sent;
        count -= (size_t)sent;
    }
}

void client_send(struct client *client, const char *text)
{
    client_send_bytes(client, text, strlen(text));
}

/* Fields of a row of /proc/net/tcp behind the addresses (proc_pid_net(5)). */
enum { QUEUES = 1, INODE = 6 };

/* What waits to be read stands behind the colon of the queues; whoever is accepted has an inode. */
static bool is_accepted_and_read(char *fields)
{
    char *rest = NULL;
    unsigned long unread_bytes = 1;
    unsigned long inode = 0;
    const char *field = strtok_r(fields, " ", &rest);

    for (int i = 0; field != NULL && i <= INODE; i++) {
        const char *colon = strchr(field, ':');
        unread_bytes = i == QUEUES && colon != NULL ? strtoul(colon + 1, NULL, 16) : unread_bytes;
        inode = i == INODE ? strtoul(field, NULL, 10) : 0;
        field = strtok_r(NULL, " ", &rest);
    }
    return unread_bytes == 0 && inode != 0;
}

/* Of the other end, whose row has these addresses. */
static bool is_all_read(const char *addresses)
{
    FILE *file = fopen("/proc/net/tcp", "re");
    char line[256];
    char *place = NULL;

    assert_non_null(file);
    while (place == NULL && fgets(line, sizeof line, file) != NULL) {
        place = strstr(line, addresses);
    }
    (void)fclose(file);
    return place != NULL && is_accepted_and_read(place + strlen(addresses));
}

void client_wait_until_read(const struct client *client)
{
    struct sockaddr_in peer = { .sin_port = 0 };
    socklen_t length = sizeof peer;
    uint64_t start_us = clock_monotonic_us();
    char addresses[64];

    assert_int_equal(getpeername(client->descriptor, (struct sockaddr *)&peer, &length), 0);
    (void)snprintf(addresses, sizeof addresses, " %08X:%04X %08X:%04X ", peer.sin_addr.s_addr,
                   (unsigned)ntohs(peer.sin_port), htonl(INADDR_LOOPBACK), (unsigned)client->local_port);
    while (!is_all_read(addresses)) {
        if (gate_milliseconds_left(start_us, TEST_PATIENCE_MS) == 0) {
            fail_msg("nobody reads what was sent");
        }
        (void)poll(NULL, 0, 5);
    }
}

void client_request(struct client *client, const char *method, const char *target, const char *fields, const char *body)
{
    cleanup_buf struct buf request;

    buf_init(&request, INPUT_BYTES);
    (void)buf_add_format(&request, "%s %s HTTP/1.1\r\nHost: test\r\n%s", method, target, fields);
    if (body != NULL) {
        (void)buf_add_format(&request, "Content-Length: %zu\r\n", strlen(body));
    }
    (void)buf_add_format(&request, "\r\n%s", body != NULL ? body : "");
    assert_false(request.failed);
    client->expects_no_body = strcmp(method, "HEAD") == 0;
    client_send_bytes(client, request.base, request.length);
}

void client_get(struct client *client, const char *target)
{
    client_request(client, "GET", target, "", NULL);
}

/* ---- answers ---- */

void client_gather(struct client *client)
{
    char bytes[65536];
    ssize_t count = 0;

    while (!client->is_at_end && (count = recv(client->descriptor, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
        assert_int_equal(buf_add(&client->input, bytes, (size_t)count), 0);
    }
    if (client->is_at_end || (count < 0 && (errno == EAGAIN || errno == EINTR))) {
        return;
    }
    client->is_at_end = true;
    client->is_reset = count < 0;
}

bool client_poll(struct client *client, struct answer *answer)
{
    client_gather(client);
    answer_clear(answer);
    answer_init(answer);
    answer->is_complete = answer_parse(answer, &client->input, client->is_at_end, client->expects_no_body);
    answer->received_us = clock_monotonic_us();
    answer->elapsed_ms = (answer->received_us - client->sent_us) / CLOCK_US_PER_MS;
    return answer->is_complete || client->is_at_end;
}

void client_read_all(struct client *clients, struct answer *answers, size_t count)
{
    cleanup_free struct pollfd *entries = calloc(count, sizeof *entries);
    uint64_t start_us = clock_monotonic_us();
    size_t left = count;

    assert_non_null(entries);
    for (size_t i = 0; i < count; i++) {
        entries[i] = (struct pollfd){ .fd = clients[i].descriptor, .events = POLLIN };
        if (clients[i].input.length > 0 && client_poll(&clients[i], &answers[i])) {
            entries[i].fd = -1;
            left--;
        }
    }
    while (left > 0) {
        if (poll(entries, count, gate_milliseconds_left(start_us, TEST_PATIENCE_MS)) <= 0) {
            fail_msg("%zu of %zu answers do not come", left, count);
        }
        for (size_t i = 0; i < count; i++) {
            if (entries[i].fd >= 0 && entries[i].revents != 0 && client_poll(&clients[i], &answers[i])) {
                entries[i].fd = -1;
                left--;
            }
        }
    }
}

void client_read(struct client *client, struct answer *answer)
{
    client_read_all(client, answer, 1);
}

bool client_sees_input(struct client *client, int timeout_ms)
{
    struct pollfd poll_entry = { .fd = client->descriptor, .events = POLLIN };

    return client->input.length > 0 || poll(&poll_entry, 1, timeout_ms) == 1;
}

bool client_sees_end(struct client *client, int timeout_ms)
{
    struct pollfd poll_entry = { .fd = client->descriptor, .events = POLLIN };

    if (!client->is_at_end && client->input.length == 0 && poll(&poll_entry, 1, timeout_ms) == 1) {
        client_gather(client);
    }
    return client->is_at_end && client->input.length == 0;
}

void client_fetch(uint16_t port, const char *target, struct answer *answer)
{
    struct client client;

    client_open(&client, port);
    client_get(&client, target);
    client_read(&client, answer);
    client_close(&client);
}
