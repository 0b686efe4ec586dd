/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_BONDING_H
#define MX_DRIVERS_BONDING_H

/* Ports that are bonds of DPDK's: several devices, of which some carry the
 * frames.
 *
 * Invariant  DPDK sends and takes the frames of LACP only when the port is
 *            polled for both directions, each 100 ms.  bonding_started() makes
 *            every poll for frames do both.
 * Threads    main; bonding_members() and bonding_carries() at any time. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_config.h>

#include "bounds.h"

/* Write the text of a device with the word that this DPDK has for the members
 * of a bond, and without members that are absent.  size: of the text. */
void bonding_spell(const char *device, char *text, size_t size);

/* Attach the members that the text of the device names, so that the port has
 * their queues and offloads, and they its MAC address.  Returns 0, also for a
 * port that is no bond; -ENODEV if a member is not there; or another -errno. */
int bonding_attach(uint16_t port_id, const char *device);

/* Finish the setup of a port that is started.  Does nothing for a port that is
 * no bond.  Returns 0 or -errno. */
int bonding_started(uint16_t port_id);

/* Write DPDK's numbers of the members.  Returns how many there are; 0: it is no
 * bond. */
uint16_t bonding_member_ids(uint16_t port_id,
			    uint16_t id[static RTE_MAX_ETHPORTS]);

struct bonding_member {
	char name[MX_DEVICE_NAME_MAX];
	bool up;
	bool active; /* it carries frames */
};

/* Read the state of the members.  Returns how many there are; 0: it is no
 * bond. */
uint16_t bonding_members(uint16_t port_id,
			 struct bonding_member member[MX_BOND_MEMBERS_MAX]);

/* Let a member that is up carry the frames of an active-backup bond, if the
 * carrier has no link.  The bond does so by itself where its members' driver
 * reports the loss; net_tap does not. */
void bonding_move(uint16_t port_id);

/* Take a member out of its bond, while no worker runs.  The member stays open.
 * Returns 0 or -errno. */
int bonding_remove(uint16_t port_id, uint16_t member_id);

/* Does a member carry frames?  Before LACP has found a partner, none does.  A
 * port that is no bond carries its frames itself. */
bool bonding_carries(uint16_t port_id);

/* Stop and close a port, and its members if it is a bond. */
void bonding_close(uint16_t port_id);

#endif /* MX_DRIVERS_BONDING_H */
