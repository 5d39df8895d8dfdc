/* SPDX-License-Identifier: MIT */
/*
 * fuzz_http_guard - request heads of any bytes, as a line "METHOD TARGET HTTP/1.1" and lines "Name: value".
 *
 * What passes can be read in one way only.
 */
#include <string.h>

#include "common/http_guard.h"
#include "tests/fuzz/fuzz.h"

enum { LINES_MAXIMUM = 64 };

struct head {
    struct str method;
    struct str target;
    bool is_http_1_1;
    struct str names[LINES_MAXIMUM];
    struct str values[LINES_MAXIMUM];
    size_t count;
};

static void read_head(struct head *head, struct str text)
{
    struct str first = str_split(&text, '\n');

    *head = (struct head){ .method = str_split(&first, ' ') };
    head->target = str_split(&first, ' ');
    head->is_http_1_1 = str_equal(first, STR("HTTP/1.1"));
    while (text.length > 0 && head->count < LINES_MAXIMUM) {
        head->values[head->count] = str_split(&text, '\n');
        head->names[head->count] = str_split(&head->values[head->count], ':');
        head->count++;
    }
}

/* In their order, or from the last to the first. */
static int judge(const struct head *head, bool is_backwards, struct http_guard *guard)
{
    const char *reason = NULL;

    *guard = (struct http_guard){ .status = 0 };
    for (size_t i = 0; i < head->count; i++) {
        size_t index = is_backwards ? head->count - 1 - i : i;
        http_guard_header(guard, head->names[index], head->values[index]);
    }
    int status = http_guard_verdict(guard, head->method, head->target, head->is_http_1_1, &reason);
    fuzz_check(status == 0 || status == 400 || status == 417 || status == 501);
    fuzz_check((status != 0) == (reason != NULL));
    if (reason != NULL) {
        fuzz_check_sentence(reason);
    }
    return status;
}

static size_t count_named(const struct head *head, const char *name, struct str *ret_value)
{
    size_t count = 0;

    for (size_t i = 0; i < head->count; i++) {
        if (str_equal_ignoring_case(head->names[i], str_of(name))) {
            *ret_value = str_trim(head->values[i]);
            count++;
        }
    }
    return count;
}

static bool is_token(struct str text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (strchr("\"(),/:;<=>?@[\\]{}", text.base[i]) != NULL) {
            return false;
        }
    }
    return text.length > 0 && str_is_visible(text);
}

static bool is_value(struct str text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.base[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool has_good_bytes(const struct head *head)
{
    for (size_t i = 0; i < head->count; i++) {
        if (!is_token(head->names[i]) || !is_value(head->values[i])) {
            return false;
        }
    }
    return is_token(head->method);
}

static bool has_good_target(const struct head *head)
{
    bool is_path = str_starts_with(head->target, STR("/"));
    bool is_asterisk = str_equal(head->target, STR("*")) && str_equal(head->method, STR("OPTIONS"));

    return (is_path || is_asterisk) && str_is_visible(head->target) &&
           str_find(head->target, '#') == head->target.length;
}

/* All but what the Host header says. */
static bool has_one_length(const struct head *head, uint64_t *ret_length)
{
    struct str coding = STR("chunked");
    struct str length = STR("0");
    size_t length_count = count_named(head, "Content-Length", &length);
    size_t coding_count = count_named(head, "Transfer-Encoding", &coding);

    return length_count + coding_count <= 1 && (coding_count == 0 || head->is_http_1_1) &&
           str_equal_ignoring_case(coding, STR("chunked")) && str_to_number(length, INT64_MAX, ret_length) == 0;
}

/* Every one of them: nothing, or what there is to be expected. */
static bool has_good_expectations(const struct head *head)
{
    for (size_t i = 0; i < head->count; i++) {
        struct str value = str_trim(head->values[i]);
        if (str_equal_ignoring_case(head->names[i], STR("Expect")) && value.length > 0 &&
            !str_equal_ignoring_case(value, STR("100-continue"))) {
            return false;
        }
    }
    return true;
}

/* A blank behind a coding is refused, though it is none of its bytes: microhttpd does not know the coding then. */
static bool has_blank_behind_coding(const struct head *head)
{
    for (size_t i = 0; i < head->count; i++) {
        struct str value = head->values[i];
        if (str_equal_ignoring_case(head->names[i], STR("Transfer-Encoding")) && value.length > 0 &&
            (value.base[value.length - 1] == ' ' || value.base[value.length - 1] == '\t')) {
            return true;
        }
    }
    return false;
}

static bool has_only(struct str text, const char *bytes)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.base[i] == '\0' || strchr(bytes, text.base[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static void check_host(struct str host)
{
    fuzz_check(host.length > 0 && str_is_visible(host));
    for (size_t i = 0; i < host.length; i++) {
        fuzz_check(strchr("/?#@\\\"<>^`{|}", host.base[i]) == NULL);
    }
}

/* Of hosts only that the usual ones pass, and none that could be taken for something else. */
static void check_verdict(const struct head *head, int status, const struct http_guard *guard)
{
    struct str host = STR("");
    uint64_t length = 0;
    size_t host_count = count_named(head, "Host", &host);
    bool is_good = has_good_bytes(head) && has_good_target(head) && has_one_length(head, &length) &&
                   has_good_expectations(head) && !has_blank_behind_coding(head) &&
                   !str_equal(head->method, STR("CONNECT")) &&
                   (host_count == 1 || (host_count == 0 && !head->is_http_1_1));

    fuzz_check(is_good || status != 0);
    if (status == 0) {
        fuzz_check(guard->content_length == length);
    }
    if (status == 0 && host_count == 1) {
        check_host(host);
    }
    bool is_usual = host_count == 0 || (host.length > 0 && has_only(host, "abcdefghijklmnopqrstuvwxyz0123456789.-"));
    fuzz_check(!is_good || !is_usual || status == 0);
}

void fuzz_one(struct str input)
{
    struct head head;
    struct http_guard guard;
    struct http_guard backwards;

    read_head(&head, input);
    int status = judge(&head, false, &guard);
    fuzz_check((judge(&head, true, &backwards) == 0) == (status == 0));
    fuzz_check(status != 0 || guard.is_suspect == backwards.is_suspect);
    check_verdict(&head, status, &guard);
}
