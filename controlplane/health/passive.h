/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PASSIVE_H
#define MX_PASSIVE_H

/* The health of one backend as its sessions tell it, between two checks.
 *
 * A backend that fails so many new sessions in a row is put out: it is soft, and
 * its next check is made at once.  A check that passes brings it back.
 *
 *            a session fails,             it passes a check,
 *            the last of a row            or has failed enough to be down,
 *      IN ----------------------> OUT     or no check says a word for
 *       ^                          |      PASSIVE_OUT_S
 *       '--------------------------'
 *
 * Clients can bring a backend to fail their sessions: it may refuse them for
 * what they are, or wait for a window that a client keeps shut.  So:
 *
 *   clients   Of sessions that failed by what their clients are, a client counts
 *             once: any PASSIVE_ROW of a row that follow one another are of as
 *             many clients.  All of a network (/24, or /48 of IPv6) are one.
 *             Where sessions of fewer clients fail, the next check is made at
 *             once, and decides.
 *   doubling  A check that passes shows that clients may be the cause.  After it
 *             the row that is needed is twice as long, until the backend has not
 *             failed PASSIVE_ROW sessions in a row for PASSIVE_QUIET_S.
 *   waits     A backend may let clients wait on purpose, as postscreen does.  A
 *             greeting is late only beside its usual ones.  If none has come
 *             after a wait that is not late, the next check is made at once, and
 *             decides.  A client can delay its own greeting: no wait counts for
 *             more than PASSIVE_SAMPLE_TIMES the usual one.
 *
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"

/* The first row that puts a backend out, and the longest one that is asked
 * for. */
#define PASSIVE_ROW 5
#define PASSIVE_ROW_MAX (PASSIVE_ROW << 8)

/* A row ends if its next failure is later than this. */
#define PASSIVE_ROW_S 60

/* A backend is not out for longer without a check. */
#define PASSIVE_OUT_S 60

/* The time without a row of PASSIVE_ROW after which PASSIVE_ROW counts again. */
#define PASSIVE_QUIET_S 600

/* A greeting is late after so many times the usual wait.  One wait is this part
 * of the usual one: a row of PASSIVE_ROW late ones does not make itself usual. */
#define PASSIVE_LATE_TIMES 4
#define PASSIVE_USUAL_PART 64
#define PASSIVE_SAMPLE_TIMES 2
#define PASSIVE_FIRST_US 20000000u /* the first wait counts for no more */

/* How a new session went. */
enum passive_sign {
	PASSIVE_SERVED,
	PASSIVE_REFUSED, /* an RST in answer to the SYN */
	PASSIVE_SILENT,  /* no answer to the SYN */
	PASSIVE_BUSY,    /* 4xx in place of a greeting */
	PASSIVE_REJECTS, /* 5xx */
	PASSIVE_ENDED,   /* the end of the connection, or an RST */
	PASSIVE_LATE,    /* a greeting that came late, or none */
	PASSIVE_UNSURE,  /* no greeting, after a wait that may be usual: it
			  * counts for the next check only */
	PASSIVE_SIGNS,
};

struct passive_session {
	enum passive_sign sign;
	bool by_client; /* what the client is may be the cause */
	struct mx_addr client;
};

/* Zeroed memory is a backend that has not been out. */
struct passive {
	bool out;
	enum passive_sign last; /* of the row */
	uint32_t row;           /* sessions in a row that failed and count */
	uint32_t failed;        /* the same, with those that do not count;
				 * since the last check that passed */
	int64_t failed_s;       /* when the last one that counts did; of an
				 * empty row, the last one */
	int64_t row_s;          /* when a row was PASSIVE_ROW long, or longer */
	int64_t doubt_s;        /* when the next check was asked for */
	uint8_t doublings;      /* of PASSIVE_ROW */
	int64_t out_s;          /* since when it is out, or last was */
	/* The networks of the last clients that count, in a circle. */
	uint32_t clients;
	struct mx_addr client[PASSIVE_ROW - 1];
	uint64_t usual_us; /* the usual wait for a greeting; 0: not known */
};

enum passive_result {
	PASSIVE_STAYS,
	PASSIVE_DOUBTED, /* its check should decide now; once a second */
	PASSIVE_OUT,     /* it is out from now on */
};

/* A new session went so.  may_leave: enough other backends of its pool can
 * serve. */
enum passive_result passive_step(struct passive *passive,
				 const struct passive_session *session,
				 bool may_leave, int64_t now_s);

/* May this failure complete the row? */
bool passive_is_due(const struct passive *passive,
		    const struct passive_session *session, int64_t now_s);

/* A greeting came after so long. */
void passive_note_wait(struct passive *passive, uint32_t wait_us);

/* Is so long a wait for a greeting a late one?  No wait is before one is
 * usual. */
bool passive_is_late(const struct passive *passive, uint32_t wait_us);

/* A check of the backend has a result that counts.  Returns true if the backend
 * was out, and is not any more. */
bool passive_check(struct passive *passive, bool passed, bool down);

/* The same for a backend that no check judges. */
bool passive_expire(struct passive *passive, int64_t now_s);

/* Some sessions are not known: a row must begin anew. */
void passive_forget(struct passive *passive);

/* How long the row must be that puts the backend out. */
uint32_t passive_row(const struct passive *passive, int64_t now_s);

/* The sign in words: "4xx in place of a greeting". */
const char *passive_text(enum passive_sign sign);

#endif /* MX_PASSIVE_H */
