/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TUN_H
#define MX_TUN_H

/* The interface whose routes announce addresses: a TUN of this process.  The kernel
 * removes it, and all routes on it, when the process ends, however it ends.
 *
 * Nobody reads the packets that the kernel sends there.  A host that does not
 * forward sends only its own, and the kernel drops them when the queue of 500
 * packets is full.
 *
 * Threads    main. */

#define TUN_REASON_MAX 160

/* Make the interface, and bring it up.  It must not exist.  Returns its file
 * descriptor, which the interface goes with, or -errno with the reason as a
 * sentence.  Needs CAP_NET_ADMIN. */
int tun_make(const char *interface, char reason[static TUN_REASON_MAX]);

#endif /* MX_TUN_H */
