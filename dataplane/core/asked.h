/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ASKED_H
#define MX_ASKED_H

/* What the kernel has asked by its twins, so that workers know the answers.
 * Answers have rates of their own on the way to the kernel (twinqueue.h): a
 * flood of other frames keeps no MTA's reply from a health check.
 *
 *   the kernel asks by     an answer is
 *   a SYN                  any TCP segment of that connection
 *   an ARP request         an ARP reply of that address
 *   a solicitation (ND)    an advertisement of that address
 *
 * A sender who knows neither what was asked nor the ports of the connection
 * makes no answers.  Connections that others opened to the host do not count:
 * anybody can open one.
 *
 * Shape      a table of tags for connections, and one for neighbours: senders
 *            with made-up addresses have the kernel ask for neighbours, but not
 *            open connections.  A later question may take the place of an
 *            earlier one, whose answers then count as other frames.
 * Invariant  only frames of the kernel change the tables.
 * Threads    any worker: an answer may come to another one than the question.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "hash.h"

/* A question stays for a minute at least on average while the kernel opens 250
 * connections in a second, and asks for 60 neighbours. */
#define ASKED_FLOWS 16384u
#define ASKED_NEIGHBOURS 4096u

struct asked {
	struct mx_hash_key key; /* secret: nobody outside finds equal tags */
	_Atomic uint32_t flow[ASKED_FLOWS];
	_Atomic uint32_t neighbour[ASKED_NEIGHBOURS];
};

/* Note what a frame of the kernel asks, if anything. */
void asked_note(struct asked *asked, const struct rte_mbuf *frame);

/* Does a frame answer what was noted? */
bool asked_is_answered(const struct asked *asked, const struct rte_mbuf *frame);

#endif /* MX_ASKED_H */
