/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_RIG_H
#define MX_TESTS_RIG_H

/* A data plane in a test's hands: real workers, a real plan, ports made of
 * rings (net_ring).  A test puts frames into a port, lets a worker poll, and
 * looks at what came out of which port.
 *
 *   client 203.0.113.x --- port 0 [ worker... ] port 1 --- mta1..3 10.0.2.1x
 *
 * The VIP is 198.51.100.25:25; the local addresses are 10.0.2.100 and .101. */
#include "adopt.h"
#include "frames.h"
#include "worker.h"

#define RIG_WORKERS_MAX 4
#define RIG_SESSIONS 4096
#define WAN 0
#define LAN 1

struct rig {
	uint16_t workers;
	struct worker *worker[RIG_WORKERS_MAX];
	struct mx_sessions_file *file[RIG_WORKERS_MAX];
	struct mx_worker_count *count;
	struct snat snat;
	struct view *view;
};

/* Who is who; ports of clients and MTAs are the caller's to set. */
extern const struct end rig_vip, rig_client, rig_local;
struct end rig_mta(int number); /* 1..3 */

/* EAL without huge pages, and the ring ports; once a program. */
void rig_start_dpdk(void);

/* A fresh rig; every backend up, flow hashing. */
struct rig *rig_make(uint16_t workers);
void rig_free(struct rig *rig);

/* The plan may be changed by the test before it is used. */
struct mx_plan *rig_plan(struct rig *rig);
void rig_set_weights(struct rig *rig, const uint16_t weight[3]);

/* A frame for queue `worker` of a port. */
void rig_put(struct rig *rig, uint16_t worker, uint16_t port,
	     const uint8_t *frame, uint16_t bytes);
void rig_send(struct rig *rig, uint16_t worker, uint16_t port,
	      const struct segment *segment);

/* Poll all workers until nothing moves any more; then check the equation. */
void rig_poll(struct rig *rig);

/* The next frame that left by a port, copied to out; 0 bytes if none. */
uint16_t rig_get(struct rig *rig, uint16_t port, uint8_t *out);

/* Forget the frames that left. */
void rig_flush(struct rig *rig);

uint64_t rig_dropped(const struct rig *rig, enum mx_drop why);
uint64_t rig_sessions(const struct rig *rig);

/* Detach and attach all tables, as a restart does. */
void rig_restart(struct rig *rig);

#endif /* MX_TESTS_RIG_H */
