/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/http_stream.h"

#include <string.h>

#include "tests/support/microhttpd_version.h"

/* What is known of a head while it is read. */
struct head {
    struct str method;
    struct str target;
    bool is_http_1_0;
    bool is_bad;
    bool is_doubted;
    bool has_connection;
    bool has_odd_end; /* it was the last line, and the empty one with it */
    unsigned hosts;
    unsigned lengths;
    unsigned codings;
    size_t length;
};

/* ---- bytes ---- */

static bool has_only(struct str text, const char *first, const char *last, const char *others)
{
    for (size_t i = 0; i < text.length; i++) {
        bool is_in_range = text.base[i] >= *first && text.base[i] <= *last;
        bool is_other = text.base[i] != '\0' && strchr(others, text.base[i]) != NULL;
        if (!is_in_range && !is_other) {
            return false;
        }
    }
    return true;
}

static bool has_none_of(struct str text, const char *bytes)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.base[i] == '\0' || strchr(bytes, text.base[i]) != NULL) {
            return false;
        }
    }
    return true;
}

static bool is_token(struct str text)
{
    return text.length > 0 && has_only(text, "!", "~", "") && has_none_of(text, "\"(),/:;<=>?@[\\]{}");
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

static bool is_number(struct str text)
{
    return text.length > 0 && has_only(text, "0", "9", "");
}

static bool is_named(struct str name, const char *text)
{
    return str_equal_ignoring_case(name, str_of(text));
}

/* ---- lines ---- */

/* Where a line's text ends, if it is one: at the first byte that a line cannot have. */
static size_t text_length(struct str rest)
{
    size_t length = 0;

    while (length < rest.length && rest.base[length] != '\r' && rest.base[length] != '\n' &&
           rest.base[length] != '\0') {
        length++;
    }
    return length;
}

/* Behind a line with text: two line ends, made of anything that libmicrohttpd makes zero bytes of or leaves as such. */
static bool is_odd_end(struct str rest)
{
    for (size_t i = 0; i < 4; i++) {
        if (i >= rest.length || (rest.base[i] != '\0' && strchr("\r\n:", rest.base[i]) == NULL)) {
            return false;
        }
    }
    return rest.base[3] == '\n';
}

/* False: it has no end yet. */
static bool take_line(struct str *rest, struct str *line, struct head *head)
{
    struct str behind = str_from(*rest, text_length(*rest));

    if (str_find(*rest, '\n') == rest->length) {
        return false;
    }
    *line = (struct str){ rest->base, rest->length - behind.length };
    if (str_starts_with(*rest, STR(":\n"))) {
        head->is_doubted = true;
        *line = (struct str){ rest->base, 0 };
        *rest = str_from(*rest, 2);
    } else if (str_starts_with(behind, STR("\r\n"))) {
        *rest = str_from(behind, 2);
    } else if (line->length > 0 && is_odd_end(behind)) {
        head->is_doubted = true;
        head->has_odd_end = true;
        *rest = str_from(behind, 4);
    } else {
        head->is_doubted = true;
        head->is_bad = !str_starts_with(behind, STR("\0\n"));
        *rest = str_from(behind, 2);
    }
    return true;
}

static void skip_lines_in_front(struct str *rest, struct head *head)
{
    for (size_t count = 0;; count++) {
        size_t length = str_find(*rest, '\n');
        bool is_whole = length < rest->length;
        if (is_whole && length == 1 && rest->base[0] == '\r') {
            *rest = str_from(*rest, 2);
            head->is_doubted = head->is_doubted || (count > 0 && !microhttpd_skips_several_empty_lines());
        } else if (is_whole && (length == 0 || rest->base[0] == '\0')) {
            *rest = str_from(*rest, length + 1);
            head->is_doubted = true;
        } else {
            return;
        }
    }
}

static void read_request_line(struct str line, struct head *head)
{
    struct str rest = line;

    head->method = str_split(&rest, ' ');
    head->target = str_split(&rest, ' ');
    head->is_http_1_0 = str_equal(rest, STR("HTTP/1.0"));
    bool is_asterisk = str_equal(head->target, STR("*")) && str_equal(head->method, STR("OPTIONS"));
    bool is_path = head->target.length > 0 && head->target.base[0] == '/' && has_only(head->target, "!", "~", "") &&
                   has_none_of(head->target, "#");
    bool is_version = rest.length == 8 && memcmp(rest.base, "HTTP/1.", 7) == 0 && is_number(str_from(rest, 7));
    if (!is_token(head->method) || str_equal(head->method, STR("CONNECT")) || !(is_path || is_asterisk) ||
        !is_version) {
        head->is_bad = true;
    }
}

static void read_framing(struct str name, struct str value, bool has_blank_behind, struct head *head)
{
    if (is_named(name, "Content-Length")) {
        head->lengths++;
        head->is_doubted = head->is_doubted || has_blank_behind || value.length > 9;
        head->is_bad = head->is_bad || !is_number(value);
        for (size_t i = 0; i < value.length && head->length <= HTTP_STREAM_BODY_MAXIMUM; i++) {
            head->length = head->length * 10 + (size_t)(value.base[i] - '0');
        }
    } else if (is_named(name, "Transfer-Encoding")) {
        head->codings++;
        head->is_doubted = head->is_doubted || has_blank_behind;
        head->is_bad = head->is_bad || !is_named(value, "chunked");
    }
}

static void read_field(struct str line, struct head *head, struct buf *account)
{
    struct str rest = line;
    struct str name = str_split(&rest, ':');
    bool has_colon = name.length < line.length;
    struct str value = str_trim(rest);
    bool has_blank_behind = value.base + value.length != rest.base + rest.length;

    if (!has_colon || !is_token(name) || !is_value(rest)) {
        head->is_bad = true;
        return;
    }
    read_framing(name, value, has_blank_behind, head);
    if (is_named(name, "Host")) {
        head->hosts++;
        head->is_doubted = head->is_doubted || value.length == 0 || !has_only(value, "a", "z", "0123456789.-");
        head->is_bad = head->is_bad || value.length == 0 || !has_none_of(value, "/?#@\\\"<>^`{|} \t");
    } else if (is_named(name, "Expect")) {
        head->is_bad = head->is_bad || (value.length > 0 && !is_named(value, "100-continue"));
    } else if (is_named(name, "Cookie")) {
        head->is_doubted = head->is_doubted || str_find(value, '"') < value.length;
    } else if (is_named(name, "Connection")) {
        head->has_connection = true;
    }
    (void)buf_add_str(account, name);
    (void)buf_add_text(account, ": ");
    (void)buf_add_str(account, value);
    (void)buf_add_byte(account, '\n');
}

/* False: its end has not come. */
static bool read_head(struct str *rest, struct head *head, struct buf *account)
{
    struct str line;

    skip_lines_in_front(rest, head);
    if (!take_line(rest, &line, head)) {
        return false;
    }
    read_request_line(line, head);
    (void)buf_add_str(account, head->method);
    (void)buf_add_byte(account, ' ');
    (void)buf_add_str(account, head->target);
    (void)buf_add_byte(account, '\n');
    while (!head->is_bad && !head->has_odd_end && take_line(rest, &line, head) && line.length > 0) {
        read_field(line, head, account);
    }
    return head->is_bad || head->has_odd_end || line.length == 0;
}

/* ---- bodies ---- */

/* Sizes of up to four digits, no extension, no trailer; anything else is read forgivingly, which is not at all. */
static bool read_chunks(struct str rest, struct buf *account)
{
    for (;;) {
        struct head ignored = { .is_bad = false };
        struct str line;
        if (!take_line(&rest, &line, &ignored) || ignored.is_bad || ignored.is_doubted || line.length == 0 ||
            line.length > 4 || !has_only(line, "0", "9", "abcdefABCDEF")) {
            return false;
        }
        size_t size = strtoul(line.base, NULL, 16);
        if (account->length + size > HTTP_STREAM_BODY_MAXIMUM || rest.length < size + 2 ||
            memcmp(rest.base + size, "\r\n", 2) != 0) {
            return false;
        }
        (void)buf_add(account, rest.base, size);
        rest = str_from(rest, size + 2);
        if (size == 0) {
            return true;
        }
    }
}

static bool is_framed_badly(const struct head *head)
{
    return head->lengths + head->codings > 1 || (head->codings > 0 && head->is_http_1_0) || head->hosts > 1 ||
           (head->hosts == 0 && !head->is_http_1_0) || head->length > HTTP_STREAM_BODY_MAXIMUM;
}

struct http_stream_request http_stream_take(struct str *rest, struct buf *account)
{
    struct http_stream_request request = { .verdict = HTTP_STREAM_SHORT, .is_body_known = true };
    struct head head = { .is_bad = false };

    bool is_whole = read_head(rest, &head, account);
    if (head.is_bad || (is_whole && is_framed_badly(&head))) {
        request.verdict = HTTP_STREAM_BAD;
        return request;
    }
    if (!is_whole || rest->length < head.length) {
        return request;
    }
    request.verdict = head.is_doubted ? HTTP_STREAM_DOUBTED : HTTP_STREAM_GOOD;
    request.is_last = head.codings > 0;
    request.is_kept = !head.is_http_1_0 && !head.has_connection && !request.is_last;
    (void)buf_add_byte(account, '\n');
    if (head.codings > 0) {
        request.is_body_known = read_chunks(*rest, account);
        request.verdict = request.is_body_known ? request.verdict : HTTP_STREAM_DOUBTED;
    } else {
        (void)buf_add(account, rest->base, head.length);
        *rest = str_from(*rest, head.length);
    }
    return request;
}
