/* SPDX-License-Identifier: BSD-3-Clause */
#include "inspection.h"

#include <stdio.h>
#include <stdlib.h>

#include "machine.h"
#include "portlist.h"

int
inspection_ports(void)
{
	portlist_print("", stdout);
	return EXIT_SUCCESS;
}

int
inspection_check(const char *path, const struct mx_config *config)
{
	struct hazards found = {.count = 0};

	machine_check("", config, &found);
	hazards_print(&found, path, stdout);
	return hazards_stop_mail(&found) ? EXIT_FAILURE : EXIT_SUCCESS;
}
