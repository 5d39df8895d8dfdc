/* SPDX-License-Identifier: MIT */
#include "gateway/http_response_parser.h"

#include "tests/support/unit.h"
#include "tests/unit/gateway/response_scene.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"
#define BYTES(literal) STR_STATIC(literal)

struct good_case {
    const char *name;
    struct str bytes;
    enum response_ending ending;
    bool keeps_connection;
    unsigned status;
    const char *body;
    size_t stray_bytes; /* behind its end */
};

static const struct good_case good_cases[] = {
    { "a length", BYTES(OK "Content-Length: 2\r\n\r\n{}"), ENDING_NONE, true, 200, "{}", 0 },
    { "no body", BYTES(OK "Content-Length: 0\r\n\r\n"), ENDING_NONE, true, 200, "", 0 },
    { "what nginx sends",
      BYTES(OK "Server: nginx/1.22.1\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\nContent-Type: application/json\r\n"
               "Content-Length: 21\r\nConnection: keep-alive\r\nX-A: b\r\n\r\n{\"message\":\"success\"}"),
      ENDING_NONE, true, 200, "{\"message\":\"success\"}", 0 },
    { "blanks and tabs around a length", BYTES(OK "Content-Length: \t 2 \r\n\r\n{}"), ENDING_NONE, true, 200, "{}", 0 },
    { "a length with zeros in front", BYTES(OK "Content-Length: 0002\r\n\r\n{}"), ENDING_NONE, true, 200, "{}", 0 },
    { "names in any case", BYTES(OK "cOnTeNt-LeNgTh:2\r\n\r\n{}"), ENDING_NONE, true, 200, "{}", 0 },
    { "a name of all that a token may be", BYTES(OK "!#$%&'*+-.^_`|~09azAZ: x\r\nContent-Length: 0\r\n\r\n"),
      ENDING_NONE, true, 200, "", 0 },
    { "a value with a tab and bytes from 0x80 on",
      BYTES(OK "X-Long-Enough: 12345678\t\x80\xff"
               "12345678\r\nContent-Length: 0\r\n\r\n"),
      ENDING_NONE, true, 200, "", 0 },
    { "a field without a value", BYTES(OK "X:\r\nContent-Length: 0\r\n\r\n"), ENDING_NONE, true, 200, "", 0 },
    { "a reason of Latin-1", BYTES("HTTP/1.1 200 Sch\xf6n\r\nContent-Length: 0\r\n\r\n"), ENDING_NONE, true, 200, "",
      0 },
    { "no reason", BYTES("HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}"), ENDING_NONE, true, 200, "{}", 0 },
    { "neither a reason nor its blank", BYTES("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}"), ENDING_NONE, true, 200,
      "{}", 0 },
    { "any other status", BYTES("HTTP/1.1 599 Odd\r\nContent-Length: 2\r\n\r\n{}"), ENDING_NONE, true, 599, "{}", 0 },
    { "identity", BYTES(OK "Content-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}"), ENDING_NONE, true, 200, "{}",
      0 },
    { "the last answer on a connection", BYTES(OK "Connection: close\r\nContent-Length: 2\r\n\r\n{}"), ENDING_NONE,
      false, 200, "{}", 0 },
    { "close among other options", BYTES(OK "Connection: x, Close\r\nContent-Length: 2\r\n\r\n{}"), ENDING_NONE, false,
      200, "{}", 0 },
    { "close and keep-alive", BYTES(OK "Connection: keep-alive\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"),
      ENDING_NONE, false, 200, "{}", 0 },
    { "HTTP/1.0 with a length", BYTES("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"), ENDING_NONE, false, 200, "{}",
      0 },
    { "HTTP/1.0 that wants to be kept",
      BYTES("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}"), ENDING_NONE, false, 200, "{}",
      0 },
    { "a length, and the connection ends", BYTES(OK "Content-Length: 2\r\n\r\n{}"), ENDING_CLOSE, true, 200, "{}", 0 },
    { "a length, and the connection breaks", BYTES(OK "Content-Length: 2\r\n\r\n{}"), ENDING_BREAK, true, 200, "{}",
      0 },
    { "until the connection ends", BYTES(OK "\r\n{}"), ENDING_CLOSE, false, 200, "{}", 0 },
    { "nothing until the connection ends", BYTES(OK "\r\n"), ENDING_CLOSE, false, 200, "", 0 },
    { "HTTP/1.0 until the connection ends", BYTES("HTTP/1.0 200 OK\r\n\r\n{}"), ENDING_CLOSE, false, 200, "{}", 0 },

    /* Chunks. */
    { "chunks", BYTES(CHUNKED "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"), ENDING_NONE, true, 200, "{}", 0 },
    { "no chunk but the last", BYTES(CHUNKED "0\r\n\r\n"), ENDING_NONE, true, 200, "", 0 },
    { "chunked in capitals", BYTES(OK "transfer-encoding: CHUNKED\r\n\r\n2\r\n{}\r\n0\r\n\r\n"), ENDING_NONE, true, 200,
      "{}", 0 },
    { "sizes in hexadecimal", BYTES(CHUNKED "a\r\n0123456789\r\nB\r\n0123456789a\r\n00\r\n\r\n"), ENDING_NONE, true,
      200, "01234567890123456789a", 0 },
    { "a size with zeros in front", BYTES(CHUNKED "0000000000000000000002\r\n{}\r\n0000\r\n\r\n"), ENDING_NONE, true,
      200, "{}", 0 },
    { "extensions", BYTES(CHUNKED "1;x=y\r\n{\r\n1 ; x=\"y z\";q\r\n}\r\n0;last\r\n\r\n"), ENDING_NONE, true, 200, "{}",
      0 },
    { "a size with blanks behind it", BYTES(CHUNKED "2  \r\n{}\r\n0 \r\n\r\n"), ENDING_NONE, true, 200, "{}", 0 },
    { "trailers", BYTES(CHUNKED "2\r\n{}\r\n0\r\nX-Trailer: 1\r\nY: 2\r\n\r\n"), ENDING_NONE, true, 200, "{}", 0 },
    { "a chunk of what looks like its end", BYTES(CHUNKED "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n"), ENDING_NONE, true, 200,
      "\r\n0\r\n\r\n", 0 },
    { "the last chunks on a connection",
      BYTES(OK "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n"), ENDING_NONE, false, 200,
      "{}", 0 },

    /* Interim responses. */
    { "an interim response first",
      BYTES("HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\n" OK "Content-Length: 2\r\n\r\n{}"), ENDING_NONE,
      true, 200, "{}", 0 },
    { "two of them, with chunks and a last word",
      BYTES("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 102 Processing\r\nConnection: close\r\n"
            "Transfer-Encoding: chunked\r\n\r\n" CHUNKED "2\r\n{}\r\n0\r\n\r\n"),
      ENDING_NONE, true, 200, "{}", 0 },

    /* Without a body, whatever they say. */
    { "no content", BYTES("HTTP/1.1 204 No Content\r\n\r\n"), ENDING_NONE, true, 204, "", 0 },
    { "no content with a length", BYTES("HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n"), ENDING_NONE, true, 204,
      "", 0 },
    { "no content with chunks", BYTES("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"), ENDING_NONE,
      true, 204, "", 0 },
    { "not modified", BYTES("HTTP/1.1 304 Not Modified\r\nContent-Length: 99999\r\n\r\n"), ENDING_NONE, true, 304, "",
      0 },

    /* What is behind them is left. */
    { "stray bytes behind a length", BYTES(OK "Content-Length: 2\r\n\r\n{}HTTP/1.1 299 Stray\r\n\r\n"), ENDING_NONE,
      true, 200, "{}", 22 },
    { "stray bytes behind chunks", BYTES(CHUNKED "0\r\n\r\n\r\n"), ENDING_NONE, true, 200, "", 2 },
    { "stray bytes behind no content", BYTES("HTTP/1.1 204 \r\n\r\nx"), ENDING_NONE, true, 204, "", 1 },
};

struct bad_case {
    const char *name;
    struct str bytes;
    enum response_ending ending;
    enum call_error error;
    unsigned status;
};

#define PROTOCOL CALL_HTTP_PROTOCOL_ERROR
#define CODING CALL_HTTP_RESPONSE_TRANSFER_CODING
#define INCOMPLETE CALL_HTTP_RESPONSE_INCOMPLETE
#define TERMINATED CALL_CONNECTION_TERMINATED

static const struct bad_case bad_cases[] = {
    /* Ends. */
    { "close before any byte", BYTES(""), ENDING_CLOSE, TERMINATED, 0 },
    { "reset before any byte", BYTES(""), ENDING_BREAK, TERMINATED, 0 },
    { "close within the status line", BYTES("HTTP/1.1 200 O"), ENDING_CLOSE, TERMINATED, 0 },
    { "close within the head", BYTES(OK "Content-Le"), ENDING_CLOSE, INCOMPLETE, 200 },
    { "close before the head's end", BYTES(OK "Content-Length: 0\r\n"), ENDING_CLOSE, INCOMPLETE, 200 },
    { "close within the head's end", BYTES(OK "Content-Length: 0\r\n\r"), ENDING_CLOSE, INCOMPLETE, 200 },
    { "close before the body", BYTES(OK "Content-Length: 2\r\n\r\n"), ENDING_CLOSE, INCOMPLETE, 200 },
    { "close within the body", BYTES(OK "Content-Length: 3\r\n\r\n{}"), ENDING_CLOSE, INCOMPLETE, 200 },
    { "reset within the body", BYTES(OK "Content-Length: 3\r\n\r\n{}"), ENDING_BREAK, INCOMPLETE, 200 },
    { "close before a chunk", BYTES(CHUNKED), ENDING_CLOSE, INCOMPLETE, 200 },
    { "close within a chunk", BYTES(CHUNKED "5\r\n{}"), ENDING_CLOSE, INCOMPLETE, 200 },
    { "close within a chunk's end", BYTES(CHUNKED "2\r\n{}\r"), ENDING_CLOSE, INCOMPLETE, 200 },
    { "no last chunk", BYTES(CHUNKED "2\r\n{}\r\n"), ENDING_CLOSE, INCOMPLETE, 200 },
    { "no end behind the last chunk", BYTES(CHUNKED "2\r\n{}\r\n0\r\n"), ENDING_CLOSE, INCOMPLETE, 200 },
    { "close within trailers", BYTES(CHUNKED "0\r\nX: y\r\n"), ENDING_CLOSE, INCOMPLETE, 200 },
    { "reset of a body without end", BYTES(OK "\r\n{}"), ENDING_BREAK, INCOMPLETE, 200 },
    { "close after an interim response", BYTES("HTTP/1.1 103 Early Hints\r\n\r\n"), ENDING_CLOSE, INCOMPLETE, 103 },
    { "close after a part of another status line", BYTES("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1."), ENDING_CLOSE,
      INCOMPLETE, 103 },

    /* No status line. */
    { "garbage", BYTES("\x16\x03\x01 hello\r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "garbage without a line's end", BYTES("{}"), ENDING_NONE, PROTOCOL, 0 },
    { "an empty line first", BYTES("\r\n" OK "Content-Length: 0\r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "another protocol", BYTES("RTSP/1.0 200 OK\r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "HTTP/2", BYTES("HTTP/2 200 OK\r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "HTTP/1.2", BYTES("HTTP/1.2 200 OK\r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "HTTP/0.9", BYTES("HTTP/0.9 200 OK\r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "HTTP/1.10", BYTES("HTTP/1.10 200 OK\r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "http in small letters", BYTES("http/1.1 200 OK\r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "a tab behind the version", BYTES("HTTP/1.1\t200 OK\r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "two blanks behind the version", BYTES("HTTP/1.1  200 OK\r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "no status", BYTES("HTTP/1.1 \r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "a status of two digits", BYTES("HTTP/1.1 20 OK\r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "a status of four digits", BYTES("HTTP/1.1 2000 OK\r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "a status with a letter", BYTES("HTTP/1.1 20x OK\r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "a tab behind the status", BYTES("HTTP/1.1 200\tOK\r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "status 999", BYTES("HTTP/1.1 999 Odd\r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "status 600", BYTES("HTTP/1.1 600 Odd\r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "status 099", BYTES("HTTP/1.1 099 Odd\r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "a control byte in the reason", BYTES("HTTP/1.1 200 O\x01K\r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "a bare CR in the reason", BYTES("HTTP/1.1 200 O\rK\r\n\r\n"), ENDING_NONE, PROTOCOL, 0 },
    { "a bare LF behind the status line", BYTES("HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"), ENDING_NONE, PROTOCOL,
      0 },
    { "an unasked change of protocol",
      BYTES("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), ENDING_NONE, PROTOCOL,
      101 },
    { "no status line behind an interim response", BYTES("HTTP/1.1 100 Continue\r\n\r\nContent-Length: 2\r\n\r\n{}"),
      ENDING_NONE, PROTOCOL, 100 },
    { "a status line within an interim response", BYTES("HTTP/1.1 100 Continue\r\n" OK "Content-Length: 0\r\n\r\n"),
      ENDING_NONE, PROTOCOL, 100 },
    { "a status line that is a field within an interim response",
      BYTES("HTTP/1.1 100 Continue\r\nHTTP/1.1 200 OK: x\r\nContent-Length: 0\r\n\r\n"), ENDING_NONE, PROTOCOL, 100 },

    /* Lines that are no field. */
    { "no colon", BYTES(OK "Content-Length 2\r\n\r\n{}"), ENDING_NONE, PROTOCOL, 200 },
    { "no name", BYTES(OK ": 2\r\nContent-Length: 2\r\n\r\n{}"), ENDING_NONE, PROTOCOL, 200 },
    { "a blank before the colon", BYTES(OK "Content-Length : 2\r\n\r\n{}"), ENDING_NONE, PROTOCOL, 200 },
    { "a tab before the colon", BYTES(OK "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n"), ENDING_NONE, PROTOCOL, 200 },
    { "a blank in a name", BYTES(OK "X Y: 2\r\n\r\n"), ENDING_NONE, PROTOCOL, 200 },
    { "a blank before a name", BYTES(OK " X: 2\r\n\r\n"), ENDING_NONE, PROTOCOL, 200 },
    { "a folded field", BYTES(OK "X: 1\r\n 2\r\nContent-Length: 2\r\n\r\n{}"), ENDING_NONE, PROTOCOL, 200 },
    { "a field folded with a tab", BYTES(OK "X: 1\r\n\tY: 2\r\n\r\n"), ENDING_NONE, PROTOCOL, 200 },
    { "a name that is no token", BYTES(OK "X(Y): 2\r\n\r\n"), ENDING_NONE, PROTOCOL, 200 },
    { "a name of Latin-1", BYTES(OK "X\xe4: 2\r\n\r\n"), ENDING_NONE, PROTOCOL, 200 },
    { "a control byte in a name", BYTES(OK "X\x01: 2\r\n\r\n"), ENDING_NONE, PROTOCOL, 200 },
    { "a NUL in a name", BYTES(OK "X\0: 2\r\n\r\n"), ENDING_NONE, PROTOCOL, 200 },
    { "a NUL in a value", BYTES(OK "X: a\0b\r\n\r\n"), ENDING_NONE, PROTOCOL, 200 },
    { "a NUL within a long value", BYTES(OK "X: 12345678a\0b12345678\r\n\r\n"), ENDING_NONE, PROTOCOL, 200 },
    { "an escape in a value", BYTES(OK "X: a\x1b[2J\r\n\r\n"), ENDING_NONE, PROTOCOL, 200 },
    { "a delete in a value",
      BYTES(OK "X: a\x7f"
               "b\r\n\r\n"),
      ENDING_NONE, PROTOCOL, 200 },
    { "a delete within a long value", BYTES(OK "X: \x80\x80\x80\x80\x80\x7f\x80\x80\r\n\r\n"), ENDING_NONE, PROTOCOL,
      200 },
    { "a unit separator within a long value", BYTES(OK "X: \xff\xff\xff\xff\xff\x1f\xff\xff\r\n\r\n"), ENDING_NONE,
      PROTOCOL, 200 },
    { "a bare CR in a value", BYTES(OK "X: a\rContent-Length: 2\r\n\r\n{}"), ENDING_NONE, PROTOCOL, 200 },
    { "two CRs before a LF", BYTES(OK "X: a\r\r\n\r\n"), ENDING_NONE, PROTOCOL, 200 },
    { "a bare LF behind a field", BYTES(OK "X: a\nContent-Length: 2\r\n\r\n{}"), ENDING_NONE, PROTOCOL, 200 },
    { "a bare LF at the head's end", BYTES(OK "Content-Length: 2\r\n\n{}"), ENDING_NONE, PROTOCOL, 200 },
    { "CR CR LF at the head's end", BYTES(OK "Content-Length: 2\r\n\r\r\n{}"), ENDING_NONE, PROTOCOL, 200 },

    /* Framing that can be read in two ways (RFC 9112 §6.3). */
    { "two lengths that differ", BYTES(OK "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} "), ENDING_NONE, PROTOCOL,
      200 },
    { "two lengths that are the same", BYTES(OK "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"), ENDING_NONE,
      PROTOCOL, 200 },
    { "a list of lengths", BYTES(OK "Content-Length: 2, 2\r\n\r\n{}"), ENDING_NONE, PROTOCOL, 200 },
    { "a length that overflows", BYTES(OK "Content-Length: 18446744073709551618\r\n\r\n{}"), ENDING_NONE, PROTOCOL,
      200 },
    { "a length that is \"none\" to the reader", BYTES(OK "Content-Length: 18446744073709551615\r\n\r\n{}"),
      ENDING_CLOSE, PROTOCOL, 200 },
    { "a negative length", BYTES(OK "Content-Length: -2\r\n\r\n{}"), ENDING_NONE, PROTOCOL, 200 },
    { "a length with a plus", BYTES(OK "Content-Length: +2\r\n\r\n{}"), ENDING_NONE, PROTOCOL, 200 },
    { "a length in hexadecimal", BYTES(OK "Content-Length: 0x2\r\n\r\n{}"), ENDING_NONE, PROTOCOL, 200 },
    { "a length with a blank in it", BYTES(OK "Content-Length: 2 2\r\n\r\n{}"), ENDING_NONE, PROTOCOL, 200 },
    { "an empty length", BYTES(OK "Content-Length:\r\n\r\n{}"), ENDING_NONE, PROTOCOL, 200 },
    { "a length and chunks", BYTES(OK "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), ENDING_NONE,
      PROTOCOL, 200 },
    { "chunks and a length", BYTES(OK "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n"), ENDING_NONE,
      PROTOCOL, 200 },
    { "chunked twice", BYTES(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
      ENDING_NONE, PROTOCOL, 200 },

    /* Codings. */
    { "a transfer coding of its own", BYTES(OK "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), ENDING_NONE,
      CODING, 200 },
    { "a list of chunked", BYTES(OK "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"), ENDING_NONE, CODING, 200 },
    { "identity as a transfer coding", BYTES(OK "Transfer-Encoding: identity\r\n\r\n"), ENDING_CLOSE, CODING, 200 },
    { "no transfer coding", BYTES(OK "Transfer-Encoding:\r\n\r\n"), ENDING_CLOSE, CODING, 200 },
    { "chunked with a vertical tab",
      BYTES(OK "Transfer-Encoding: \x0b"
               "chunked\r\n\r\n0\r\n\r\n"),
      ENDING_NONE, PROTOCOL, 200 },
    { "a content coding that was not asked for", BYTES(OK "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
      ENDING_NONE, CALL_HTTP_RESPONSE_CONTENT_CODING, 200 },

    /* Chunks that are none. */
    { "a chunk size that is none", BYTES(CHUNKED "zz\r\n{}\r\n0\r\n\r\n"), ENDING_NONE, CODING, 200 },
    { "a chunk size that is none, without a line's end", BYTES(CHUNKED "z"), ENDING_NONE, CODING, 200 },
    { "no chunk size", BYTES(CHUNKED "\r\n{}\r\n0\r\n\r\n"), ENDING_NONE, CODING, 200 },
    { "a blank before a chunk size", BYTES(CHUNKED " 2\r\n{}\r\n0\r\n\r\n"), ENDING_NONE, CODING, 200 },
    { "a negative chunk size", BYTES(CHUNKED "-2\r\n{}\r\n0\r\n\r\n"), ENDING_NONE, CODING, 200 },
    { "a chunk size with 0x in front", BYTES(CHUNKED "0x2\r\n{}\r\n0\r\n\r\n"), ENDING_NONE, CODING, 200 },
    { "a chunk size with letters behind it", BYTES(CHUNKED "2x\r\n{}\r\n0\r\n\r\n"), ENDING_NONE, CODING, 200 },
    { "a chunk size with words behind it", BYTES(CHUNKED "2 x\r\n{}\r\n0\r\n\r\n"), ENDING_NONE, CODING, 200 },
    { "a chunk size that overflows", BYTES(CHUNKED "fffffffffffffffff\r\n{}\r\n0\r\n\r\n"), ENDING_NONE, CODING, 200 },
    { "a chunk size that wraps to 2", BYTES(CHUNKED "10000000000000002\r\n{}\r\n0\r\n\r\n"), ENDING_NONE, CODING, 200 },
    { "a chunk size that is all ones", BYTES(CHUNKED "ffffffffffffffff\r\n{}\r\n0\r\n\r\n"), ENDING_NONE, CODING, 200 },
    { "a bare LF behind a chunk size", BYTES(CHUNKED "2\n{}\r\n0\r\n\r\n"), ENDING_NONE, CODING, 200 },
    { "a bare CR in an extension", BYTES(CHUNKED "2;a\rb\r\n{}\r\n0\r\n\r\n"), ENDING_NONE, CODING, 200 },
    { "a bare LF in an extension", BYTES(CHUNKED "2;a\nb\r\n{}\r\n0\r\n\r\n"), ENDING_NONE, CODING, 200 },
    { "a NUL in an extension", BYTES(CHUNKED "2;a\0b\r\n{}\r\n0\r\n\r\n"), ENDING_NONE, CODING, 200 },
    { "a chunk longer than it said", BYTES(CHUNKED "1\r\n{}\r\n0\r\n\r\n"), ENDING_NONE, CODING, 200 },
    { "a chunk longer than it said, without a line's end", BYTES(CHUNKED "1\r\n{}"), ENDING_NONE, CODING, 200 },
    { "a chunk with two bytes more", BYTES(CHUNKED "1\r\n{xx0\r\n\r\n"), ENDING_NONE, CODING, 200 },
    { "a bare LF behind a chunk", BYTES(CHUNKED "2\r\n{}\n0\r\n\r\n"), ENDING_NONE, CODING, 200 },
    { "a bare LF behind the last chunk", BYTES(CHUNKED "2\r\n{}\r\n0\n\r\n"), ENDING_NONE, CODING, 200 },
    { "a bare LF at the trailers' end", BYTES(CHUNKED "2\r\n{}\r\n0\r\n\n"), ENDING_NONE, PROTOCOL, 200 },
    { "a trailer that is no field", BYTES(CHUNKED "0\r\nX\r\n\r\n"), ENDING_NONE, PROTOCOL, 200 },
    { "a folded trailer", BYTES(CHUNKED "0\r\nX: y\r\n z\r\n\r\n"), ENDING_NONE, PROTOCOL, 200 },
    { "a length in the trailers", BYTES(CHUNKED "0\r\nContent-Length: 2\r\n\r\n"), ENDING_NONE, PROTOCOL, 200 },
    { "a transfer coding in the trailers", BYTES(CHUNKED "0\r\nTransfer-Encoding: chunked\r\n\r\n"), ENDING_NONE,
      PROTOCOL, 200 },

    /* Sizes. */
    { "an announced length over the limit", BYTES(OK "Content-Length: 4097\r\n\r\n"), ENDING_NONE,
      CALL_HTTP_RESPONSE_BODY_SIZE, 200 },
    { "the longest length there is", BYTES(OK "Content-Length: 9223372036854775807\r\n\r\n"), ENDING_NONE,
      CALL_HTTP_RESPONSE_BODY_SIZE, 200 },
    { "a chunk over the limit", BYTES(CHUNKED "1001\r\n"), ENDING_NONE, CALL_HTTP_RESPONSE_BODY_SIZE, 200 },
    { "chunks over the limit", BYTES(CHUNKED "2\r\n{}\r\nfff\r\n"), ENDING_NONE, CALL_HTTP_RESPONSE_BODY_SIZE, 200 },
};

/* ---- in every way to split them ---- */

static const char *error_text(enum call_error error)
{
    return error == CALL_OK ? "good" : call_error_name(error);
}

static void check_good(const struct good_case *row, struct response_scene scene)
{
    struct response_outcome outcome;

    response_scene_run(&scene, &outcome);

    if (outcome.error != CALL_OK) {
        fail_msg("case \"%s\", pieces of %zu, %zu: %s", row->name, scene.first_bytes, scene.piece_bytes,
                 error_text(outcome.error));
    }
    assert_case(row->name, outcome.is_complete);
    assert_case(row->name, outcome.keeps_connection == row->keeps_connection);
    assert_case(row->name, outcome.status == row->status);
    assert_case(row->name, outcome.used == row->bytes.length - row->stray_bytes);
    assert_text(buf_view(&outcome.body), row->body);
    response_outcome_clear(&outcome);
}

static void check_bad(const struct bad_case *row, struct response_scene scene)
{
    struct response_outcome outcome;

    response_scene_run(&scene, &outcome);

    if (outcome.error != row->error || outcome.status != row->status) {
        fail_msg("case \"%s\", pieces of %zu, %zu: %s with status %u", row->name, scene.first_bytes, scene.piece_bytes,
                 error_text(outcome.error), outcome.status);
    }
    assert_case(row->name, !outcome.is_complete && !outcome.keeps_connection);
    response_outcome_clear(&outcome);
}

static void the_parser_reads_good_answers(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(good_cases); i++) {
        const struct good_case *row = &good_cases[i];
        struct response_scene scene = { .bytes = row->bytes, .ending = row->ending, .piece_bytes = SCENE_AT_ONCE };

        check_good(row, scene);
    }
}

static void the_parser_refuses_bad_answers(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(bad_cases); i++) {
        const struct bad_case *row = &bad_cases[i];
        struct response_scene scene = { .bytes = row->bytes, .ending = row->ending, .piece_bytes = SCENE_AT_ONCE };

        check_bad(row, scene);
    }
}

/* Pieces of the same length each, a byte to begin with; and once in two at each place. */
static void how_an_answer_is_split_makes_no_difference_to_a_good_one(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(good_cases); i++) {
        const struct good_case *row = &good_cases[i];
        for (size_t length = 1; length <= row->bytes.length; length++) {
            struct response_scene scene = { .bytes = row->bytes, .ending = row->ending, .piece_bytes = length };
            check_good(row, scene);
            scene.first_bytes = length;
            scene.piece_bytes = SCENE_AT_ONCE;
            check_good(row, scene);
        }
    }
}

static void how_an_answer_is_split_makes_no_difference_to_a_bad_one(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(bad_cases); i++) {
        const struct bad_case *row = &bad_cases[i];
        for (size_t length = 1; length <= row->bytes.length; length++) {
            struct response_scene scene = { .bytes = row->bytes, .ending = row->ending, .piece_bytes = length };
            check_bad(row, scene);
            scene.first_bytes = length;
            scene.piece_bytes = SCENE_AT_ONCE;
            check_bad(row, scene);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parser_reads_good_answers),
        cmocka_unit_test(the_parser_refuses_bad_answers),
        cmocka_unit_test(how_an_answer_is_split_makes_no_difference_to_a_good_one),
        cmocka_unit_test(how_an_answer_is_split_makes_no_difference_to_a_bad_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
