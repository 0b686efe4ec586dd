/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_VETH_H
#define MX_DRIVERS_VETH_H

/* Super-packets from a veth's other end.  A sender leaves the segments in one
 * piece for a network card to cut, but a veth has no card.
 *
 * Threads    main. */

/* Make the other end of a veth send one segment at a time, for as long as this
 * process lives.  Linux turns segmentation offload off at the peer of a veth
 * that has an XDP program.  This one lets every frame pass.
 *
 * Returns 0, also for an interface that is no veth.  Returns -errno if peers on
 * this host may send packets that do not fit. */
int veth_split_segments(const char *interface);

#endif /* MX_DRIVERS_VETH_H */
