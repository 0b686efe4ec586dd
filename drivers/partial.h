/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_PARTIAL_H
#define MX_DRIVERS_PARTIAL_H

/* TCP checksums that their sender left to a network card.
 *
 * Between a host's own interfaces (veth, a virtual machine's tap) there is no
 * card: the segment arrives with a checksum that was only begun, the folded sum
 * of its pseudo-header.  The kernel keeps in mind that it is not wrong, but
 * neither DPDK's af_packet nor an XDP program is told.  So such a checksum is
 * recognised by its value and computed in full before a worker sees the frame.
 *
 * A right checksum that happens to have that value comes out as it went in.  A
 * segment that was damaged on a real wire has it once in 65,536 times, as often
 * as its checksum fails to tell the damage anyway.
 *
 * Threads    any. */
#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

/* Complete the checksum of a frame if it is TCP whose checksum is partial.
 * Looks at nothing outside the frame, whatever its headers say.
 * Returns whether it was. */
bool partial_complete(struct rte_mbuf *frame);

#endif /* MX_DRIVERS_PARTIAL_H */
