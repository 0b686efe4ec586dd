/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory.h"

#include <stdio.h>

#include "sysfile.h"

/* The sizes of huge pages that mxsteer uses. */
static const unsigned sizes_kib[] = {2048, 1048576};

/* MiB in huge pages of all sizes.  which: "nr_hugepages" or "free_hugepages" */
static unsigned
count_mib(const char *root, int node, const char *which)
{
	char folder[64] = "/sys/kernel/mm";
	unsigned long mib = 0;

	if (node >= 0)
		snprintf(folder, sizeof(folder),
			 "/sys/devices/system/node/node%d", node);
	for (size_t i = 0; i < sizeof(sizes_kib) / sizeof(sizes_kib[0]); i++) {
		const long pages = sysfile_number(
			root, 0, "%s/hugepages/hugepages-%ukB/%s", folder,
			sizes_kib[i], which);
		mib += (unsigned long)pages * (sizes_kib[i] / 1024);
	}
	return (unsigned)mib;
}

unsigned
memory_all_mib(const char *root, int node)
{
	return count_mib(root, node, "nr_hugepages");
}

unsigned
memory_free_mib(const char *root, int node)
{
	return count_mib(root, node, "free_hugepages");
}

/* The command that reserves huge pages for a need. */
static void
mend(struct hazard *hazard, const struct memory_need *need, unsigned has_mib)
{
	const unsigned pages = need->mib == 0 ? 64 : need->mib / 2 + 1;

	if (need->node < 0)
		hazard_mend(hazard, "`sysctl vm.nr_hugepages=%u`",
			    has_mib / 2 + pages);
	else
		hazard_mend(hazard,
			    "`echo %u >/sys/devices/system/node/node%d/"
			    "hugepages/hugepages-2048kB/nr_hugepages`",
			    has_mib / 2 + pages, need->node);
}

void
memory_check(const char *root, const struct memory_need *need,
	     struct hazards *found)
{
	const unsigned all = memory_all_mib(root, need->node);
	const unsigned free = memory_free_mib(root, need->node);
	char where[32] = "";

	if (need->node >= 0)
		snprintf(where, sizeof(where), " on NUMA node %d", need->node);
	if (all == 0)
		mend(hazards_add(found, false,
				 "no huge pages are reserved%s: the data plane "
				 "uses pages of 4 KiB, which is slower",
				 where),
		     need, 0);
	else if (!need->taken && free < need->mib)
		mend(hazards_add(found, false,
				 "the data plane needs %u MiB in huge pages, "
				 "and %u MiB of %u MiB are free%s: it uses "
				 "pages of 4 KiB, which is slower",
				 need->mib, free, all, where),
		     need, all - free);
}
