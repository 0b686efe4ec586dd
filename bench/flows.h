/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_BENCH_FLOWS_H
#define MX_BENCH_FLOWS_H

/* Established sessions in a rig of one worker, and the packets of both ends:
 * the traffic of a data plane while mail flows.
 *
 * Session `number` has the place of the same number in the session table, which
 * the first sessions of a fresh table get in turn.  The data of an MTA's end is
 * stored elsewhere, so that making a packet does not bring the session into the
 * cache.
 *
 * Threads    one a worker. */
#include "capture.h"
#include "rig.h"

/* The kind of traffic that goes through a rig. */
struct subject {
	const char *name;
	enum rig_service service;
	bool client6;
};

/* Do the MTAs answer clients directly? */
static inline bool
subject_is_direct(const struct subject *subject)
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
	uint16_t worker;         /* that owns all of them */
	uint32_t ports;          /* of each client */
	uint32_t count;          /* sessions open by now */
	uint32_t tried;          /* clients tried; the others belong to other
			   * workers */
	uint32_t *client;        /* [max] which client a session has */
	struct reply_end *reply; /* [max] */
	uint32_t established;    /* the first so many */
	uint64_t random;
	bool back;               /* the next burst of "both" is from the MTAs */
	struct capture *capture; /* of the worker; NULL: none */
	struct mx_capture_ring *ring;
};

/* Make flows without a session, for one worker of a fresh rig with room for
 * `max` of each.  Sessions of several workers need a clock and a thread
 * each. */
struct flows *flows_make(const struct subject *subject, struct rig *rig,
			 uint16_t worker, uint32_t max);
void flows_free(struct flows *flows);

/* A rig for so many sessions for each worker. */
struct rig *flows_rig(uint16_t workers, uint32_t max);

/* Put the SYNs of the next sessions into the client's port, at most a burst.
 * The worker is not polled. */
void flows_put_syns(struct flows *flows, uint32_t count);

/* Open sessions and complete their handshakes until there are `count`, a
 * multiple of BURST_MAX. */
void flows_establish(struct flows *flows, uint32_t count);

/* Note the backend's ends of `count` sessions from `first` on, whose SYNs have
 * been polled. */
void flows_note(struct flows *flows, uint32_t first, uint32_t count);

/* Put a step of the handshakes of a burst of sessions from `first` on: the
 * SYN-ACKs of their MTAs, or the ACKs of their clients. */
void flows_put_synacks(struct flows *flows, uint32_t first);
void flows_put_acks(struct flows *flows, uint32_t first);

/* Put a packet of 64 bytes (a bare ACK, 60 without the frame check sequence;
 * of IPv6 it is 74) of a session into the port of the end that sends it. */
void flows_put(struct flows *flows, uint16_t port, uint32_t number);

/* Put a burst of packets of established sessions drawn at random: from the
 * clients, from the MTAs, or from each in turn. */
void flows_put_in(struct flows *flows);
void flows_put_out(struct flows *flows);
void flows_put_both(struct flows *flows);

/* Put some packets of established sessions, from the clients and from the MTAs
 * in turn by call. */
void flows_put_some(struct flows *flows, uint32_t count);

/* Let the worker capture what the filter wants, until flows_capture_end(). */
void flows_capture(struct flows *flows, const struct mx_capture_filter *filter);
void flows_capture_end(struct flows *flows);

/* A filter that wants the frames of another client than those of the flows. */
struct mx_capture_filter flows_filter_other(const struct flows *flows);

/* Cycles a packet, over so many bursts that put() makes.  The clock runs while
 * the worker polls.  It stops while the next burst is made on the same core,
 * which takes some of the worker's cache, and while the records of a capture are
 * taken out of their ring unread. */
double flows_time(struct flows *flows, uint32_t bursts,
		  void (*put)(struct flows *flows));

#endif /* MX_BENCH_FLOWS_H */
