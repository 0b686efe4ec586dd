/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LIMIT_H
#define MX_LIMIT_H

/* Limits of the sessions of each client: at once, and begun in ten seconds; of
 * an address, and of a prefix.
 *
 *   SYN     the table of clients (clients.h) is read: a client over its limit
 *           gets no session
 *   proof   the session begins to count when its handshake is proven, so that
 *           SYNs with forged addresses change nothing; only now the limit is
 *           exact.  A session that mxsteer holds counts at once: its client has
 *           proven its address (greet/hold.h)
 *   end     the session counts no more when it is over, or gives up its slot
 *
 * With direct return nothing is proven: a session counts from its client's
 * first data on, which a stranger can forge.
 *
 * A client is known if a session of it ended by both FINs and its MTA took a
 * command.  A session in which it spoke before its greeting does not make it
 * known, if its service looks for that (flow/early.h).  The last sixteenth of the
 * slots, and of each worker's local ports, is kept for known clients and those
 * without limits.  A restart knows the clients whose sessions are still in the
 * session files, that is, for as long as the timer `closing` after their end.
 *
 * Each session has the places of its entries beside it.  They are set when the
 * session begins to count, and cleared when it ends to: a session that has none
 * is not counted.
 *
 * Invariant  without `clients:` in any service since the start there is no
 *            table: worker.limiter is NULL.
 * Threads    limit_prepare: main.  limit_recount: main, while the worker does
 *            not run.  The rest: the worker's own. */
#include "belief.h"
#include "limiter.h"
#include "packet.h"
#include "worker.h"

/* The bits of a client's prefix, of 128. */
static inline uint8_t
limit_prefix_bits(const struct mx_client_limits *limits,
		  const struct mx_addr *client)
{
	return mx_addr_is4(client) ? limits->prefix4 : limits->prefix6;
}

/* Fill limits_round: does *active have other limits than the plan before? */
void limit_prepare(struct active_plan *active,
		   const struct active_plan *before);

/* Count the sessions that are there by the limits of a new plan, a few in each
 * round; or all of them, before the worker runs. */
void limit_begin(struct worker *w, const struct active_plan *active);
void limit_sweep(struct worker *w, const struct active_plan *active);
void limit_recount(struct worker *w, const struct active_plan *active);

/* What a SYN may do, by the limits of its client. */
struct limit_view {
	enum mx_drop why; /* MX_DROP_NONE, or the limit it is over */
	bool reserve; /* it may use the slots and ports kept for known clients */
};

/* Start loading what limit_view_of() reads. */
void limit_prefetch(const struct worker *w, const struct active_plan *active,
		    uint8_t service, const struct mx_addr *client);

struct limit_view limit_view_of(const struct worker *w,
				const struct active_plan *active,
				uint8_t service, const struct mx_addr *client);

/* Is a client known, or one of those without limits?  Without limits in any
 * service no client is known. */
bool limit_trusts(const struct worker *w, const struct active_plan *active,
		  uint8_t service, const struct mx_addr *client);

/* A session goes from one state to another: if it begins to count, it may be
 * over a limit.  Returns MX_DROP_NONE, or the limit, with nothing counted. */
enum mx_drop limit_admit(struct worker *w, const struct active_plan *active,
			 const struct mx_session *s, uint8_t before,
			 uint8_t after);

/* The move has been made. */
void limit_move(struct worker *w, const struct active_plan *active,
		const struct mx_session *s, uint8_t after);

/* The last FIN of a session has come from its client, or from its backend. */
void limit_know(struct worker *w, const struct active_plan *active,
		struct mx_session *s, const struct heard *heard,
		bool from_client);

/* A session gives up its slot. */
void limit_leave(struct worker *w, const struct mx_session *s);

#endif /* MX_LIMIT_H */
