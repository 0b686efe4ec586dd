/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_BOND_H
#define MX_CONFIG_BOND_H

/* Bonds as text: several devices that are one port.
 *
 *   net_bonding0,mode=1,member=0000:65:00.0,member=0000:65:00.1
 *
 * `bond:` in the configuration becomes such a text.  DPDK says `slave` for
 * `member` before 23.11; the data plane writes the word that its DPDK knows.
 *
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#include "config.h"

/* Is it the text of a bond? */
bool mx_bond_is(const char *device);

/* Write the text of the port's members into port->device.  index: of the port;
 * the bond's name carries it.  Returns false if there is no room. */
bool mx_bond_write(struct mx_config_port *port, uint16_t index);

/* The value of the next argument that names a member; it ends before a comma or
 * at the end of the text.  *at: the text, then where the search stopped.
 * Returns NULL if there is none. */
const char *mx_bond_next(const char **at);

/* Write the name of the next device of which the text is made: the device
 * itself, then the members of a bond.  *at as above.  Returns false if there is
 * none. */
bool mx_bond_next_device(const char **at, char name[static MX_DEVICE_NAME_MAX]);

#endif /* MX_CONFIG_BOND_H */
