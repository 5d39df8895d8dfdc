/* SPDX-License-Identifier: MIT */
#include "common/http_bare_answer.h"

#include <stdio.h>
#include <sys/socket.h>

#include "common/compiler.h"
#include "common/http_date.h"
#include "common/problem.h"

enum { READS_AT_MOST = 16, READ_BYTES = 4096, SERVICE_UNAVAILABLE = 503 };

static size_t render(char text[HTTP_BARE_ANSWER_BYTES], int status, const char *fields)
{
    char date[HTTP_DATE_BYTES];

    http_date_now(date);
    int length = snprintf(text, HTTP_BARE_ANSWER_BYTES,
                          "HTTP/1.1 %d %s\r\nDate: %s\r\n%sConnection: close\r\n"
                          "Content-Length: 0\r\n\r\n",
                          status, problem_reason_phrase(status), date, fields);
    return length < HTTP_BARE_ANSWER_BYTES ? (size_t)length : HTTP_BARE_ANSWER_BYTES - 1;
}

size_t http_bare_answer(int status, char text[HTTP_BARE_ANSWER_BYTES])
{
    return render(text, status, "");
}

void http_bare_answer_refuse(int descriptor)
{
    char dropped[READ_BYTES];
    char text[HTTP_BARE_ANSWER_BYTES];
    size_t length = render(text, SERVICE_UNAVAILABLE, "Retry-After: 1\r\n");

    (void)send(descriptor, text, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)shutdown(descriptor, SHUT_WR);
    for (int i = 0; i < READS_AT_MOST && recv(descriptor, dropped, sizeof dropped, MSG_DONTWAIT) > 0; i++) {
    }
    (void)close(descriptor);
}
