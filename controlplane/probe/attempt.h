/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ATTEMPT_H
#define MX_ATTEMPT_H

/* One attempt to find out whether a server is well, over the kernel's own TCP.
 * `tcp` connects and closes; the other types hold the dialogue of smtp.h.
 *
 *   attempt_begin() --> connecting --> talking <--> TLS handshake
 *                            '------------'--> done()
 *
 * If a server waits for a PROXY header, the attempt sends one first (dial.h).
 * It remembers what it found, and when it last used TLS (tlspace.h).
 *
 * An attempt knows no time limit: its owner calls attempt_time_out().
 *
 * Shape      at most one socket.
 * Threads    the thread of its event base. */
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "mtaprofile.h"
#include "reason.h"

struct attempt_task {
	struct mx_config_check check;
	enum mx_proxy proxy; /* the header that the server waits for */
	struct mx_endpoint endpoint;
};

struct probe_result {
	enum verdict verdict;
	/* False if this host could not even try (out of sockets or memory).
	 * Such a result must not change the backend's health. */
	bool counts;
	enum reason reason;
	bool implicit_tls;           /* TLS comes before the banner */
	char text[REASON_REPLY_MAX]; /* the last reply, or the system's error,
				      * or "" */
	double total_ms;
	uint16_t phases; /* bit n: this attempt came to the end of phase n */
	const struct mta_profile
		*profile; /* all that is known, valid in done();
					* NULL: nothing */
};

struct attempt;

/* An attempt that can be begun again and again.  done may call any function of
 * this header, attempt_free() included.
 * Returns NULL if there is no memory. */
struct attempt *
attempt_new(struct event_base *base, const struct attempt_task *task,
	    void (*done)(void *arg, const struct probe_result *result),
	    void *arg);

/* End it without a result, also in mid-dialogue.  NULL is allowed. */
void attempt_free(struct attempt *attempt);

/* None may be under way.  in_doubt: the health of the server may change, so the
 * attempt leaves out nothing.  done() may be called from within. */
void attempt_begin(struct attempt *attempt, bool in_doubt);

/* The one under way has taken too long: calls done(). */
void attempt_time_out(struct attempt *attempt);

#endif /* MX_ATTEMPT_H */
