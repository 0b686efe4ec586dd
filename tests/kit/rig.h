/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_RIG_H
#define MX_TESTS_RIG_H

/* A data plane for tests: real workers, a real plan, ports made of rings
 * (net_ring).  A test puts frames into a port, lets a worker poll, and looks at
 * the frames that come out of each port.
 *
 *   client 203.0.113.7   --- port 0 [ worker... ] port 1 --- mta1..3 10.0.2.1x
 *          2001:beef::7                                      mta4..6 fd00:2::x
 *
 * The VIPs are 198.51.100.25 and 2001:db8::25, with a service of every forward
 * mode on a port each.  The local addresses are 10.0.2.100 and the next one,
 * fd00:2::100 and the next one. */
#include "frames.h"
#include "planswap.h"
#include "worker.h"

#define RIG_WORKERS_MAX 4
#define RIG_SESSIONS 4096
#define RIG_MTU 1600 /* of both ports; no frame is longer by itself */
#define WAN 0
#define LAN 1

/* By the mode of a service, and the family of its backends.  Each service
 * listens on both families if its mode can translate or wrap. */
enum rig_service {
	RIG_FULLNAT_TO4,
	RIG_FULLNAT_TO6,
	RIG_NAT_TO4,
	RIG_NAT_TO6,
	RIG_DSR_TO4,
	RIG_DSR_TO6,
	RIG_IPIP_TO4,
	RIG_IPIP_TO6,
	RIG_GUE_TO4,
	RIG_GUE_TO6,
	RIG_V1_TO4, /* fullnat with a PROXY header */
	RIG_V1_TO6,
	RIG_V2_TO4,
	RIG_V2_TO6,
	RIG_SERVICES,
};

struct rig {
	uint16_t workers;
	struct worker *worker[RIG_WORKERS_MAX];
	struct mx_sessions_file *file[RIG_WORKERS_MAX];
	struct mx_worker_count *count;
	struct mx_ring *ended[RIG_WORKERS_MAX];
	struct snat snat;
	struct active_plan *active;
	uint64_t said; /* RTE_MBUF_F_RX_*: what ports say of each frame */
	/* Sessions of talks get numbers that their clients were told by
	 * another; set by MXSTEER_TOLD in the environment. */
	bool told;
};

/* The ends.  The caller sets the ports of clients and MTAs.  The VIPs are the
 * ends of RIG_FULLNAT_TO4. */
extern const struct end rig_vip, rig_client, rig_local;
extern const struct end rig_vip6, rig_client6, rig_local6;
struct end rig_mta(int number); /* 1..3, of IPv6 4..6 */

/* The number of the MTA with that address. */
int rig_mta_number(const struct mx_addr *ip);

struct end rig_vip_of(enum rig_service service, bool six);

/* Check an assumption of the rig.  Not Check's assertions, since fuzzers run
 * the rig without Check. */
void rig_must(bool holds);

/* The plan that a rig starts with, without its pick tables; one pool a
 * family. */
#define RIG_POOLS 2
void rig_fill_plan(struct mx_plan *plan, uint16_t snats);

/* Start EAL without huge pages, with a thread besides main, and the ring ports;
 * once a program. */
void rig_start_dpdk(void);

/* The same for measurements: frames are in huge pages, as in the product, if
 * enough are free.  Returns whether they are. */
bool rig_start_dpdk_huge(void);

/* Make a fresh rig: every backend is up, hashing by flow. */
struct rig *rig_make(uint16_t workers);

/* The same for measurements, with room for so many sessions a worker and so
 * many local addresses of IPv4, and as many of IPv6 if a plan has room. */
struct rig *rig_make_sized(uint16_t workers, uint32_t sessions, uint16_t snats);
void rig_free(struct rig *rig);

/* Free a rig whose ports the test took away: nobody looks for lost frames. */
void rig_drop(struct rig *rig);

/* The plan, which the test may change before it is used.  The weights are those
 * of the three backends of either family. */
struct mx_plan *rig_plan(struct rig *rig);
void rig_set_weights(struct rig *rig, const uint16_t weight[3]);

/* The operator ends the sessions of a backend that were opened until then. */
void rig_end(struct rig *rig, uint16_t backend, uint32_t until_s);

/* Give the clients of all services these limits, and count the sessions that
 * are there by them. */
void rig_set_limits(struct rig *rig, const struct mx_client_limits *limits);

/* Put a frame into queue `worker` of a port. */
void rig_put(struct rig *rig, uint16_t worker, uint16_t port,
	     const uint8_t *frame, uint16_t bytes);
void rig_send(struct rig *rig, uint16_t worker, uint16_t port,
	      const struct segment *segment);

/* The rings of a port's queue, for another port that talks to it. */
struct rig_rings {
	struct rte_ring *rx; /* into the worker */
	struct rte_ring *tx;
	struct rte_mempool *pool;
};
struct rig_rings rig_rings(uint16_t worker, uint16_t port);

/* Poll all workers until nothing moves.  Then check the equation of frames. */
void rig_poll(struct rig *rig);

/* Let time pass: for the timers of PROXY headers, then poll; or for sessions,
 * until each has been looked at. */
void rig_pass_ms(struct rig *rig, uint32_t ms);
void rig_pass_s(struct rig *rig, uint32_t seconds);

/* Copy the next frame that left by a port to out.  Returns 0 if there is
 * none. */
uint16_t rig_get(struct rig *rig, uint16_t port, uint8_t *out);

/* Discard the frames that left, or those that one worker sent, while others go
 * on. */
void rig_flush(struct rig *rig);
void rig_flush_worker(struct rig *rig, uint16_t worker);

uint64_t rig_dropped(const struct rig *rig, enum mx_drop why);
uint64_t rig_sessions(const struct rig *rig);

/* Detach and attach all tables, as a restart does. */
void rig_restart(struct rig *rig);

#endif /* MX_TESTS_RIG_H */
