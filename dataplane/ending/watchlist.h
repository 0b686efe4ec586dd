/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WATCHLIST_H
#define MX_WATCHLIST_H

/* The records of a worker: one for each session that is WATCHED or ENDING.  They
 * are lost with the process.
 *
 * A session that leaves these states leaves its record behind, which then is
 * free.
 *
 * Threads    the worker's own. */
#include "options.h"
#include "parting.h"
#include "resend.h"
#include "transaction.h"
#include "worker.h"

/* Records at once, of a worker; four are a set. */
#define WATCH_RECORDS (1u << 16)
#define WATCH_WAYS 4

struct watch_record {
	uint32_t session;
	uint32_t client_seq; /* tells a new session in the same slot */
	uint16_t window;     /* the client's last, as in its header */
	/* ENDING: the ends have agreed on timestamps; the backend's latest. */
	bool stamped;
	struct options_stamps stamps;
	union {
		struct transaction read; /* WATCHED */
		struct parting parting;  /* ENDING */
	};
};

struct watch {
	struct resend_ladder text; /* see ending.c */
	struct resend_ladder quit;
	struct watch_record record[WATCH_RECORDS];
};

/* The record of a session: the one it has, or an empty one.  NULL: no room. */
struct watch_record *watch_find(const struct worker *w,
				const struct mx_session *s);
struct watch_record *watch_get(struct worker *w, const struct mx_session *s);

#endif /* MX_WATCHLIST_H */
