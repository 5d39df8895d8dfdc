/* SPDX-License-Identifier: MIT */
/*
 * request_answer - what a request is answered with: bodies, header fields, problem documents.
 *
 * Each answer logs the request's Send line and hands the bytes to the exchange.
 */
#ifndef GATEWAY_REQUEST_ANSWER_H
#define GATEWAY_REQUEST_ANSWER_H

#include "gateway/request.h"

/* What the route says, and no call. */
void request_answer_constant(struct request *request, const struct route_respond *respond);
/* The calls' bodies as one object. */
void request_answer_merged(struct request *request);
/* The one call's answer as the backend gave it. */
void request_answer_passed(struct request *request);
/* The failure of the fan-out's required call, with the account of all calls. */
void request_answer_failure(struct request *request);
/* A request of ours to refuse: `detail` is one sentence for the client. `allow`: the value of Allow, or NULL. */
void request_answer_refusal(struct request *request, int status, const char *detail, const char *allow, bool close);
/* It is a call of this gateway's own: proxy_loop_detected. */
void request_answer_loop(struct request *request);
/* Too many are in flight. */
void request_answer_overload(struct request *request);
/* OPTIONS. */
void request_answer_options(struct request *request, const char *allow);

#endif
