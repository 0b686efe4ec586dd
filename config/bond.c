/* SPDX-License-Identifier: BSD-3-Clause */
#include "bond.h"

#include <stdio.h>
#include <string.h>

#define BOND_NAME "net_bonding"

/* The arguments for the modes, as DPDK numbers them.  With LACP, ports and
 * addresses of a packet choose the member, so that a gateway's frames use all
 * members. */
static const char *const mode_arguments[MX_BONDS] = {
	[MX_BOND_ACTIVE_BACKUP] = "mode=1",
	[MX_BOND_LACP] = "mode=4,xmit_policy=l34",
};

/* The arguments that name a member: before DPDK 23.11, and since. */
static const char *const member_keys[] = {"slave=", "member="};

bool
mx_bond_is(const char *device)
{
	return strncmp(device, BOND_NAME, strlen(BOND_NAME)) == 0;
}

bool
mx_bond_write(struct mx_config_port *port, uint16_t index)
{
	char name[MX_DEVICE_NAME_MAX];
	size_t at =
		(size_t)snprintf(port->device, MX_DEVICE_MAX, BOND_NAME "%u,%s",
				 index, mode_arguments[port->bond]);

	for (uint16_t i = 0; i < port->member_count && at < MX_DEVICE_MAX; i++)
		at += (size_t)snprintf(port->device + at, MX_DEVICE_MAX - at,
				       ",member=%s",
				       mx_device_name(port->member[i], name));
	return at < MX_DEVICE_MAX;
}

const char *
mx_bond_next(const char **at)
{
	while (**at != '\0') {
		const char *text = *at;

		*at += strcspn(*at, ",");
		*at += **at == ',';
		for (size_t i = 0;
		     i < sizeof(member_keys) / sizeof(member_keys[0]); i++)
			if (strncmp(text, member_keys[i],
				    strlen(member_keys[i])) == 0)
				return text + strlen(member_keys[i]);
	}
	return NULL;
}

bool
mx_bond_next_device(const char **at, char name[static MX_DEVICE_NAME_MAX])
{
	const char *text = *at;

	/* Only the device itself has no key. */
	if (text[strcspn(text, ",=")] != '=' && *text != '\0') {
		mx_device_name(text, name);
		*at += strcspn(text, ",");
		*at += **at == ',';
		return true;
	}
	text = mx_bond_next(at);
	if (text == NULL)
		return false;
	mx_device_name(text, name);
	return true;
}
