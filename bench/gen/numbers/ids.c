/* SPDX-License-Identifier: BSD-3-Clause */
#include "ids.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

int
ids_init(struct ids *ids)
{
	void *outcome =
		mmap(NULL, IDS_MAX, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (outcome == MAP_FAILED)
		return -ENOMEM;
	*ids = (struct ids){.outcome = outcome};
	return 0;
}

void
ids_free(struct ids *ids)
{
	if (ids->outcome != NULL)
		munmap(ids->outcome, IDS_MAX);
	ids->outcome = NULL;
}

struct ids_sum
ids_sum(const struct ids *ids)
{
	const uint32_t end =
		ids->given > ids->seen_end ? ids->given : ids->seen_end;
	struct ids_sum sum = {0};

	for (uint32_t i = 0; i < end; i++) {
		const uint8_t outcome = ids->outcome[i];
		const uint8_t arrivals = outcome & IDS_ARRIVALS;

		sum.lost += (outcome & IDS_ACCEPTED) && arrivals == 0;
		sum.doubled += arrivals > 1;
		sum.unsure += (outcome & IDS_UNTOLD) && arrivals > 0;
	}
	return sum;
}
