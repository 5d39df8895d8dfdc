/* SPDX-License-Identifier: MIT */
/*
 * request_answer - what a request is answered with, and its log lines: bodies, header fields, problem documents.
 *
 * Each answer logs the request's Send line and hands the bytes to the exchange.
 */
#ifndef GATEWAY_REQUEST_ANSWER_H
#define GATEWAY_REQUEST_ANSWER_H

#include "gateway/request.h"

/* A constant text, and no call. */
void request_answer_text(struct request *request, const char *text);
/* The calls' bodies as one object. */
void request_answer_merged(struct request *request);
/* The failure of request->failed, with the account of all calls. */
void request_answer_failure(struct request *request);
/* A request of ours to refuse: `detail` is one sentence for the client. `allow`: the value of Allow, or NULL. */
void request_answer_refusal(struct request *request, int status, const char *detail, const char *allow, bool close);
/* OPTIONS. */
void request_answer_options(struct request *request, const char *allow);

void request_log_received(const struct request *request);
void request_log_done(const struct request *request);

#endif
