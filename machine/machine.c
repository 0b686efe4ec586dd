/* SPDX-License-Identifier: BSD-3-Clause */
#include "machine.h"

#include "card.h"
#include "cores.h"
#include "holders.h"
#include "interface.h"
#include "kernel.h"
#include "memory.h"
#include "sysfile.h"
#include "tenants.h"

/* The data plane makes a TUN for the routes of `announce`. */
static void
check_announce(const char *root, const struct mx_config_announce *announce,
	       struct hazards *found)
{
	if (announce->interface[0] != '\0' &&
	    !sysfile_exists(root, "/dev/net/tun"))
		hazard_mend(hazards_add(found, true,
					"announce: interface %s needs "
					"/dev/net/tun",
					announce->interface),
			    "`modprobe tun`");
}

void
machine_check(const char *root, const struct mx_config *config,
	      struct hazards *found)
{
	const struct mx_config_dataplane *dataplane = &config->dataplane;

	interface_check(root, dataplane, found);
	card_check(root, dataplane, found);
	holders_check(root, config, found);
	cores_check(root, dataplane, found);
	const unsigned own_mib = tenants_check(root, config, found);
	memory_check(root, dataplane, own_mib, found);
	kernel_check(root, found);
	check_announce(root, &config->announce, found);
	interface_forwarding(dataplane, found);
}
