/* SPDX-License-Identifier: BSD-3-Clause */
/* What `lookup` tells of lists. */
#include <stdio.h>

#include "denials.h"
#include "denyfile.h"

/* Does a list in force have an address?  Reads the table's file. */
static bool
has_address(const struct denials *denials, const struct denial *denial,
	    const struct mx_addr *addr)
{
	struct mx_deny_table *table;

	if (denial == NULL || denial->serial == 0 ||
	    mx_deny_file_read(denials->instance, denial->serial,
			      denial->size_bytes, &table) != 0)
		return false;
	const bool has = mx_deny_find(table, addr) == MX_DENY_DENIED;
	mx_deny_file_free(table);
	return has;
}

bool
denials_allow(const struct denials *denials,
	      const struct mx_config_service *service,
	      const struct mx_addr *addr)
{
	return has_address(denials, denials_of(denials, service, LIST_ALLOWS),
			   addr);
}

bool
denials_explain(const struct denials *denials,
		const struct mx_config_service *service,
		const struct mx_addr *addr, char text[static DENIAL_TEXT_MAX])
{
	const struct denial *denial = denials_of(denials, service, LIST_DENIES);

	if (!has_address(denials, denial, addr))
		return false;
	const uint32_t line = list_line_of(denial->config.file, addr);
	if (line != 0)
		snprintf(text, DENIAL_TEXT_MAX, "%s:%u denies it",
			 denial->config.file, line);
	else
		snprintf(text, DENIAL_TEXT_MAX,
			 "the list in force of %s denies it, and the file no "
			 "longer does",
			 denial->config.file);
	return true;
}
