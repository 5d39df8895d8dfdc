/* SPDX-License-Identifier: MIT */
#include "gateway/call_error.h"

#include <ctype.h>
#include <string.h>

#include "tests/support/unit.h"

struct row {
    const char *name;
    enum call_error error;
    int status;
};

static const struct row rows[] = {
    { "connection_refused", CALL_CONNECTION_REFUSED, 502 },
    { "connection_timeout", CALL_CONNECTION_TIMEOUT, 504 },
    { "connection_terminated", CALL_CONNECTION_TERMINATED, 502 },
    { "connection_limit_reached", CALL_CONNECTION_LIMIT_REACHED, 503 },
    { "dns_error", CALL_DNS_ERROR, 502 },
    { "dns_timeout", CALL_DNS_TIMEOUT, 504 },
    { "destination_unavailable", CALL_DESTINATION_UNAVAILABLE, 503 },
    { "tls_protocol_error", CALL_TLS_PROTOCOL_ERROR, 502 },
    { "tls_certificate_error", CALL_TLS_CERTIFICATE_ERROR, 502 },
    { "http_response_timeout", CALL_HTTP_RESPONSE_TIMEOUT, 504 },
    { "http_response_incomplete", CALL_HTTP_RESPONSE_INCOMPLETE, 502 },
    { "http_protocol_error", CALL_HTTP_PROTOCOL_ERROR, 502 },
    { "http_response_body_size", CALL_HTTP_RESPONSE_BODY_SIZE, 502 },
    { "http_response_header_section_size", CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE, 502 },
    { "http_response_transfer_coding", CALL_HTTP_RESPONSE_TRANSFER_CODING, 502 },
    { "http_response_content_coding", CALL_HTTP_RESPONSE_CONTENT_CODING, 502 },
    { "http_response_status", CALL_HTTP_RESPONSE_STATUS, 502 },
    { "invalid_json", CALL_INVALID_JSON, 502 },
    { "cancelled", CALL_CANCELLED, 502 },
    { "dependency_failed", CALL_DEPENDENCY_FAILED, 502 },
    { "proxy_loop_detected", CALL_PROXY_LOOP_DETECTED, 502 },
    { "proxy_internal_error", CALL_PROXY_INTERNAL_ERROR, 502 },
};

static void call_error_has_the_published_names_and_statuses(void **state)
{
    (void)state;

    assert_int_equal(array_length(rows), CALL_ERROR_COUNT - 1);
    for (size_t i = 0; i < array_length(rows); i++) {
        assert_string_equal(call_error_name(rows[i].error), rows[i].name);
        assert_int_equal(call_error_status(rows[i].error), rows[i].status);
    }
}

static void call_error_has_no_name_for_success(void **state)
{
    (void)state;

    assert_null(call_error_name(CALL_OK));
    assert_int_equal(call_error_status(CALL_OK), 200);
}

static void call_error_describes_each_in_words_of_its_own(void **state)
{
    (void)state;

    for (int i = 0; i < CALL_ERROR_COUNT; i++) {
        const char *description = call_error_description((enum call_error)i);
        assert_non_null(description);
        assert_true(islower((unsigned char)description[0]));
        assert_null(strchr(description, '_'));
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(description, call_error_description((enum call_error)j));
        }
    }
}

static void call_error_takes_an_unknown_value_for_a_fault_of_our_own(void **state)
{
    (void)state;

    assert_string_equal(call_error_name((enum call_error)CALL_ERROR_COUNT), "proxy_internal_error");
    assert_string_equal(call_error_name((enum call_error)1000), "proxy_internal_error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_error_has_the_published_names_and_statuses),
        cmocka_unit_test(call_error_has_no_name_for_success),
        cmocka_unit_test(call_error_describes_each_in_words_of_its_own),
        cmocka_unit_test(call_error_takes_an_unknown_value_for_a_fault_of_our_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
