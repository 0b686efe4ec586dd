/* SPDX-License-Identifier: BSD-3-Clause */
#include "inspection.h"

#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "log.h"
#include "machine.h"
#include "portlist.h"

int
inspection_ports(void)
{
	portlist_print("", stdout);
	return EXIT_SUCCESS;
}

int
inspection_check(const char *path)
{
	struct mx_config_errors errors = {0};
	struct hazards found = {.count = 0};
	struct mx_config *config = mx_config_load(path, &errors);

	for (uint16_t i = 0; i < errors.count && i < MX_CONFIG_ERRORS_MAX; i++)
		log_line(LOG_LEVEL_ERROR, "%s", errors.text[i]);
	if (config == NULL)
		return EXIT_FAILURE;
	machine_check("", config, &found);
	mx_config_free(config);
	hazards_print(&found, path, stdout);
	return hazards_stop_mail(&found) ? EXIT_FAILURE : EXIT_SUCCESS;
}
