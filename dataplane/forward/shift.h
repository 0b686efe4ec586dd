/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SHIFT_H
#define MX_SHIFT_H

/* The numbers of a session whose ends count differently.
 *
 *   H   bytes of a PROXY header, which the client does not know of
 *   D   ack_shift: the backend's numbers less those that the client was told,
 *       where another host, or mxsteer itself, gave the client its SYN-ACK
 *
 *   client                      mxsteer                        backend
 *     seq, ack, SACK      ->                  ->   seq + H, ack + D, SACK + D
 *     seq - D, ack - H, SACK - H     <-       <-   seq, ack, SACK
 *
 * H counts from when the header was sent, D from the beginning.  Each number of
 * a direction is shifted by one of the two.
 *
 * Threads    the worker that owns the session. */
#include <stdint.h>

#include <rte_mbuf.h>

#include "packet.h"
#include "sessions.h"

/* Shift the numbers of a segment from the client, or from the backend, of a
 * session whose `shifts` are not 0.  Returns what that adds to the delta of the
 * TCP checksum. */
uint32_t shift_in(const struct mx_session *s, struct rte_mbuf *frame,
		  const struct packet_info *info);
uint32_t shift_out(struct mx_session *s, struct rte_mbuf *frame,
		   const struct packet_info *info);

#endif /* MX_SHIFT_H */
