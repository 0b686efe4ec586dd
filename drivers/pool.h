/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_POOL_H
#define MX_DRIVERS_POOL_H

/* The pool of frames that all ports and workers share.
 *
 * It lies in one piece, a frame right behind the other, also across pages: the
 * AF_XDP driver of DPDK registers it with the kernel by its beginning and by
 * frames times size, and a frame beyond that would be lost at its first use.
 *
 * Threads    make: main.  Its frames: all workers. */
#include <stdint.h>

#include <rte_mempool.h>

/* Of a frame with DPDK's headers, for who plans memory. */
#define POOL_FRAME_BYTES 2560u

/* Returns NULL with rte_errno set if there is no memory. */
struct rte_mempool *pool_make(uint32_t frames);

#endif /* MX_DRIVERS_POOL_H */
