/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_FRAMEPOOL_H
#define MX_DRIVERS_FRAMEPOOL_H

/* The pool of frames that all ports and workers share.
 *
 * The pool is one range of memory without gaps, also across pages.  DPDK's
 * AF_XDP driver registers the pool with the kernel by its start and by frames
 * times size.  A frame beyond that would be lost at its first use.
 *
 * Where a network card uses physical addresses (RTE_IOVA_PA: uio, or vfio
 * without an IOMMU), pages that follow each other may lie apart, and no frame
 * may cross from one to the next.  There the pool has gaps.
 *
 * Threads    make: main.  Its frames: all workers. */
#include <stdint.h>

#include <rte_mempool.h>

/* Make the pool.  node: the NUMA node of its memory; -1: any.  Returns NULL,
 * with rte_errno set, if there is no memory. */
struct rte_mempool *frame_pool_make(uint32_t frames, int node);

#endif /* MX_DRIVERS_FRAMEPOOL_H */
