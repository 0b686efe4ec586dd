/* SPDX-License-Identifier: BSD-3-Clause */
#include "owned.h"

#include <errno.h>

static void
note_first(struct mx_owned_table *table, const struct mx_owned *vip)
{
	const struct mx_owned *address = mx_owned_find(table, &vip->addr, 0);
	struct mx_owned *row = &table->slot[address - table->slot];

	if (row->kind != MX_OWNED_ADDRESS || row->first_be != 0)
		return;
	row->first_be = vip->port_be;
	row->index = vip->index;
}

int
mx_owned_add(struct mx_owned_table *table, const struct mx_owned *row)
{
	const struct mx_owned *found =
		mx_owned_find(table, &row->addr, row->port_be);

	if (found->kind != MX_OWNED_NOT)
		return -EEXIST;
	if (table->count >= MX_OWNED_MAX)
		return -ENOSPC;

	table->slot[found - table->slot] = *row;
	table->count++;
	if (mx_owned_has_service(row))
		note_first(table, row);
	return 0;
}
