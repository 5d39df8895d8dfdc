/* SPDX-License-Identifier: MIT */
#include "common/problem.h"

#include <errno.h>

/* The registry of RFC 9110 §16.2, and two that nginx made common for its log: 444, closed without an
 * answer, and 499, the client left. */
static const struct {
    int status;
    const char *phrase;
} reason_phrases[] = {
    { 100, "Continue" },
    { 101, "Switching Protocols" },
    { 102, "Processing" },
    { 103, "Early Hints" },
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 203, "Non-Authoritative Information" },
    { 204, "No Content" },
    { 205, "Reset Content" },
    { 206, "Partial Content" },
    { 207, "Multi-Status" },
    { 208, "Already Reported" },
    { 226, "IM Used" },
    { 300, "Multiple Choices" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 305, "Use Proxy" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 402, "Payment Required" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 407, "Proxy Authentication Required" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 411, "Length Required" },
    { 412, "Precondition Failed" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 416, "Range Not Satisfiable" },
    { 417, "Expectation Failed" },
    { 421, "Misdirected Request" },
    { 422, "Unprocessable Content" },
    { 423, "Locked" },
    { 424, "Failed Dependency" },
    { 425, "Too Early" },
    { 426, "Upgrade Required" },
    { 428, "Precondition Required" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 444, "No Response" },
    { 451, "Unavailable For Legal Reasons" },
    { 499, "Client Closed Request" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
    { 506, "Variant Also Negotiates" },
    { 507, "Insufficient Storage" },
    { 508, "Loop Detected" },
    { 511, "Network Authentication Required" },
};

const char *problem_reason_phrase(int status)
{
    for (size_t i = 0; i < array_length(reason_phrases); i++) {
        if (reason_phrases[i].status == status) {
            return reason_phrases[i].phrase;
        }
    }
    return "Unknown";
}

int problem_render(const struct problem *problem, struct buf *body)
{
    (void)buf_add_format(body, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d",
                         problem_reason_phrase(problem->status), problem->status);
    if (problem->detail.length > 0) {
        (void)buf_add_text(body, ",\"detail\":");
        (void)buf_add_json_string(body, problem->detail);
    }
    if (problem->request_id.length > 0) {
        (void)buf_add_text(body, ",\"request_id\":");
        (void)buf_add_json_string(body, problem->request_id);
    }
    if (problem->members.length > 0) {
        (void)buf_add_byte(body, ',');
        (void)buf_add_str(body, problem->members);
    }
    (void)buf_add_byte(body, '}');
    return body->failed ? -ENOBUFS : 0;
}
