/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_FAKEATTEMPT_H
#define MX_TESTS_FAKEATTEMPT_H

/* Attempts that a test answers, in the place of attempt.c: no sockets.  When
 * they are made, and when they take too long, is up to the real probe.c. */
#include "attempt.h"

#define FAKEATTEMPT_NEVER UINT32_MAX

/* An answer that comes after the timeout is not waited for: the reason is then
 * that of the timeout. */
struct fakeattempt_answer {
	enum reason reason;
	uint32_t after_ms;
};

/* The test defines it: how the server at this endpoint answers now. */
struct fakeattempt_answer
fakeattempt_answer(const struct mx_endpoint *endpoint);

/* What has been begun since fakeattempt_forget(). */
struct fakeattempt_seen {
	uint32_t begun;
	uint32_t now;  /* under way */
	uint32_t most; /* under way at the same time */
};

struct fakeattempt_seen fakeattempt_seen(void);
void fakeattempt_forget(void);

#endif /* MX_TESTS_FAKEATTEMPT_H */
