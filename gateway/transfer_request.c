/* SPDX-License-Identifier: MIT */
#include "gateway/transfer_request.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "gateway/attempt_fields.h"
#include "gateway/curl_handle.h"
#include "gateway/curl_tls.h"

/* libcurl allocates its buffer anew for each transfer, holds it while it waits, and fills it once per event: so it is
 * as large as the answers were of late. */
enum {
    SMALLEST_BUFFER_BYTES = 1024, /* libcurl's own bound */
    LARGEST_BUFFER_BYTES = 64 * 1024,
    FORGETTING = 8, /* one part in as many of what the last answer was smaller */
};

/* "Host:" and the fields as one piece of text, and up to three names that libcurl must not add fields of. */
enum { LINES_AT_MOST = 5 };

enum { HEAD_BYTES_AT_MOST = 4 * 1024 * 1024, TARGET_BYTES_AT_MOST = 1024 * 1024, METHOD_BYTES = 24 };

/* What the handle is set to stands beside it: a setting costs more than a look. */
struct transfer_request {
    CURL *easy;

    CURLU *server_url;
    char *authority; /* of server_url; NULL: none yet */
    bool is_tls;
    struct curl_tls tls;

    char method[METHOD_BYTES];
    bool has_body;
    bool is_fresh;
    long timeout_ms;
    long connect_timeout_ms;
    long buffer_bytes;
    size_t *answer_bytes;

    struct buf target; /* all three NUL-terminated */
    struct buf head;
    struct curl_slist lines[LINES_AT_MOST];
    struct buf resolved;
    struct curl_slist resolved_line;
};

/* ---- header fields ---- */

static bool is_field(const char *line, const char *name, size_t length)
{
    return strncasecmp(line, name, length) == 0 && (line[length] == ':' || line[length] == ';');
}

static bool has_field(const struct attempt *attempt, const char *name)
{
    size_t length = strlen(name);

    for (const char *const *line = attempt->fields; *line != NULL; line++) {
        if (is_field(*line, name, length)) {
            return true;
        }
    }
    return false;
}

/* libcurl formats and looks through each line of a list on its own, byte by byte; it sends a line as it is. So all
 * fields are one line, with line breaks in it. The last of them it adds itself. */
static int build_head(struct transfer_request *request, const struct attempt *attempt, uint64_t now_us)
{
    struct buf *head = &request->head;

    buf_reset(head);
    (void)buf_add(head, "Host: ", 6);
    (void)buf_add_text(head, attempt->server->authority);
    (void)buf_add(head, "\r\n", 2);
    if (!attempt_fields_add(head, attempt, now_us)) {
        return -EINVAL;
    }
    if (head->failed) {
        return -ENOMEM;
    }
    head->base[head->length - 2] = '\0';
    return 0;
}

static struct curl_slist *add_line(struct curl_slist *last, char *text)
{
    last->next = last + 1;
    last[1] = (struct curl_slist){ .data = text };
    return last + 1;
}

/* A name alone keeps libcurl from adding that field. It would add "Accept: any" where none is asked for: let it. It
 * would call any body a form, and wait for a 100 before a longer one. */
static void list_lines(struct transfer_request *request, const struct attempt *attempt, bool has_body)
{
    static char host[] = "Host:";
    static char accept[] = "Accept:";
    static char content_type[] = "Content-Type:";
    static char expect[] = "Expect:";
    struct curl_slist *last = request->lines;

    request->lines[0] = (struct curl_slist){ .data = host };
    last = add_line(last, request->head.base);
    if (has_field(attempt, "Accept")) {
        last = add_line(last, accept);
    }
    if (has_body) {
        last = add_line(last, content_type);
        (void)add_line(last, expect);
    }
}

/* ---- server and target ---- */

static bool is_set_to(const struct transfer_request *request, const struct url *server, const struct tls_settings *tls)
{
    return request->authority != NULL && request->is_tls == server->is_tls &&
           strcmp(request->authority, server->authority) == 0 &&
           (!server->is_tls || tls_identity_is(&request->tls.identity, tls));
}

/* Parsed here once; libcurl would parse a whole URL for each transfer. */
static int set_server(struct transfer_request *request, const struct url *server, const struct tls_settings *tls)
{
    char text[CURL_TLS_URL_BYTES];

    if (is_set_to(request, server, tls)) {
        return 0;
    }
    free(take_pointer(request->authority));
    curl_tls_write_url(server, tls, text, sizeof text);
    if (curl_tls_set(&request->tls, request->easy, server, tls) < 0 ||
        curl_url_set(request->server_url, CURLUPART_URL, text, 0) != CURLUE_OK) {
        return -ENOMEM;
    }
    /* The handle would remember the text of the first server, for a replay that is refused, but only then. */
    (void)curl_easy_setopt(request->easy, CURLOPT_URL, NULL);
    request->is_tls = server->is_tls;
    request->authority = strdup(server->authority);
    return request->authority != NULL ? 0 : -ENOMEM;
}

/* Told each time, since libcurl forgets it with each transfer: then it resolves nothing itself. */
static int set_addresses(struct transfer_request *request, const struct attempt *attempt)
{
    struct buf *resolved = &request->resolved;

    if (attempt->addresses == NULL) {
        return 0;
    }
    buf_reset(resolved);
    if (curl_handle_resolved_line(resolved, attempt->server, attempt->addresses) < 0) {
        return -ENOMEM;
    }
    request->resolved_line = (struct curl_slist){ .data = resolved->base };
    return curl_easy_setopt(request->easy, CURLOPT_RESOLVE, &request->resolved_line) == CURLE_OK ? 0 : -ENOMEM;
}

static int set_target(struct transfer_request *request, const struct attempt *attempt)
{
    struct buf *target = &request->target;
    const char *path = attempt->server->path;

    if (!str_is_visible(attempt->target)) {
        return -EINVAL;
    }
    buf_reset(target);
    if (path[0] != '/' && !str_starts_with(attempt->target, STR("/"))) {
        (void)buf_add_byte(target, '/');
    }
    (void)buf_add_text(target, path);
    (void)buf_add_str(target, attempt->target);
    if (buf_add_byte(target, '\0') < 0) {
        return -ENOMEM;
    }
    /* libcurl copies it, and sends it as it is. */
    return curl_easy_setopt(request->easy, CURLOPT_REQUEST_TARGET, target->base) == CURLE_OK ? 0 : -ENOMEM;
}

/* ---- method and body ---- */

static int set_method(struct transfer_request *request, const char *method)
{
    size_t length = strlen(method);

    if (strcmp(request->method, method) == 0) {
        return 0;
    }
    if (!str_is_visible(str_of(method))) {
        return -EINVAL;
    }
    request->method[0] = '\0';
    if (curl_easy_setopt(request->easy, CURLOPT_CUSTOMREQUEST, method) != CURLE_OK) {
        return -ENOMEM;
    }
    if (length < sizeof request->method) {
        memcpy(request->method, method, length + 1);
    }
    return 0;
}

/* A method that is not libcurl's own stays what CUSTOMREQUEST says. */
static void set_body(struct transfer_request *request, const struct attempt *attempt, bool wants_body)
{
    CURL *easy = request->easy;

    if (wants_body) {
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)attempt->body.length);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, attempt->body.base != NULL ? attempt->body.base : "");
    } else if (request->has_body) {
        (void)curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
    request->has_body = wants_body;
}

/* ---- time and size ---- */

static void set_number(struct transfer_request *request, CURLoption option, long *current, long value)
{
    if (*current != value) {
        *current = value;
        (void)curl_easy_setopt(request->easy, option, value);
    }
}

static long buffer_bytes_for(size_t answer_bytes)
{
    size_t size = SMALLEST_BUFFER_BYTES;

    while (size < answer_bytes && size < LARGEST_BUFFER_BYTES) {
        size *= 2;
    }
    return (long)size;
}

static void remember_answer(size_t *remembered, size_t answer_bytes)
{
    if (answer_bytes >= *remembered) {
        *remembered = answer_bytes;
    } else if (answer_bytes > 0) {
        *remembered -= (*remembered - answer_bytes + FORGETTING - 1) / FORGETTING;
    }
}

static void set_numbers(struct transfer_request *request, const struct attempt *attempt, uint64_t now_us)
{
    set_number(request, CURLOPT_TIMEOUT_MS, &request->timeout_ms,
               curl_handle_milliseconds(now_us, attempt->deadline_us, UINT64_MAX));
    set_number(request, CURLOPT_CONNECTTIMEOUT_MS, &request->connect_timeout_ms,
               curl_handle_milliseconds(now_us, attempt->deadline_us, attempt->connect_timeout_us));
    set_number(request, CURLOPT_BUFFERSIZE, &request->buffer_bytes, buffer_bytes_for(*request->answer_bytes));
    if (request->is_fresh != attempt->wants_fresh_connection) {
        request->is_fresh = attempt->wants_fresh_connection;
        (void)curl_easy_setopt(request->easy, CURLOPT_FRESH_CONNECT, request->is_fresh ? 1L : 0L);
    }
}

/* ---- an attempt ---- */

int transfer_request_set(struct transfer_request *request, const struct attempt *attempt, uint64_t now_us)
{
    bool wants_body = attempt_has_length(attempt);

    int result = build_head(request, attempt, now_us);
    result = result < 0 ? result : set_server(request, attempt->server, attempt->tls);
    result = result < 0 ? result : set_addresses(request, attempt);
    result = result < 0 ? result : set_target(request, attempt);
    result = result < 0 ? result : set_method(request, attempt->method);
    if (result < 0) {
        return result;
    }
    list_lines(request, attempt, wants_body);
    set_body(request, attempt, wants_body);
    set_numbers(request, attempt, now_us);
    return 0;
}

/* The fields are in memory that stays. */
void transfer_request_unset(struct transfer_request *request, size_t answer_bytes)
{
    if (request->has_body) {
        (void)curl_easy_setopt(request->easy, CURLOPT_POSTFIELDS, NULL);
    }
    remember_answer(request->answer_bytes, answer_bytes);
}

/* ---- life ---- */

struct transfer_request *transfer_request_new(void *easy, size_t *answer_bytes)
{
    struct transfer_request *request = calloc(1, sizeof *request);

    if (request == NULL) {
        return NULL;
    }
    request->server_url = curl_url();
    if (request->server_url == NULL) {
        free(request);
        return NULL;
    }
    request->easy = easy;
    request->answer_bytes = answer_bytes;
    buf_init(&request->target, TARGET_BYTES_AT_MOST);
    buf_init(&request->head, HEAD_BYTES_AT_MOST);
    buf_init(&request->resolved, CURL_HANDLE_RESOLVED_BYTES);
    (void)curl_easy_setopt(easy, CURLOPT_CURLU, request->server_url);
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->lines);
    return request;
}

void transfer_request_free(struct transfer_request *request)
{
    if (request == NULL) {
        return;
    }
    curl_url_cleanup(request->server_url);
    free(request->authority);
    buf_clear(&request->target);
    buf_clear(&request->head);
    buf_clear(&request->resolved);
    free(request);
}
