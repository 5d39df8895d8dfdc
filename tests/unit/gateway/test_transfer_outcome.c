/* SPDX-License-Identifier: MIT */
/*
 * What libcurl's codes come to when descriptors ran out: before a request was sent, and after.
 */
#include "gateway/transfer_outcome.h"

#include <curl/curl.h>

#include "common/compiler.h"
#include "tests/support/unit.h"

static const CURLcode codes[] = { CURLE_COULDNT_CONNECT, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING };

static void assert_outcome(const struct transfer *model, CURLcode code, enum call_error expected)
{
    struct attempt attempt = { .method = "POST" };
    struct transfer transfer = { .attempt = &attempt,
                                 .is_out_of_descriptors = model->is_out_of_descriptors,
                                 .requests_sent = model->requests_sent,
                                 .easy = curl_easy_init() };

    assert_non_null(transfer.easy);

    assert_int_equal(transfer_outcome(&transfer, (int)code), expected);

    curl_easy_cleanup(transfer.easy);
}

static void no_descriptor_for_a_connection_is_connection_limit_reached(void **state)
{
    const struct transfer model = { .is_out_of_descriptors = true };
    (void)state;

    for (size_t i = 0; i < array_length(codes); i++) {
        assert_outcome(&model, codes[i], CALL_CONNECTION_LIMIT_REACHED);
    }
}

/* The name has two addresses, and one of them had its connection. Else call_policy would send it once more. */
static void a_request_that_was_sent_has_not_failed_for_want_of_descriptors(void **state)
{
    const struct transfer model = { .is_out_of_descriptors = true, .requests_sent = 1 };
    (void)state;

    for (size_t i = 0; i < array_length(codes); i++) {
        assert_outcome(&model, codes[i], CALL_CONNECTION_TERMINATED);
    }
}

static void with_descriptors_left_the_connection_is_to_blame(void **state)
{
    const struct transfer model = { .is_out_of_descriptors = false };
    (void)state;

    assert_outcome(&model, CURLE_COULDNT_CONNECT, CALL_DESTINATION_UNAVAILABLE);
    assert_outcome(&model, CURLE_RECV_ERROR, CALL_CONNECTION_TERMINATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_descriptor_for_a_connection_is_connection_limit_reached),
        cmocka_unit_test(a_request_that_was_sent_has_not_failed_for_want_of_descriptors),
        cmocka_unit_test(with_descriptors_left_the_connection_is_to_blame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
