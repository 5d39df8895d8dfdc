/* SPDX-License-Identifier: MIT */
#include "tests/support/blackhole.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/support/bare_socket.h"
#include "tests/support/unit.h"

void blackhole_open(struct blackhole *blackhole)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    blackhole->descriptor = bare_socket_listen(0, 0, &blackhole->port);
    address.sin_port = htons(blackhole->port);
    for (size_t i = 0; i < array_length(blackhole->fillers); i++) {
        blackhole->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_true(blackhole->fillers[i] >= 0);
        (void)connect(blackhole->fillers[i], (const struct sockaddr *)&address, sizeof address);
    }
}

void blackhole_close(struct blackhole *blackhole)
{
    for (size_t i = 0; i < array_length(blackhole->fillers); i++) {
        (void)close(blackhole->fillers[i]);
    }
    (void)close(blackhole->descriptor);
}
