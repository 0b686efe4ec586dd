/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WEIGHT_H
#define MX_WEIGHT_H

/* The weight that every member of a pool has now: its share of new sessions.
 *
 * Three parties restrict a member: the operator, the member's own agent, and
 * its health.  The strongest restriction wins.  No party lifts the restriction
 * of another.  What does not keep a member from serving is a factor: a percent
 * of its weight.  The factors are multiplied.
 *
 * Soft       A soft member says "try later".  It gets no new session while another member of its
 *            pool, of any tier, can serve.  If no other can, the soft ones keep
 *            their weights: a client may still be served, gets another MTA by
 *            `fail-over`, or reads the MTA's own "try later".  An empty pool
 *            would refuse it at once.
 * Invariant  all members with a weight are of one tier, and no member of a
 *            lower tier can serve.
 * Invariant  effective is above 0 if and only if weight_serves(why), and so is
 *            share.  Factors never take a member's last session: both are
 *            rounded up.
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#define AGENT_TEXT_MAX 81 /* one row of a terminal */

/* More than HAProxy's agents may say, which is 256. */
#define WEIGHT_PERCENT_MAX 1000

/* The admin state of a backend, named by the words of the CLI. */
enum admin_state {
	ADMIN_READY,
	ADMIN_DRAIN, /* no new session; the old ones end by themselves */
	ADMIN_MAINT, /* as drain, and it is not checked */
	ADMIN_STATES,
};

/* What a backend's own agent asks for. */
struct agent_wish {
	enum admin_state admin;
	bool down;
	uint16_t percent; /* of the weight; 0: no new session, 100: all of it */
	char text[AGENT_TEXT_MAX]; /* why, in the agent's words; or "" */
	uint32_t sessions_max;     /* sessions at once; 0: no limit */
};

/* What reduces a weight, in percent. */
enum weight_factor {
	FACTOR_AGENT,
	FACTOR_DEGRADED,    /* its checks find that it lacks something */
	FACTOR_CERTIFICATE, /* its certificate has a fault */
	FACTOR_RAMP,        /* it starts slowly */
	FACTOR_LOAD,        /* it is slower than its peers */
	WEIGHT_FACTORS,
};

/* The part of its weight that a degraded backend keeps. */
#define WEIGHT_DEGRADED_PERCENT 50

/* And one whose certificate has a fault.  Most senders of mail check none.  If
 * the check requires TLS, its clients may check them.  They still get no more than
 * a factor: one good member of ten gets about half of the sessions, and not all
 * of them. */
#define WEIGHT_CERTIFICATE_PERCENT 50
#define WEIGHT_CERTIFICATE_TLS_PERCENT 10

/* Why a member has its effective weight. */
enum weight_reason {
	WEIGHT_SERVING,
	WEIGHT_LESS, /* serving, and + factor: the one that takes the most */
	WEIGHT_KEPT = WEIGHT_LESS + WEIGHT_FACTORS, /* soft, as all others */
	WEIGHT_MAINTENANCE,
	WEIGHT_DRAINING,
	WEIGHT_ZERO,
	WEIGHT_AGENT_MAINT,
	WEIGHT_AGENT_DRAIN,
	WEIGHT_AGENT_DOWN,
	WEIGHT_AGENT_ZERO,
	WEIGHT_DOWN,
	WEIGHT_FAR, /* dsr, and behind a gateway */
	WEIGHT_SOFT,
	WEIGHT_STANDBY, /* a lower tier serves */
	WEIGHT_REASONS,
};

struct weight_member {
	/* input: */
	uint16_t weight; /* the operator's, or else the file's */
	uint16_t tier;   /* lower serves first */
	enum admin_state admin;
	bool healthy;
	bool far;                       /* where its service cannot reach it */
	bool soft;                      /* it is the choice of last resort */
	const struct agent_wish *agent; /* NULL: it asks for nothing */
	/* 0: does not apply; [FACTOR_AGENT] is taken from agent */
	uint16_t percent[WEIGHT_FACTORS];
	/* output: */
	uint16_t effective; /* on the scale of weight */
	uint16_t share;     /* the same, as finely as MX_WEIGHT_MAX allows */
	enum weight_reason why;
};

/* Compute the weights of the members of one pool.  Only the lowest tier in
 * which a member can serve gets weights.  Returns how many serve; 0: the pool
 * is empty. */
uint32_t weight_compute(struct weight_member *member, uint32_t count);

const char *admin_name(enum admin_state admin);

/* Returns false if the text is no admin state. */
bool admin_parse(const char *text, enum admin_state *admin);

/* The factor's word for programs. */
const char *weight_factor_name(enum weight_factor factor);

/* The reason in words for the operator: "draining", "standby tier". */
const char *weight_reason_text(enum weight_reason why);

/* Does a member with this reason get new sessions? */
static inline bool
weight_serves(enum weight_reason why)
{
	return why <= WEIGHT_KEPT;
}

/* The reason that names this factor. */
static inline enum weight_reason
weight_less(enum weight_factor factor)
{
	return (enum weight_reason)((unsigned)WEIGHT_LESS + (unsigned)factor);
}

#endif /* MX_WEIGHT_H */
