/* SPDX-License-Identifier: BSD-3-Clause */
#include "denyload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "denybuild.h"
#include "denyfile.h"
#include "log.h"
#include "ruleslots.h"

/* The table with this serial, if it is here. */
static struct mx_deny_table *
find_table(const struct deny_load *load, uint64_t serial)
{
	for (uint32_t i = 0; i < load->count; i++)
		if (mx_deny_serial(load->table[i]) == serial)
			return load->table[i];
	return NULL;
}

static struct mx_deny_table *
get_table(struct deny_load *load, uint64_t serial, uint64_t size_bytes)
{
	struct mx_deny_table *table = find_table(load, serial);

	if (table != NULL || load->count == DENY_TABLES_MAX)
		return table;
	const int error =
		mx_deny_file_read(load->instance, serial, size_bytes, &table);
	if (error != 0) {
		log_line(LOG_LEVEL_ERROR,
			 "list %016" PRIx64 " cannot be read: %s", serial,
			 strerror(-error));
		return NULL;
	}
	load->table[load->count++] = table;
	return table;
}

/* Set *list to the table that a plan names, or leave it.  Returns whether it is
 * that table. */
static bool
take_table(struct deny_load *load, const struct mx_deny_table **list,
	   uint64_t serial, uint64_t size_bytes)
{
	const struct mx_deny_table *table =
		serial == 0 ? NULL : get_table(load, serial, size_bytes);

	if (serial != 0 && table == NULL)
		return false;
	*list = table;
	return true;
}

/* The table of the plan's rules, or NULL if there are none. */
static struct mx_deny_table *
make_rules(const struct mx_plan *plan)
{
	struct mx_deny_list list = {0};
	struct mx_deny_table *table = NULL;
	int error = 0;

	if (plan->deny_rules == 0)
		return NULL;
	for (uint16_t i = 0; i < plan->deny_rules && error == 0; i++) {
		const struct mx_deny_rule *rule = &plan->deny_rule[i];
		const struct mx_deny_key key = mx_deny_key_of(&rule->addr);

		error = mx_deny_add(&list, &key, rule->bits,
				    rule->denied ? MX_DENY_DENIED
						 : MX_DENY_EXEMPT);
	}
	if (error == 0)
		table = mx_deny_build(&list, MX_DENY_BY_RULES, &plan->key);
	mx_deny_list_free(&list);
	if (table == NULL)
		log_line(LOG_LEVEL_ERROR,
			 "the operator's denials are not in force: %s",
			 error == -EINVAL ? "one has bits beyond its prefix"
					  : "not enough memory");
	return table;
}

/* Rules that cannot be counted deny all the same. */
static struct rule_slots *
make_slots(const struct mx_deny_table *rules, const struct mx_plan *plan)
{
	if (rules == NULL)
		return NULL;
	struct rule_slots *slots =
		rule_slots_make(rules, plan->deny_rule, plan->deny_rules);
	if (slots == NULL)
		log_line(LOG_LEVEL_ERROR,
			 "what the operator's denials refuse is not counted: "
			 "not enough memory");
	return slots;
}

uint64_t
deny_load(struct deny_load *load, struct active_plan *active,
	  const struct active_plan *before)
{
	uint64_t missing = 0;

	for (uint32_t i = 0; i < MX_SERVICES_MAX; i++) {
		const struct mx_service *service = &active->plan.service[i];

		active->deny[i] = service->used ? before->deny[i] : NULL;
		active->allow[i] = service->used ? before->allow[i] : NULL;
		if (!service->used)
			continue;
		const bool denies =
			take_table(load, &active->deny[i], service->deny.serial,
				   service->deny.size_bytes);
		const bool allows = take_table(load, &active->allow[i],
					       service->allow.serial,
					       service->allow.size_bytes);
		if (!denies || !allows)
			missing |= (uint64_t)1 << i;
	}
	active->rules = make_rules(&active->plan);
	active->rule_slots = make_slots(active->rules, &active->plan);
	return missing;
}

static bool
is_used(const struct active_plan *active, const struct mx_deny_table *table)
{
	for (uint32_t i = 0; i < MX_SERVICES_MAX; i++)
		if (active->deny[i] == table || active->allow[i] == table)
			return true;
	return false;
}

void
deny_unload(struct deny_load *load, const struct active_plan *active,
	    struct active_plan *before)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < load->count; i++) {
		struct mx_deny_table *table = load->table[i];

		if (is_used(active, table))
			load->table[kept++] = table;
		else
			mx_deny_file_free(table);
	}
	load->count = kept;
	deny_rules_free(before);
}

void
deny_rules_free(struct active_plan *active)
{
	free(active->rules);
	rule_slots_free(active->rule_slots);
	active->rules = NULL;
	active->rule_slots = NULL;
}

void
deny_load_free(struct deny_load *load)
{
	for (uint32_t i = 0; i < load->count; i++)
		mx_deny_file_free(load->table[i]);
	load->count = 0;
}
