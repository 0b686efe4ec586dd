/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_PARTIAL_H
#define MX_DRIVERS_PARTIAL_H

/* Partial TCP checksums: their sender left the rest to a network card.
 *
 * Between a host's own interfaces (veth, a virtual machine's tap) there is no
 * card.  The segment arrives with a partial checksum: the folded sum of its
 * pseudo-header.  The kernel has a note that the checksum is not wrong, but
 * neither DPDK's af_packet nor an XDP program gets that note.  So a partial
 * checksum is recognised by its value, and completed before a worker sees the
 * frame.
 *
 * A correct checksum that happens to have that value stays unchanged.  A
 * damaged segment from a real wire has that value once in 65,536 times.  That
 * is as often as a checksum fails to show damage.
 *
 * Threads    any. */
#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

/* Complete the checksum of a frame if it is TCP with a partial checksum.  Reads
 * nothing outside the frame, whatever its headers say.  Returns whether it was
 * partial. */
bool partial_complete(struct rte_mbuf *frame);

#endif /* MX_DRIVERS_PARTIAL_H */
