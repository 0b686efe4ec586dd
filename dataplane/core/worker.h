/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WORKER_H
#define MX_WORKER_H

/* A worker is one core: it polls its queue of every port, and owns the
 * sessions of its share of the flows, with no lock to anyone.
 *
 * The packet alone tells which worker owns it; see rssowner.h.  A packet that
 * came to another worker is handed over by a ring.
 *
 * Threads    everything here: the worker's own.  Set up by main before launch.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_rcu_qsbr.h>
#include <rte_ring.h>
#include <rte_spinlock.h>

#include "counters.h"
#include "bounds.h"
#include "doubts.h"
#include "packet.h"
#include "portmap.h"
#include "profile.h"
#include "reclaimlist.h"
#include "recordring.h"
#include "resend.h"
#include "session.h"
#include "ticks.h"
#include "rssowner.h"
#include "activeplan.h"

/* A DPDK port as a worker sees it; the queue has the worker's number. */
struct worker_port {
	uint16_t port_id;
	struct rte_ether_addr mac;
	uint16_t mtu; /* of IP packets; larger ones would be lost */
};

/* The frames of one burst that leave by one port.  Each frame that came in may
 * make one more: a PROXY header, a reset, an ICMP error.  What is due by the
 * clock, and from main, is more than that together. */
#define TX_BURST_MAX (4 * BURST_MAX)

struct tx_burst {
	uint16_t count;
	struct rte_mbuf *frame[TX_BURST_MAX];
};

/* The host that claims an address of ours, and how often any host did.  The
 * worker writes this, main reads it (linkwatch.h). */
struct worker_claim {
	_Atomic uint64_t count;
	struct mx_addr addr; /* of the last one */
	struct rte_ether_addr mac;
};

/* Resets to senders without a session here, counted from second_s on. */
struct reset_budget {
	uint32_t from_s; /* none before */
	uint32_t second_s;
	uint32_t sent;
};

/* Sessions that wait for a SYN-ACK, and the SYNs made for them, counted from
 * second_s on; see flow/failover.h */
struct failover {
	struct resend_ladder wait;
	uint32_t waiting; /* entries of all stages */
	uint32_t second_s;
	uint32_t sent;
	uint16_t *left; /* of each session that had one: its first backend */
};

/* Sessions whose client has not acknowledged the last words; see
 * flow/farewell.h */
struct farewells {
	struct resend_ladder wait;
	uint32_t waiting; /* entries of all stages */
};

/* Sessions that wait for a backend to join; see flow/join.h */
struct joins {
	struct resend_ladder wait;
	uint32_t waiting; /* entries of all stages */
};

/* Services whose oldest sessions are still to be looked at in this second; see
 * flow/patience.h */
struct patience {
	uint16_t service; /* the next one */
	uint16_t left;    /* how many */
};

/* What the segment tells that ends a session; see accounts/journal.h */
struct last_words {
	bool known;       /* there is such a segment now */
	bool bytes_known; /* and it tells how much both ends sent */
	bool of_client;
	uint32_t bytes_in;
	uint32_t bytes_out;
};

/* What a service with `syn-cookies: auto` suffers; see flow/pressure.h */
struct pressure {
	uint32_t looked_s; /* when what changes slowly was looked at */
	uint32_t half_max; /* more half-open handshakes than this are many */
	uint32_t window_s; /* `missing` is counted from then on */
	int64_t missing;   /* cookies given, less those that came back */
};

/* Frames to the kernel that have a rate of their own. */
enum twin_rate {
	TWIN_RATE_REST,
	TWIN_RATE_NEIGHBOURS,        /* ARP and neighbour discovery */
	TWIN_RATE_ANSWERS,           /* to the kernel's connections */
	TWIN_RATE_NEIGHBOUR_ANSWERS, /* to its questions for neighbours */
	TWIN_RATES,
};

/* The kernel's twin of a port as a worker sees it; see twinqueue.h. */
struct worker_twin {
	bool is_there;
	bool is_polled;  /* this worker receives by the queue */
	bool interrupts; /* the queue can end a sleep */
	uint16_t port_id;
	uint16_t queue;
	rte_spinlock_t *lock; /* of a queue that several workers send by; or
			       * NULL */
	/* Until when each rate is spent. */
	uint64_t spent_tsc[TWIN_RATES];
	uint16_t count; /* frames that wait for twinqueue_flush() */
	struct rte_mbuf *frame[BURST_MAX];
};

/* Sessions of this box that peers give back after a start with an empty table; see
 * borrow/homing.h */
struct homing {
	bool on;       /* they are waited for */
	uint8_t box;   /* whose shadow is gone through; 0: none */
	uint32_t at;   /* its next entry */
	uint32_t done; /* boxes whose shadows are, a bit each */
	/* Until then no session is opened; the main thread reads it too. */
	_Atomic uint32_t until_s;
};

/* When the worker rests; see path/idle.h */
struct idle {
	bool sleeps;      /* `idle: sleep` */
	bool shares_core; /* with another worker: it yields */
	bool interrupts;  /* every port can end a sleep */
	uint32_t polls;   /* in a row that found nothing; see worker_poll() */
};

struct asked;
struct capture;
struct limiter;
struct greet;
struct shadows;
struct watch;

struct worker {
	uint16_t id;
	uint16_t workers;
	uint16_t ports;
	uint32_t now_s;  /* CLOCK_MONOTONIC, kept by the TSC */
	uint32_t search; /* where reset_search() goes on */
	struct mx_worker_count *count;
	struct mx_ring *ended; /* of struct mx_ended */
	struct session_table sessions;
	struct rss_owner rss_owner;
	struct portmap map[MX_SNATS_MAX];
	struct resend_ladder proxy;
	struct doubts doubts;
	struct reclaim reclaim;
	struct reset_budget resets;
	struct greet *greet; /* clients without a session; greet/greet.h */
	struct failover failover;
	struct farewells farewells;
	uint32_t ends_waiting; /* entries of its queues */
	struct watch *watch;   /* sessions that are to end; ending/watch.h */
	struct joins joins;
	struct patience patience;
	struct last_words last_words;
	struct ticks ticks;
	/* Services whose oldest held sessions are still to be looked at in this
	 * second; see greet/hold.h */
	uint16_t holds_left;
	struct profiles profiles; /* what backends say in their SYN-ACKs */
	/* Sessions that are not over, by the pool of their backends, as it was
	 * when these were last gone through; see choose.h */
	uint64_t pool_sessions[MX_POOLS_MAX];
	uint8_t pool_of[MX_BACKENDS_MAX + 1];
	const struct active_plan
		*counted;    /* whose pools they are, or will be */
	uint16_t recount;    /* the backend that is next; 0: done */
	uint32_t ways_round; /* of the plan; see wayback.h */
	uint32_t ways_left;  /* sessions still to be looked at for it */
	struct limiter *_Atomic limiter; /* NULL: no client is counted */
	uint32_t limits_round;           /* of the plan; see limit.h */
	uint32_t limits_left; /* sessions still to be counted for it */
	struct rte_mempool *frame_pool; /* of frames that begin here */
	struct worker_port port[MX_PORTS_MAX];
	struct tx_burst tx[MX_PORTS_MAX];
	struct rte_ring *from[MX_WORKERS_MAX]; /* NULL at the own id */
	struct rte_ring *to[MX_WORKERS_MAX];

	/* The loop uses these; the packet path does not. */
	struct idle idle;
	uint64_t tsc_hz;
	uint64_t next_second_tsc;
	uint64_t sweep_tsc;      /* when the next session is looked at */
	uint64_t sweep_step_tsc; /* from one to the next */
	uint64_t greet_tsc;      /* when greet_tick() looks again */
	const struct active_plan *_Atomic
		*active; /* what main lets all workers use */
	struct rte_rcu_qsbr *quiescent;
	const atomic_bool *stop;
	struct worker_claim claim[MX_PORTS_MAX]; /* by where it came in */
	struct rte_ring *outbox;  /* frames of main's to send; outbox.h */
	atomic_bool outbox_waits; /* there may be some */
	bool has_twin;            /* any port has one */
	struct worker_twin twin[MX_PORTS_MAX];
	struct asked *asked;             /* of all workers, if has_twin */
	struct capture *_Atomic capture; /* NULL: none; capture/capture.h */

	/* Of the peers' sessions; NULL: none.  borrow/shadows.h */
	const struct shadows *_Atomic shadows;
	struct homing homing;

	struct pressure pressure[MX_SERVICES_MAX];
};

/* Set the worker's clock to now_s, for a second. */
void worker_clock_set(struct worker *w, uint32_t now_s, uint64_t tsc_hz);

/* Set it by CLOCK_MONOTONIC, until that second is over.  By the TSC alone the
 * clock would drift away from the control plane's.  The time when a session was
 * opened tells whether the operator has ended it. */
void worker_clock_read(struct worker *w);

/* May one more reset go to a sender that has no session here?  It counts. */
bool worker_may_reset(struct worker *w);

/* The worker that owns a nat session, from the hash of the client's end. */
static inline uint16_t
worker_of_hash(const struct worker *w, uint64_t hash)
{
	return mx_nat_owner(hash, w->workers);
}

/* Pass a frame to the worker that owns its session, or drop it if that worker's
 * ring is full. */
void worker_hand_off(struct worker *w, struct rte_mbuf *frame, uint16_t owner);

static inline bool
worker_is_nat(const struct active_plan *active, uint16_t service)
{
	return unlikely(active->plan.nat) &&
	       active->plan.service[service].forward == MX_FORWARD_NAT;
}

static inline void
worker_drop(struct worker *w, struct rte_mbuf *frame, enum mx_drop why)
{
	w->count->dropped[why]++;
	rte_pktmbuf_free(frame);
}

/* An empty frame to fill and send, or NULL. */
static inline struct rte_mbuf *
worker_make_frame(struct worker *w)
{
	struct rte_mbuf *frame = rte_pktmbuf_alloc(w->frame_pool);

	w->count->made += frame != NULL;
	return frame;
}

/* Queue a frame for a port; sent at the end of the burst. */
static inline void
worker_send(struct worker *w, struct rte_mbuf *frame, uint8_t port)
{
	struct tx_burst *tx = &w->tx[port];

	tx->frame[tx->count++] = frame;
}

#endif /* MX_WORKER_H */
