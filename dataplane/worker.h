/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WORKER_H
#define MX_WORKER_H

/* A worker is one core: it polls its queue of every port, and owns the
 * sessions of its share of the flows, with no lock to anyone.
 *
 * Whose a packet is follows from the packet alone: a client's from the hash of
 * its flow, a backend's from the local port it answers to.  Ports without RSS
 * may give a frame to the wrong worker; it is handed over by a ring.
 *
 * Threads    everything here: the worker's own.  Set up by main before launch.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_rcu_qsbr.h>
#include <rte_ring.h>

#include "counters.h"
#include "bounds.h"
#include "packet.h"
#include "portmap.h"
#include "session.h"
#include "snat.h"
#include "view.h"

/* A DPDK port as a worker sees it; the queue has the worker's number. */
struct worker_port {
	uint16_t port_id;
	struct rte_ether_addr mac;
};

/* Frames of one burst on their way out of one port. */
struct tx_burst {
	uint16_t count;
	struct rte_mbuf *frame[BURST_MAX];
};

struct worker {
	uint16_t id;
	uint16_t workers;
	uint16_t ports;
	uint32_t now_s; /* CLOCK_MONOTONIC, kept by the TSC */
	struct mx_worker_count *count;
	struct session_table sessions;
	struct portmap map[MX_SNATS_MAX];
	struct worker_port port[MX_PORTS_MAX];
	struct tx_burst tx[MX_PORTS_MAX];
	struct rte_ring *from[MX_WORKERS_MAX]; /* NULL at the own id */
	struct rte_ring *to[MX_WORKERS_MAX];

	/* For the loop, not for the packet path. */
	uint64_t tsc_hz;
	uint64_t next_second_tsc;
	const struct view *_Atomic *view; /* what main lets all workers use */
	struct rte_rcu_qsbr *quiescent;
	const atomic_bool *stop;
};

/* Poll until *stop; for rte_eal_remote_launch().  Returns 0. */
int worker_run(void *worker);

/* One round: every port's queue and every ring once, and some housekeeping.
 * view: valid until this returns.  Returns how many frames came. */
uint16_t worker_poll(struct worker *w, const struct view *view);

/* Start the worker's clock at now_s; the TSC keeps it from here. */
void worker_clock_set(struct worker *w, uint32_t now_s, uint64_t tsc_hz);

/* Take up the sessions of a file that an earlier process may have left: every
 * one is checked, what is unfit is freed.  Returns 0 or -ENOMEM. */
int worker_attach(struct worker *w, struct mx_sessions_file *file,
		  struct snat *snat);

/* End a session: its place, its port, and the counts of who had it. */
void worker_session_end(struct worker *w, struct mx_session *s);

static inline uint16_t
worker_of_hash(const struct worker *w, uint64_t hash)
{
	/* The middle bits: the others choose bucket and tag. */
	return (uint16_t)(((hash >> 24 & 0xffff) * w->workers) >> 16);
}

static inline void
worker_drop(struct worker *w, struct rte_mbuf *frame, enum mx_drop why)
{
	w->count->dropped[why]++;
	rte_pktmbuf_free(frame);
}

/* Queue a frame for a port; sent at the end of the burst. */
static inline void
worker_send(struct worker *w, struct rte_mbuf *frame, uint8_t port)
{
	struct tx_burst *tx = &w->tx[port];

	tx->frame[tx->count++] = frame;
}

#endif /* MX_WORKER_H */
