/* SPDX-License-Identifier: BSD-3-Clause */
#include "vip.h"

#include <errno.h>

static void
note_first(struct mx_vip_table *table, const struct mx_vip *vip)
{
	const struct mx_vip *address = mx_vip_find(table, &vip->addr, 0);
	struct mx_vip *row = &table->slot[address - table->slot];

	if (row->kind != MX_OWNED_ADDRESS || row->first_be != 0)
		return;
	row->first_be = vip->port_be;
	row->index = vip->index;
}

int
mx_vip_add(struct mx_vip_table *table, const struct mx_vip *vip)
{
	const struct mx_vip *found =
		mx_vip_find(table, &vip->addr, vip->port_be);

	if (found->kind != MX_OWNED_NOT)
		return -EEXIST;
	if (table->count >= MX_OWNED_MAX)
		return -ENOSPC;

	table->slot[found - table->slot] = *vip;
	table->count++;
	if (mx_vip_has_service(vip))
		note_first(table, vip);
	return 0;
}
