/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WEIGHT_H
#define MX_WEIGHT_H

/* The effective weight of every member of a pool: its share of new sessions,
 * computed from the file, the operator's overrides and the member's health.
 *
 * Invariant  all members with a positive effective weight are of one tier, and
 *            no member of a lower tier can serve.
 * Invariant  effective is 0 if and only if why is not WEIGHT_SERVING.
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

/* The admin state of a backend, named by the words of the CLI. */
enum admin_state {
	ADMIN_READY,
	ADMIN_DRAIN, /* no new session; the old ones end by themselves */
	ADMIN_MAINT, /* as drain, and it is not checked */
	ADMIN_STATES,
};

/* The operator's settings of a backend.  They take precedence over the file.
 * override.h has the functions that write them. */
struct override {
	enum admin_state admin;
	bool end_sessions; /* ADMIN_DRAIN: its sessions end behind their mails */
	bool weight_set;   /* weight replaces the one of the file */
	uint16_t weight;
};

/* Why a member has its effective weight. */
enum weight_reason {
	WEIGHT_SERVING,
	WEIGHT_MAINTENANCE,
	WEIGHT_DRAINING,
	WEIGHT_ZERO,
	WEIGHT_DOWN,
	WEIGHT_FAR,     /* dsr, and behind a gateway */
	WEIGHT_STANDBY, /* a lower tier serves */
	WEIGHT_REASONS,
};

struct weight_member {
	/* input: */
	uint16_t weight; /* the operator's, or else the file's */
	uint16_t tier;   /* lower serves first */
	enum admin_state admin;
	bool healthy;
	bool far; /* where its service cannot reach it */
	/* output: */
	uint16_t effective;
	enum weight_reason why;
};

/* Compute the weights of the members of one pool.  Only the lowest tier in
 * which a member can serve gets weights.  Returns how many serve; 0: the pool
 * is empty. */
uint32_t weight_compute(struct weight_member *member, uint32_t count);

const char *admin_name(enum admin_state admin);

/* The reason in words for the operator: "draining", "standby tier". */
const char *weight_reason_text(enum weight_reason why);

#endif /* MX_WEIGHT_H */
