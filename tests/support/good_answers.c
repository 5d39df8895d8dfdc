/* SPDX-License-Identifier: MIT */
#include "tests/support/good_answers.h"

#include "common/compiler.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"
#define BYTES(literal) STR_STATIC(literal)

const struct good_answer good_answers[] = {
    { "a length", BYTES(OK "Content-Length: 2\r\n\r\n{}"), false, true, 200, "{}", 0 },
    { "no body", BYTES(OK "Content-Length: 0\r\n\r\n"), false, true, 200, "", 0 },
    { "what nginx sends",
      BYTES(OK "Server: nginx/1.22.1\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\nContent-Type: application/json\r\n"
               "Content-Length: 21\r\nConnection: keep-alive\r\nX-A: b\r\n\r\n{\"message\":\"success\"}"),
      false, true, 200, "{\"message\":\"success\"}", 0 },
    { "blanks and tabs around a length", BYTES(OK "Content-Length: \t 2 \r\n\r\n{}"), false, true, 200, "{}", 0 },
    { "a length with zeros in front", BYTES(OK "Content-Length: 0002\r\n\r\n{}"), false, true, 200, "{}", 0 },
    { "names in any case", BYTES(OK "cOnTeNt-LeNgTh:2\r\n\r\n{}"), false, true, 200, "{}", 0 },
    { "a name of all that a token may be", BYTES(OK "!#$%&'*+-.^_`|~09azAZ: x\r\nContent-Length: 0\r\n\r\n"), false,
      true, 200, "", 0 },
    { "a value with a tab and bytes from 0x80 on",
      BYTES(OK "X-Long-Enough: 12345678\t\x80\xff"
               "12345678\r\nContent-Length: 0\r\n\r\n"),
      false, true, 200, "", 0 },
    { "a field without a value", BYTES(OK "X:\r\nContent-Length: 0\r\n\r\n"), false, true, 200, "", 0 },
    { "a reason of Latin-1", BYTES("HTTP/1.1 200 Sch\xf6n\r\nContent-Length: 0\r\n\r\n"), false, true, 200, "", 0 },
    { "no reason", BYTES("HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}"), false, true, 200, "{}", 0 },
    { "neither a reason nor its blank", BYTES("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}"), false, true, 200, "{}",
      0 },
    { "any other status", BYTES("HTTP/1.1 599 Odd\r\nContent-Length: 2\r\n\r\n{}"), false, true, 599, "{}", 0 },
    { "identity", BYTES(OK "Content-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}"), false, true, 200, "{}", 0 },
    { "the last answer on a connection", BYTES(OK "Connection: close\r\nContent-Length: 2\r\n\r\n{}"), false, false,
      200, "{}", 0 },
    { "close among other options", BYTES(OK "Connection: x, Close\r\nContent-Length: 2\r\n\r\n{}"), false, false, 200,
      "{}", 0 },
    { "close and keep-alive", BYTES(OK "Connection: keep-alive\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"),
      false, false, 200, "{}", 0 },
    { "HTTP/1.0 with a length", BYTES("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"), false, false, 200, "{}", 0 },
    { "HTTP/1.0 that wants to be kept",
      BYTES("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}"), false, false, 200, "{}", 0 },
    { "a length, and the connection ends", BYTES(OK "Content-Length: 2\r\n\r\n{}"), true, true, 200, "{}", 0 },
    { "until the connection ends", BYTES(OK "\r\n{}"), true, false, 200, "{}", 0 },
    { "nothing until the connection ends", BYTES(OK "\r\n"), true, false, 200, "", 0 },
    { "HTTP/1.0 until the connection ends", BYTES("HTTP/1.0 200 OK\r\n\r\n{}"), true, false, 200, "{}", 0 },

    /* Chunks. */
    { "chunks", BYTES(CHUNKED "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"), false, true, 200, "{}", 0 },
    { "no chunk but the last", BYTES(CHUNKED "0\r\n\r\n"), false, true, 200, "", 0 },
    { "chunked in capitals", BYTES(OK "transfer-encoding: CHUNKED\r\n\r\n2\r\n{}\r\n0\r\n\r\n"), false, true, 200, "{}",
      0 },
    { "sizes in hexadecimal", BYTES(CHUNKED "a\r\n0123456789\r\nB\r\n0123456789a\r\n00\r\n\r\n"), false, true, 200,
      "01234567890123456789a", 0 },
    { "a size with zeros in front", BYTES(CHUNKED "0000000000000002\r\n{}\r\n0000000000000000\r\n\r\n"), false, true,
      200, "{}", 0 },
    { "extensions", BYTES(CHUNKED "1;x=y\r\n{\r\n1 ; x=\"y z\";q\r\n}\r\n0;last\r\n\r\n"), false, true, 200, "{}", 0 },
    { "a size with blanks behind it", BYTES(CHUNKED "2  \r\n{}\r\n0 \r\n\r\n"), false, true, 200, "{}", 0 },
    { "trailers", BYTES(CHUNKED "2\r\n{}\r\n0\r\nX-Trailer: 1\r\nY: 2\r\n\r\n"), false, true, 200, "{}", 0 },
    { "a chunk of what looks like its end", BYTES(CHUNKED "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n"), false, true, 200,
      "\r\n0\r\n\r\n", 0 },
    { "the last chunks on a connection",
      BYTES(OK "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n"), false, false, 200, "{}",
      0 },

    /* Interim responses. */
    { "an interim response first",
      BYTES("HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\n" OK "Content-Length: 2\r\n\r\n{}"), false, true, 200,
      "{}", 0 },
    { "two of them, with chunks and a last word",
      BYTES("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 102 Processing\r\nConnection: close\r\n"
            "Transfer-Encoding: chunked\r\n\r\n" CHUNKED "2\r\n{}\r\n0\r\n\r\n"),
      false, true, 200, "{}", 0 },

    /* Without a body, whatever they say. */
    { "no content", BYTES("HTTP/1.1 204 No Content\r\n\r\n"), false, true, 204, "", 0 },
    { "no content with a length", BYTES("HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n"), false, true, 204, "",
      0 },
    { "no content with chunks", BYTES("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"), false, true,
      204, "", 0 },
    { "not modified", BYTES("HTTP/1.1 304 Not Modified\r\nContent-Length: 999\r\n\r\n"), false, true, 304, "", 0 },

    /* What is behind them is left. */
    { "stray bytes behind a length", BYTES(OK "Content-Length: 2\r\n\r\n{}HTTP/1.1 299 Stray\r\n\r\n"), false, true,
      200, "{}", 22 },
    { "stray bytes behind chunks", BYTES(CHUNKED "0\r\n\r\n\r\n"), false, true, 200, "", 2 },
    { "stray bytes behind no content", BYTES("HTTP/1.1 204 \r\n\r\nx"), false, true, 204, "", 1 },
};

const size_t good_answers_count = array_length(good_answers);
