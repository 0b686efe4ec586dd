/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_TAP_H
#define MX_DRIVERS_TAP_H

/* The TAP of a twin: an interface of the kernel that outlives the process.
 *
 * A TAP that goes away takes its addresses, routes and neighbours along, and
 * then the control plane has no next hops.  So the TAP is made before DPDK
 * opens it, and stays when the process ends in any way.  While no process has
 * it open it has no carrier, and its routes stay.
 *
 * The user of the process becomes the owner of the TAP, and other users without
 * CAP_NET_ADMIN cannot open it.
 *
 * mxsteer marks the TAPs that it makes by an alias, as `ip link` shows it, and
 * removes no others.  A TAP that the operator has made before, such as by
 * `ip tuntap add wan0 mode tap multi_queue user root` or by systemd-networkd,
 * serves as well.
 *
 * Threads    main. */
#include <stdint.h>

#define TAP_REASON_MAX 256

struct tap {
	const char *interface;
	const char *instance; /* whose TAP it is */
	uint8_t mac[6];
	uint16_t mtu;
};

/* Make the TAP, or take over the one that is there, and bring it up.  Returns
 * 0, or -errno with a reason for the operator. */
int tap_make(const struct tap *tap, char reason[static TAP_REASON_MAX]);

/* Remove all TAPs that were made for an instance.  Logs each.  Returns how many
 * there were. */
unsigned tap_remove_all(const char *instance);

/* Warn of TAPs of the instance that none of `count` names is. */
void tap_warn_unused(const char *instance, const char *const *interface,
		     unsigned count);

#endif /* MX_DRIVERS_TAP_H */
