/* SPDX-License-Identifier: MIT */
#include "tests/support/holding_server.h"

#include "common/compiler.h"

void holding_server_start(struct holding_server *server)
{
    for (size_t i = 0; i < HOLDING_SERVER_REQUESTS; i++) {
        gate_init(&server->gates[i]);
        server->steps[i] = (struct scripted_step){ .before = &server->gates[i], .json = "\"held\"" };
    }
    server->steps[HOLDING_SERVER_REQUESTS] = (struct scripted_step){ .json = "\"free\"" };
    server->scripted = scripted_server_start(server->steps, array_length(server->steps));
}

void holding_server_stop(struct holding_server *server)
{
    scripted_server_stop(server->scripted);
    for (size_t i = 0; i < HOLDING_SERVER_REQUESTS; i++) {
        gate_clear(&server->gates[i]);
    }
}

uint16_t holding_server_port(const struct holding_server *server)
{
    return scripted_server_port(server->scripted);
}

void holding_server_wait_for(struct holding_server *server, size_t count)
{
    scripted_server_wait_for_requests(server->scripted, count);
}

size_t holding_server_request_count(struct holding_server *server)
{
    return scripted_server_request_count(server->scripted);
}

void holding_server_let_go(struct holding_server *server, size_t index)
{
    gate_open(&server->gates[index]);
}
