/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TRAFFIC_H
#define MX_TRAFFIC_H

/* Read the counters that the workers write.  The sums are over blocks that
 * change while they are read.
 * Threads    any. */
#include "region.h"

/* The sum of all workers' counts of one backend, or of one service. */
struct mx_flow_count traffic_backend(const struct mx_region *region,
				     uint16_t id);
struct mx_flow_count traffic_service(const struct mx_region *region,
				     uint16_t id);

/* The sum of all workers' times of a backend. */
struct mx_timing traffic_timing(const struct mx_region *region, uint16_t id);

/* The most sessions at once of a service: the sum of the peaks of all workers,
 * which need not have been at the same time. */
uint64_t traffic_peak(const struct mx_region *region, uint16_t service);

/* One worker's counts of a backend. */
struct mx_flow_count traffic_worker_backend(const struct mx_region *region,
					    uint16_t worker, uint16_t id);

/* How many frames from clients of a service were dropped for a reason. */
uint64_t traffic_refused(const struct mx_region *region, uint16_t service,
			 enum mx_drop reason);

/* How many clients of a service got an answer in place of a session, by the
 * answer and the reason; and the sum over all answers. */
uint64_t traffic_told(const struct mx_region *region, uint16_t service,
		      enum mx_answer answer, enum mx_drop reason);
uint64_t traffic_told_any(const struct mx_region *region, uint16_t service,
			  enum mx_drop reason);

/* How many SYNs the rule with a slot refused. */
uint64_t traffic_rule(const struct mx_region *region, uint16_t slot);

/* How many clients of a service spoke before their greeting. */
uint64_t traffic_early(const struct mx_region *region, uint16_t service);

/* Does a worker answer the SYNs of a service by cookies now, because of a flood?
 * How many workers do; and for how many services does a worker?  now_s:
 * CLOCK_MONOTONIC. */
bool traffic_worker_has_cookies_on(const struct mx_region *region,
				   uint16_t worker, uint16_t service,
				   uint32_t now_s);
uint16_t traffic_cookies_on(const struct mx_region *region, uint16_t service,
			    uint32_t now_s);
uint16_t traffic_worker_cookies_on(const struct mx_region *region,
				   uint16_t worker, uint32_t now_s);

/* How many sessions there are now. */
uint64_t traffic_sessions(const struct mx_flow_count *count);

/* The number of sessions of one backend, or of one service; 0 if region is
 * NULL. */
uint64_t traffic_backend_sessions(const struct mx_region *region, uint16_t id);
uint64_t traffic_service_sessions(const struct mx_region *region, uint16_t id);

/* How many handshakes are under way.  Each may still become a session. */
uint64_t traffic_half_open(const struct mx_flow_count *count);

/* How many workers the region has, at most as many as there is room for. */
uint16_t traffic_workers(const struct mx_region *region);

/* How many sessions a worker has room for; 0: it is not known. */
uint32_t traffic_room(const struct mx_region *region);

/* The frames of one worker, or of all. */
struct frame_count {
	uint64_t rx;
	uint64_t tx;
	uint64_t to_kernel;
	uint64_t handed_off;
	uint64_t made;
	uint64_t dropped[MX_DROP_REASONS];
};

uint64_t traffic_dropped(const struct frame_count *count);
bool traffic_balanced(const struct frame_count *count);

/* The frames of one worker.  During a burst the counters are read again, up to
 * a limit.  So they are balanced unless the worker counts wrongly. */
struct frame_count traffic_frames(const struct mx_region *region,
				  uint16_t worker);

#endif /* MX_TRAFFIC_H */
