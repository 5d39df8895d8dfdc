/* SPDX-License-Identifier: MIT */
/*
 * fuzz_response_framing - a backend's response heads of any bytes, line by line.
 *
 * A head is taken exactly if it is good by the rules written down here once more, all lines at hand: one length at
 * most, and no other reading.
 */
#include <string.h>

#include "gateway/response_framing.h"
#include "tests/fuzz/fuzz.h"

enum { HEAD_BYTES_MAXIMUM = 2048 };

/* ---- the plain way ---- */

/* Of one head; an interim one is followed by another. */
struct head {
    unsigned status; /* 0: no status line */
    size_t length_count;
    struct str length;
    size_t coding_count;
    bool is_bad;
};

/* With its line break. */
static struct str take_line(struct str *head)
{
    size_t length = str_find(*head, '\n');
    struct str line = { head->base, length < head->length ? length + 1 : length };

    *head = str_from(*head, line.length);
    return line;
}

static struct str without_break(struct str line)
{
    while (line.length > 0 && (line.base[line.length - 1] == '\n' || line.base[line.length - 1] == '\r')) {
        line.length--;
    }
    return line;
}

static bool is_digits(struct str text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.base[i] < '0' || text.base[i] > '9') {
            return false;
        }
    }
    return text.length > 0;
}

/* "HTTP/1.1 200 OK": what is between the first two blanks. */
static void read_status(struct head *head, struct str line)
{
    bool is_bad = head->is_bad;

    (void)str_split(&line, ' ');
    struct str digits = str_split(&line, ' ');
    *head = (struct head){ .is_bad = is_bad || digits.length != 3 || !is_digits(digits) };
    if (!head->is_bad) {
        head->status = (unsigned)(digits.base[0] - '0') * 100 + (unsigned)(digits.base[1] - '0') * 10 +
                       (unsigned)(digits.base[2] - '0');
    }
    head->is_bad = head->is_bad || head->status < 100 || head->status > 599 || head->status == 101;
}

static void read_field(struct head *head, struct str line, bool allows_content_coding)
{
    struct str value = line;
    struct str name = str_trim(str_split(&value, ':'));
    uint64_t ignored = 0;

    value = str_trim(value);
    head->is_bad = head->is_bad || str_find(line, ':') == line.length;
    head->is_bad = head->is_bad || line.base[0] == ' ' || line.base[0] == '\t' || line.base[0] == ':';
    if (str_equal_ignoring_case(name, STR("Content-Length"))) {
        head->length_count++;
        head->length = value;
        head->is_bad = head->is_bad || !is_digits(value) || str_to_number(value, INT64_MAX, &ignored) < 0;
    } else if (str_equal_ignoring_case(name, STR("Transfer-Encoding"))) {
        head->coding_count++;
        head->is_bad = head->is_bad || !str_equal_ignoring_case(value, STR("chunked"));
    } else if (str_equal_ignoring_case(name, STR("Content-Encoding")) && !allows_content_coding) {
        head->is_bad = head->is_bad || !str_equal_ignoring_case(value, STR("identity"));
    }
    head->is_bad = head->is_bad || head->length_count + head->coding_count > 1;
}

/* The last one, with what was bad in any of them. */
static struct head read_heads(struct str heads, bool allows_content_coding)
{
    struct head head = { .is_bad = heads.length > HEAD_BYTES_MAXIMUM };

    while (heads.length > 0) {
        struct str line = without_break(take_line(&heads));
        if (line.length == 0) {
            continue;
        }
        if (str_starts_with(line, STR("HTTP/")) && head.status < 200) {
            read_status(&head, line);
        } else {
            read_field(&head, line, allows_content_coding);
        }
    }
    return head;
}

/* ---- the two compared ---- */

static void check_taken(const struct response_framing *framing, const struct head *head)
{
    uint64_t length = 0;

    fuzz_check(framing->status == head->status);
    fuzz_check(framing->has_length == (head->length_count == 1));
    fuzz_check(framing->has_transfer_encoding == (head->coding_count == 1));
    if (framing->has_length) {
        fuzz_check(str_to_number(head->length, INT64_MAX, &length) == 0 && length == framing->content_length);
    }
}

static void check(struct str heads, bool allows_content_coding)
{
    struct response_framing framing = { .limit_bytes = HEAD_BYTES_MAXIMUM };
    struct head head = read_heads(heads, allows_content_coding);
    struct str rest = heads;

    framing.allows_content_coding = allows_content_coding;
    while (rest.length > 0) {
        enum call_error before = framing.error;
        enum call_error error = response_framing_line(&framing, take_line(&rest));
        fuzz_check(error == framing.error && (before == CALL_OK || before == error));
    }
    fuzz_check((framing.error == CALL_OK) == !head.is_bad);
    if (framing.error == CALL_OK) {
        check_taken(&framing, &head);
    } else {
        fuzz_check(call_error_status(framing.error) == 502);
    }
}

void fuzz_one(struct str input)
{
    check(input, false);
    check(input, true);
}
