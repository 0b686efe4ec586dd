/* SPDX-License-Identifier: BSD-3-Clause */
#include "portcount.h"

static void
take(uint64_t *total, uint64_t before, uint64_t now)
{
	*total += now >= before ? now - before : now;
}

void
portcount_take(struct portcount *count, const struct port_counts *now)
{
	const struct port_counts *before = &count->read;
	struct port_counts *total = &count->total;

	take(&total->rx, before->rx, now->rx);
	take(&total->tx, before->tx, now->tx);
	take(&total->missed, before->missed, now->missed);
	take(&total->no_memory, before->no_memory, now->no_memory);
	take(&total->errors, before->errors, now->errors);
	take(&total->partial, before->partial, now->partial);
	take(&total->other_vlan, before->other_vlan, now->other_vlan);
	count->read = *now;
}
