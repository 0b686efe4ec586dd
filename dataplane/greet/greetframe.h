/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GREETFRAME_H
#define MX_GREETFRAME_H

/* The frames of a client without a session; see greet.h.  Each greet_send_*()
 * fills an empty frame and queues it.
 *
 * Threads    the worker's own. */
#include "echo.h"
#include "packet.h"
#include "worker.h"

/* Note what a frame tells of its client, as an entry of no kind yet. */
void greet_hear(const struct worker *w, struct rte_mbuf *frame,
		const struct packet_info *info, struct echo *entry);

/* The SYN-ACK with the cookie of an entry.  It says what the backends of the
 * service say, as far as the client can agree. */
void greet_send_synack(struct worker *w, const struct active_plan *active,
		       struct rte_mbuf *frame, const struct echo *entry);

/* The text that refuses a client, and a FIN, in one segment. */
void greet_send_text(struct worker *w, const struct active_plan *active,
		     struct rte_mbuf *frame, const struct echo *entry);

/* An ACK of all that was heard of a client.  seq: behind the text's FIN. */
void greet_send_ack(struct worker *w, struct rte_mbuf *frame,
		    const struct echo *entry, uint32_t seq);

/* The reset of a SYN, or of an ACK.  frame: the one that it came in, not
 * emptied. */
void greet_send_reset(struct worker *w, struct rte_mbuf *frame,
		      const struct packet_info *info);

#endif /* MX_GREETFRAME_H */
