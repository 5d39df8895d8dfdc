/* SPDX-License-Identifier: MIT */
/*
 * buf - bytes that grow, up to a limit the buffer is born with.
 *
 *     struct buf body;
 *     buf_init(&body, 1024 * 1024);
 *     if (buf_add(&body, bytes, count) < 0) ...
 *     buf_clear(&body);
 *
 * A failed addition (-ENOBUFS: over the limit; -ENOMEM) adds nothing and sets `failed`, so that a run of additions can
 * be checked once at its end.
 *
 * Memory: malloc; owned by the buffer until buf_clear() or buf_take().   Threads: none shared.
 */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/compiler.h"
#include "common/str.h"

struct buf {
    char *base;
    size_t length;
    size_t capacity;
    size_t limit;     /* the most bytes it will ever hold */
    bool failed;      /* an addition was refused since the last buf_reset() */
    bool is_borrowed; /* the bytes are somebody else's: see buf_init_on() */
};

void buf_init(struct buf *buf, size_t limit);
/* Begins in `room`, which stays its owner's and must outlive the buffer; what does not fit there goes to malloc. */
void buf_init_on(struct buf *buf, char *room, size_t room_bytes, size_t limit);
/* Frees the bytes; the buffer can be used again. */
void buf_clear(struct buf *buf);
/* Forgets the content and keeps the memory. */
void buf_reset(struct buf *buf);

static inline int buf_add(struct buf *buf, const void *bytes, size_t count);
static inline int buf_add_str(struct buf *buf, struct str text);
static inline int buf_add_text(struct buf *buf, const char *text);
static inline int buf_add_byte(struct buf *buf, char byte);
int buf_add_format(struct buf *buf, const char *format, ...) printf_like(2, 3);
int buf_add_format_list(struct buf *buf, const char *format, va_list arguments) printf_like(2, 0);
/* In decimal: a record has dozens of them, and a format string costs several times as much. */
int buf_add_number(struct buf *buf, uint64_t number);
/* `text` as a JSON string with its quotes, which a terminal may be shown, too: what str_printable_length() knows as
 * harmful becomes \uXXXX; bytes that are not UTF-8 become U+FFFD. */
int buf_add_json_string(struct buf *buf, struct str text);
/* `text` for a log line or a terminal: bytes below 0x20, from 0x7f on, '"' and '\' become \xHH. */
int buf_add_escaped(struct buf *buf, struct str text);
/* Room for `count` more bytes, to be written at base + length; NULL when refused. Whoever knows how much is to come
 * asks for all of it at once: that much is taken, and no more. */
static inline char *buf_reserve(struct buf *buf, size_t count);
/* The same where `due` bytes in all are announced: memory for up to sixteen times what there is, so that a long text
 * moves once, and an announced length alone costs nothing. */
static inline char *buf_reserve_due(struct buf *buf, size_t count, uint64_t due);
/* Drops the first `count` bytes. */
void buf_consume(struct buf *buf, size_t count);

struct str buf_view(const struct buf *buf);
/* The content with a NUL behind it, to be freed by the caller; the buffer is empty afterwards. NULL: no memory. */
char *buf_take(struct buf *buf, size_t *ret_length);

#define cleanup_buf cleanup_(buf_clear)

/* ---- inline, because most additions are short and there is room for them ---- */

/* Only for the functions below: where there is no room yet, or none allowed. */
int buf_add_slowly(struct buf *buf, const void *bytes, size_t count);
char *buf_reserve_slowly(struct buf *buf, size_t count);
char *buf_reserve_due_slowly(struct buf *buf, size_t count, uint64_t due);

/* One byte more than asked for is there: buf_take() puts a NUL into it. */
static inline bool buf_has_room(const struct buf *buf, size_t count)
{
    return count < buf->capacity - buf->length && count <= buf->limit - buf->length;
}

static inline char *buf_reserve(struct buf *buf, size_t count)
{
    return buf_has_room(buf, count) ? buf->base + buf->length : buf_reserve_slowly(buf, count);
}

static inline char *buf_reserve_due(struct buf *buf, size_t count, uint64_t due)
{
    return buf_has_room(buf, count) ? buf->base + buf->length : buf_reserve_due_slowly(buf, count, due);
}

static inline int buf_add(struct buf *buf, const void *bytes, size_t count)
{
    if (count == 0 || !buf_has_room(buf, count)) {
        return buf_add_slowly(buf, bytes, count);
    }
    memcpy(buf->base + buf->length, bytes, count);
    buf->length += count;
    return 0;
}

static inline int buf_add_str(struct buf *buf, struct str text)
{
    return buf_add(buf, text.base, text.length);
}

static inline int buf_add_text(struct buf *buf, const char *text)
{
    return buf_add(buf, text, strlen(text));
}

static inline int buf_add_byte(struct buf *buf, char byte)
{
    return buf_add(buf, &byte, 1);
}

#endif
