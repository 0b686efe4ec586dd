/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REACH_H
#define MX_REACH_H

/* Whether a next hop answers, stepped by what the kernel's neighbour table says
 * of it:
 *
 *                     no answer                  answer
 *    ANSWERS ---------------------> SILENT ---------------> RETURNS
 *       ^                             ^                      |  |
 *       |                             '------ no answer -----'  |
 *       '----------- no failure for the wait ------------------'
 *
 * A next hop that falls silent again soon after its return waits twice as long
 * the next time.
 *
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

/* How long a next hop that was silent has to answer before it is used again:
 * the first time, and at most. */
#define REACH_WAIT_S 10
#define REACH_WAIT_MAX_S 640

/* A next hop that has answered for so long has the first wait again. */
#define REACH_CALM_S 600

enum reach_state {
	REACH_UNKNOWN, /* zero: it has neither answered nor failed */
	REACH_ANSWERS,
	REACH_SILENT,
	REACH_RETURNS, /* it answers again, and is not used yet */
	REACH_STATES,
};

/* What the kernel's neighbour table says. */
enum reach_news {
	REACH_NO_NEWS,   /* there is no entry, or it is being resolved */
	REACH_HAS_MAC,   /* an answer of some time ago */
	REACH_CONFIRMED, /* an answer of now, or an administrator's entry */
	REACH_FAILED,    /* the kernel asked, and got no answer */
};

struct reach {
	enum reach_state state;
	int64_t since_s; /* of the state, by clock_s() */
	uint32_t wait_s; /* of the next return; 0: REACH_WAIT_S */
};

/* The news in a state of the kernel's neighbour table (NUD_*). */
enum reach_news reach_news_of(int nud);

/* Returns true if the state has changed. */
bool reach_step(struct reach *reach, enum reach_news news, int64_t now_s);

/* "answers", "silent", "returning" or "unknown" */
const char *reach_name(enum reach_state state);

#endif /* MX_REACH_H */
