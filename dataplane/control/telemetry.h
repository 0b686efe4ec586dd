/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TELEMETRY_H
#define MX_TELEMETRY_H

/* The counters of workers for DPDK's own tools (key `telemetry`), beside those of
 * DPDK: dpdk-telemetry.py, and what else speaks its protocol.
 *
 *   /mxsteer/workers    the counters of each worker; lists in their order
 *   /mxsteer/services   those of each service that had a session, by id
 *   /mxsteer/drops      frames that were not forwarded, by reason
 *
 * DPDK answers in a thread of its own, at a socket that only this process' user
 * may open.  An answer reads counters and changes nothing.
 *
 * Threads    begin and end: main.  Answers: DPDK's thread. */
struct mx_region;

/* The commands are about this region, until telemetry_end().  Without telemetry
 * in EAL nobody asks.  Returns 0 or -errno. */
int telemetry_begin(const struct mx_region *region);

/* The region may go: answers are empty from now on, and none is under way. */
void telemetry_end(void);

#endif /* MX_TELEMETRY_H */
