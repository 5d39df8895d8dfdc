/* SPDX-License-Identifier: MIT */
/*
 * fan_out_internal - what the files of fan_out know of each other. Only for fan_out*.c.
 */
#ifndef GATEWAY_FAN_OUT_INTERNAL_H
#define GATEWAY_FAN_OUT_INTERNAL_H

#include "gateway/fan_out.h"

/* ---- fan_out_step: what becomes of a step and of its calls ---- */

/* To be looked at by fan_out.c: it is ready, done or failed. */
void fan_out_add_work(struct fan_out *fan_out, struct step *step);
void fan_out_name_call(struct fan_out *fan_out, struct step *step, struct call *call, size_t element_number);
void fan_out_end_step(struct fan_out *fan_out, struct step *step, enum step_state state);
/* A call's account is final. */
void fan_out_settle(struct fan_out *fan_out, struct call *call);
/* One that is not even started. `detail` may be NULL. */
void fan_out_fail_call(struct fan_out *fan_out, struct call *call, enum call_error error, const char *detail);
/* As a whole: with `each`, before there is any element. */
void fan_out_fail_step(struct fan_out *fan_out, struct step *step, enum call_error error, const char *detail);
/* Nothing starts: it is stopped or late, or on_done has to come for fan_out->unheard first. */
bool fan_out_is_held(const struct fan_out *fan_out);
/* Nothing starts any more. */
bool fan_out_is_stopped(const struct fan_out *fan_out);

/* ---- fan_out_start: all that a step needs is there ---- */

/* The message of a step's one call; what the client is to blame for is put into fan_out->refusal. */
void fan_out_prepare_step(struct fan_out *fan_out, struct step *step);
void fan_out_start_step(struct fan_out *fan_out, struct step *step);
/* Of a step with `each` that was started: the elements that follow. */
void fan_out_start_elements(struct fan_out *fan_out, struct step *step);

#endif
