/* SPDX-License-Identifier: MIT */
#include "backend/fault.h"

#include <errno.h>

#include "common/clock.h"

enum {
    BYTES_LIMIT = 1024 * 1024,
    RETRY_US = 5 * CLOCK_US_PER_MS, /* a raw answer has no way to hear that the socket takes more */
    DRIP_US = 100 * CLOCK_US_PER_MS,
    ENDLESS_CHUNK_BYTES = 32 * 1024,
    ENDLESS_CHUNKS_PER_TURN = 8,
    HUGE_HEADER_BYTES = 256 * 1024,
    MANY_HEADERS = 10000,
};

#define OK_JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#define SUCCESS "{\"message\":\"success\"}"
#define SUCCESS_LENGTH "Content-Length: 21\r\n"

enum ending { ENDING_CLOSE, ENDING_RESET, ENDING_HOLD, ENDING_DRIP, ENDING_ENDLESS };

struct fault {
    const char *name;
    void (*start)(struct fault_run *run);
    int status; /* for the log; 0: none is sent, or the answer has no end */
    bool is_for_next;
    /* for send_bytes() */
    const char *bytes;
    void (*write)(struct buf *bytes); /* instead of `bytes` */
    enum ending ending;
};

/* ---- bytes, and what comes after them ---- */

static void call_later(struct fault_run *run, loop_timer_fn *on_due, uint64_t wait_us)
{
    run->timer = (struct loop_timer){ .on_due = on_due, .context = run };
    if (loop_arm(run->loop, &run->timer, clock_monotonic_us() + wait_us) < 0) {
        http_exchange_raw_close(run->exchange);
    }
}

/* What the socket takes of run->bytes. False: the connection is broken; then on_client_gone() is on its way. */
static bool send_some(struct fault_run *run)
{
    struct str bytes = buf_view(&run->bytes);

    if (bytes.length == 0) {
        return true;
    }
    ssize_t count = http_exchange_raw_send(run->exchange, bytes.base, bytes.length);
    if (count > 0) {
        buf_consume(&run->bytes, (size_t)count);
    }
    return count >= 0 || count == -EAGAIN || count == -EINTR;
}

static void drip(void *context)
{
    struct fault_run *run = context;

    if (run->bytes.length == 0) {
        (void)buf_add_byte(&run->bytes, ' ');
    }
    if (send_some(run)) {
        call_later(run, drip, DRIP_US);
    }
}

static void add_endless_chunk(struct buf *bytes)
{
    (void)buf_add_format(bytes, "%x\r\n", (unsigned)ENDLESS_CHUNK_BYTES);
    for (int i = 0; i < ENDLESS_CHUNK_BYTES; i++) {
        (void)buf_add_byte(bytes, 'x');
    }
    (void)buf_add_text(bytes, "\r\n");
}

static void send_endless(void *context)
{
    struct fault_run *run = context;
    bool is_broken = false;

    for (int i = 0; i < ENDLESS_CHUNKS_PER_TURN && !is_broken; i++) {
        if (run->bytes.length == 0) {
            add_endless_chunk(&run->bytes);
        }
        is_broken = !send_some(run);
    }
    if (!is_broken) {
        call_later(run, send_endless, RETRY_US);
    }
}

static void come_to_the_end(struct fault_run *run)
{
    switch (run->fault->ending) {
    case ENDING_CLOSE:
        http_exchange_raw_close(run->exchange);
        break;
    case ENDING_RESET:
        http_exchange_raw_reset(run->exchange);
        break;
    case ENDING_DRIP:
        call_later(run, drip, DRIP_US);
        break;
    case ENDING_ENDLESS:
        call_later(run, send_endless, 0);
        break;
    case ENDING_HOLD:
        break;
    }
}

static void send_rest(void *context)
{
    struct fault_run *run = context;

    if (!send_some(run)) {
        return;
    }
    if (run->bytes.length > 0) {
        call_later(run, send_rest, RETRY_US);
    } else {
        come_to_the_end(run);
    }
}

/* ---- how they start ---- */

static void send_bytes(struct fault_run *run)
{
    if (run->fault->write != NULL) {
        run->fault->write(&run->bytes);
    } else {
        (void)buf_add_text(&run->bytes, run->fault->bytes);
    }
    if (run->bytes.failed) {
        http_exchange_raw_close(run->exchange);
        return;
    }
    send_rest(run);
}

static void write_huge_header(struct buf *bytes)
{
    (void)buf_add_text(bytes, OK_JSON SUCCESS_LENGTH "X-Huge: ");
    for (int i = 0; i < HUGE_HEADER_BYTES; i++) {
        (void)buf_add_byte(bytes, 'x');
    }
    (void)buf_add_text(bytes, "\r\n\r\n" SUCCESS);
}

static void write_many_headers(struct buf *bytes)
{
    (void)buf_add_text(bytes, OK_JSON SUCCESS_LENGTH);
    for (int i = 0; i < MANY_HEADERS; i++) {
        (void)buf_add_format(bytes, "X-Many-%d: x\r\n", i);
    }
    (void)buf_add_text(bytes, "\r\n" SUCCESS);
}

/* All is well but the body, so it is an ordinary answer and the connection goes on. */
static void answer_bad_json(struct fault_run *run)
{
    static const struct http_field fields[] = { { "Content-Type", "application/json" } };
    struct http_answer answer = {
        .status = 200,
        .fields = fields,
        .field_count = array_length(fields),
        .body = STR("{\"message\":\"success\""),
        .memory = HTTP_BODY_CONSTANT,
    };

    (void)http_exchange_answer(run->exchange, &answer);
}

/* ---- the table ---- */

static const struct fault faults[] = {
    { .name = "reset", .start = send_bytes, .bytes = "", .ending = ENDING_RESET },
    { .name = "close", .start = send_bytes, .bytes = "", .ending = ENDING_CLOSE },
    { .name = "reset-mid",
      .start = send_bytes,
      .status = 200,
      .bytes = OK_JSON "Content-Length: 1000\r\n\r\n{\"message\":",
      .ending = ENDING_RESET },
    { .name = "close-mid",
      .start = send_bytes,
      .status = 200,
      .bytes = OK_JSON "Content-Length: 1000\r\n\r\n{\"message\":",
      .ending = ENDING_CLOSE },
    { .name = "stall", .start = send_bytes, .bytes = OK_JSON SUCCESS_LENGTH "\r\n", .ending = ENDING_HOLD },
    { .name = "silent", .start = send_bytes, .bytes = "", .ending = ENDING_HOLD },
    { .name = "drip",
      .start = send_bytes,
      .bytes = OK_JSON "Connection: close\r\n\r\n{", /* no length: only the connection's end would end it */
      .ending = ENDING_DRIP },
    { .name = "endless",
      .start = send_bytes,
      .bytes = OK_JSON "Transfer-Encoding: chunked\r\n\r\n1\r\n\"\r\n",
      .ending = ENDING_ENDLESS },
    { .name = "garbage",
      .start = send_bytes,
      .bytes = "\x16\x03\x01 this is not what was asked for\r\n\r\n\xff\xfe",
      .ending = ENDING_CLOSE },
    { .name = "dup-length",
      .start = send_bytes,
      .status = 200,
      .bytes = OK_JSON SUCCESS_LENGTH "Content-Length: 12\r\n\r\n" SUCCESS,
      .ending = ENDING_CLOSE },
    { .name = "length-and-chunked",
      .start = send_bytes,
      .status = 200,
      .bytes = OK_JSON SUCCESS_LENGTH "Transfer-Encoding: chunked\r\n\r\n15\r\n" SUCCESS "\r\n0\r\n\r\n",
      .ending = ENDING_CLOSE },
    { .name = "short-length",
      .start = send_bytes,
      .status = 200,
      .bytes = OK_JSON "Content-Length: 12\r\n\r\n" SUCCESS,
      .ending = ENDING_CLOSE },
    { .name = "huge-header", .start = send_bytes, .status = 200, .write = write_huge_header, .ending = ENDING_CLOSE },
    { .name = "many-headers", .start = send_bytes, .status = 200, .write = write_many_headers, .ending = ENDING_CLOSE },
    /* Held, so that a client that keeps the connection meets the stray bytes with its next request. */
    { .name = "extra-bytes",
      .start = send_bytes,
      .status = 200,
      .bytes = OK_JSON SUCCESS_LENGTH "\r\n" SUCCESS OK_JSON "Content-Length: 19\r\n\r\n{\"message\":\"stray\"}",
      .ending = ENDING_HOLD },
    { .name = "bad-json", .start = answer_bad_json, .status = 200 },
    { .name = "close-next", .is_for_next = true, .start = send_bytes, .bytes = "", .ending = ENDING_CLOSE },
};

const struct fault *fault_find(struct str name)
{
    for (size_t i = 0; i < array_length(faults); i++) {
        if (str_equal(name, str_of(faults[i].name))) {
            return &faults[i];
        }
    }
    return NULL;
}

const char *fault_name(const struct fault *fault)
{
    return fault->name;
}

void fault_add_names(struct buf *text)
{
    for (size_t i = 0; i < array_length(faults); i++) {
        (void)buf_add_format(text, "%s%s", i == 0 ? "" : ", ", faults[i].name);
    }
}

int fault_status(const struct fault *fault)
{
    return fault->status != 0 ? fault->status : FAULT_NO_RESPONSE;
}

bool fault_is_for_next(const struct fault *fault)
{
    return fault->is_for_next;
}

/* ---- a run ---- */

void fault_start(struct fault_run *run, const struct fault *fault, struct loop *loop, struct http_exchange *exchange)
{
    *run = (struct fault_run){ .fault = fault, .loop = loop, .exchange = exchange };
    buf_init(&run->bytes, BYTES_LIMIT);
    fault->start(run);
}

void fault_end(struct fault_run *run)
{
    loop_disarm(run->loop, &run->timer);
    http_exchange_raw_close(run->exchange);
}

void fault_stop(struct fault_run *run)
{
    if (run->fault == NULL) {
        return;
    }
    loop_disarm(run->loop, &run->timer);
    buf_clear(&run->bytes);
}
