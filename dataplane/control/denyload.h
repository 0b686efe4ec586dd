/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DENYLOAD_H
#define MX_DENYLOAD_H

/* The deny lists and allow lists of the active plans, in memory of this process.
 *
 *   a new plan  -> tables that it names and that are not here are read
 *               -> its services get theirs, and its rules become a table
 *               -> every worker uses the new plan
 *               -> tables that no service has are freed
 *
 * A table that cannot be read stops no mail: the service keeps the list that it
 * has, and the region says so.  The control plane offers such a list again.
 *
 * Threads    main. */
#include <stdint.h>

#include "activeplan.h"

/* The active plan and the spare one have two tables a service each, at most. */
#define DENY_TABLES_MAX (4 * MX_SERVICES_MAX)

struct deny_load {
	const char *instance; /* whose folder has the files */
	uint32_t count;
	struct mx_deny_table *table[DENY_TABLES_MAX];
};

/* Fill active->deny, active->allow and active->rules for the plan of *active.  before: the
 * active plan before.  Returns the services that do not have the lists that the
 * plan names, a bit each. */
uint64_t deny_load(struct deny_load *load, struct active_plan *active,
		   const struct active_plan *before);

/* Free what the active plan does not use.  No worker uses another plan any
 * more.  before: the plan that was in force; its rules are freed. */
void deny_unload(struct deny_load *load, const struct active_plan *active,
		 struct active_plan *before);

/* Free the rules of an active plan that no worker uses. */
void deny_rules_free(struct active_plan *active);

/* Free all. */
void deny_load_free(struct deny_load *load);

#endif /* MX_DENYLOAD_H */
