/* SPDX-License-Identifier: MIT */
#include "lab/dial.h"

#include <errno.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "tests/support/unit.h"
#include "tests/unit/lab/scripted_server.h"

enum { LONG_US = 20 * CLOCK_US_PER_SECOND };

static struct url url_of_port(const char *host, uint16_t port)
{
    char text[64];
    struct url url;
    struct error error;

    (void)snprintf(text, sizeof text, "http://%s:%u", host, port);
    assert_int_equal(url_parse(str_of(text), &url, &error), 0);
    return url;
}

static void dial_connects_all_before_anybody_accepts(void **state)
{
    const struct dial_config config = { .wait_us = 0 };
    uint16_t port = 0;
    int listening = scripted_server_listen(&port);
    struct url url = url_of_port("127.0.0.1", port);
    struct dial dials[3] = { { .target = &url }, { .target = &url }, { .target = &url } };

    (void)state;

    dial_all(&config, dials, array_length(dials));

    for (size_t i = 0; i < array_length(dials); i++) {
        char byte = (char)('a' + (int)i);
        assert_int_equal(dials[i].error, CALL_OK);
        assert_string_equal(dials[i].address, "127.0.0.1");
        assert_int_equal(send(dials[i].descriptor, &byte, 1, MSG_NOSIGNAL), 1);
    }
    for (size_t i = 0; i < array_length(dials); i++) {
        char byte = '\0';
        int accepted = accept(listening, NULL, NULL);
        assert_int_equal(recv(accepted, &byte, 1, 0), 1);
        assert_int_equal(byte, 'a' + (int)i);
        (void)close(accepted);
        (void)close(dials[i].descriptor);
    }
    (void)close(listening);
}

static void dial_tells_causes_apart(void **state)
{
    uint16_t refused_port = 0;
    int reserved = scripted_server_reserve(&refused_port);
    struct url refused = url_of_port("127.0.0.1", refused_port);
    struct url unknown = url_of_port("no-such-host.invalid", 80);
    const struct dial_config config = { .wait_us = 0 };
    struct dial dials[3] = { { .target = &refused }, { .target = &unknown }, { .target = &refused } };

    (void)state;

    dial_all(&config, dials, array_length(dials));

    assert_int_equal(dials[0].error, CALL_CONNECTION_REFUSED);
    assert_int_equal(dials[1].error, CALL_DNS_ERROR);
    assert_int_equal(dials[2].error, CALL_CONNECTION_REFUSED);
    for (size_t i = 0; i < array_length(dials); i++) {
        assert_int_equal(dials[i].descriptor, -1);
    }
    (void)close(reserved);
}

/* A server that comes up when it hears that somebody waits for it. */
struct late_server {
    int descriptor;
    unsigned told_count;
    enum call_error cause;
};

static void on_waiting(void *context, const struct url *target, enum call_error error)
{
    struct late_server *server = context;

    (void)target;
    server->told_count++;
    server->cause = error;
    (void)listen(server->descriptor, 8);
}

static void dial_keeps_trying_a_target_that_comes_up_later(void **state)
{
    struct late_server server = { .told_count = 0 };
    uint16_t port = 0;
    server.descriptor = scripted_server_reserve(&port);
    struct url url = url_of_port("127.0.0.1", port);
    struct dial dials[2] = { { .target = &url }, { .target = &url } };
    const struct dial_config config = { .wait_us = LONG_US, .on_waiting = on_waiting, .context = &server };

    (void)state;

    dial_all(&config, dials, array_length(dials));

    assert_int_equal(server.told_count, 1);
    assert_int_equal(server.cause, CALL_CONNECTION_REFUSED);
    for (size_t i = 0; i < array_length(dials); i++) {
        assert_int_equal(dials[i].error, CALL_OK);
        (void)close(dials[i].descriptor);
    }
    (void)close(server.descriptor);
}

static bool give_up_at_once(struct company *company, uint64_t *ret_due_us)
{
    (void)company;
    *ret_due_us = CLOCK_NEVER_US;
    return false;
}

static void dial_stops_when_its_company_gives_up(void **state)
{
    uint16_t port = 0;
    int reserved = scripted_server_reserve(&port);
    struct url url = url_of_port("127.0.0.1", port);
    struct dial dial = { .target = &url };
    struct company company = { .on_turn = give_up_at_once };
    const struct dial_config config = { .wait_us = LONG_US, .company = &company };
    uint64_t started_us = clock_monotonic_us();

    (void)state;

    dial_all(&config, &dial, 1);

    assert_int_equal(dial.error, CALL_CANCELLED);
    assert_int_equal(dial.descriptor, -1);
    assert_true(clock_monotonic_us() - started_us < LONG_US);
    (void)close(reserved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dial_connects_all_before_anybody_accepts),
        cmocka_unit_test(dial_tells_causes_apart),
        cmocka_unit_test(dial_keeps_trying_a_target_that_comes_up_later),
        cmocka_unit_test(dial_stops_when_its_company_gives_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
