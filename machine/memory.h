/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MACHINE_MEMORY_H
#define MX_MACHINE_MEMORY_H

/* The memory that a data plane needs, and huge pages for it.
 *
 * Most of the memory is the pool of frames: received bursts, hand-over rings and
 * caches of every worker, and the frames that the queues of ports keep.  Both
 * planes ask here, so that a check by either says what the data plane takes.
 *
 * Threads    any. */
#include <stdint.h>

#include "config.h"
#include "hazard.h"

/* Descriptors of a queue of a port; drivers lower it to what they have. */
#define MEMORY_DESCRIPTORS 1024

/* Frames for a port of af_xdp, as one queue may keep them: those that DPDK's
 * driver puts into a receive queue, and twice the descriptors: frames to send,
 * and frames sent but not yet returned. */
#define MEMORY_XDP_FRAMES (2048 + 2 * MEMORY_DESCRIPTORS)

/* Frames of a ring of a twin.  A twin has two rings for each worker. */
#define MEMORY_TWIN_FRAMES 256

/* The size of a frame with DPDK's headers. */
#define MEMORY_FRAME_BYTES 2560u

/* The number of frames in the pool. */
uint32_t memory_frames(const struct mx_config_dataplane *dataplane);

/* MiB that EAL takes for a data plane, if possible in huge pages. */
unsigned memory_need_mib(const struct mx_config_dataplane *dataplane);

/* MiB in huge pages of all sizes that mxsteer uses, on a NUMA node, or on all
 * (-1). */
unsigned memory_all_mib(const char *root, int node);
unsigned memory_free_mib(const char *root, int node);

/* Add that huge pages for a data plane lack.  own_mib: what it has already, if
 * it runs. */
void memory_check(const char *root, const struct mx_config_dataplane *dataplane,
		  unsigned own_mib, struct hazards *found);

#endif /* MX_MACHINE_MEMORY_H */
