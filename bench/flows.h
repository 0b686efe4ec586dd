/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_BENCH_FLOWS_H
#define MX_BENCH_FLOWS_H

/* Established sessions in a rig, and the packets of both of their ends: what a
 * data plane sees while mail is on its way.
 *
 * Session `number` has a client of its own, by arithmetic, and the place of the
 * same number in the session table, which the first sessions of a fresh table
 * get in turn.  What an MTA needs to know of a session is kept aside, so that
 * making a packet does not bring the session into the cache.
 *
 * Threads    one a rig. */
#include "rig.h"

/* What is sent through a rig. */
struct subject {
	const char *name;
	enum rig_service service;
	bool client6;
};

/* Do the MTAs answer past us? */
static inline bool
subject_is_one_way(const struct subject *subject)
{
	return subject->service >= RIG_DSR_TO4 &&
	       subject->service <= RIG_GUE_TO6;
}

/* The server's end of a session, as its MTA knows it. */
struct reply_end {
	uint16_t local_port_be;
	uint8_t slot; /* of the local address */
	uint8_t mta;
};

struct flows {
	const struct subject *subject;
	struct rig *rig;
	uint32_t count;          /* sessions open by now */
	struct reply_end *reply; /* [max] */
};

/* No session yet, in a fresh rig of one worker with room for `max` and some. */
struct flows *flows_make(const struct subject *subject, uint32_t max);
void flows_free(struct flows *flows);

/* Put the SYNs of the next sessions into the client's port, a burst at most;
 * the worker is not polled. */
void flows_put_syns(struct flows *flows, uint32_t count);

/* Open sessions and take them through their handshakes, until there are so
 * many, which is a multiple of BURST_MAX. */
void flows_establish(struct flows *flows, uint32_t count);

/* Put a packet of 64 bytes (a bare ACK, 60 without the frame check sequence;
 * of IPv6 it is 74) of a session into the port of the end that sends it. */
void flows_put(struct flows *flows, uint16_t port, uint32_t number);

#endif /* MX_BENCH_FLOWS_H */
