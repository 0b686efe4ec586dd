/* SPDX-License-Identifier: BSD-3-Clause */
#include "reclaimlist.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "session.h"

int
reclaim_make(struct reclaim *reclaim, uint32_t sessions)
{
	static const struct reclaim_list empty = {SESSION_NONE, SESSION_NONE};
	const size_t bytes = sessions * (sizeof(struct reclaim_link) +
					 sizeof(*reclaim->began));

	*reclaim = (struct reclaim){.half = empty, .over = empty};
	for (int i = 0; i < MX_SERVICES_MAX; i++)
		reclaim->greeting[i] = reclaim->held[i] = empty;
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return -ENOMEM;
	/* Touched now rather than by a packet, in huge pages if there are. */
	madvise(at, bytes, MADV_HUGEPAGE);
	memset(at, 0, bytes);
	reclaim->link = at;
	reclaim->began = (uint16_t *)(reclaim->link + sessions);
	reclaim->bytes = bytes;
	return 0;
}

void
reclaim_free(struct reclaim *reclaim)
{
	if (reclaim->link != NULL)
		munmap(reclaim->link, reclaim->bytes);
	reclaim->link = NULL;
}

void
reclaim_list_put(struct reclaim *reclaim, struct reclaim_list *list,
		 uint32_t index, uint32_t now_s)
{
	struct reclaim_link *link = reclaim->link;

	link[index] = (struct reclaim_link){
		.older = list->newest,
		.newer = SESSION_NONE,
		.since_s = now_s,
	};
	if (list->newest == SESSION_NONE)
		list->oldest = index;
	else
		link[list->newest].newer = index;
	list->newest = index;
}

void
reclaim_list_take(struct reclaim *reclaim, struct reclaim_list *list,
		  uint32_t index)
{
	struct reclaim_link *link = reclaim->link;
	const struct reclaim_link its = link[index];

	if (its.older == SESSION_NONE)
		list->oldest = its.newer;
	else
		link[its.older].newer = its.newer;
	if (its.newer == SESSION_NONE)
		list->newest = its.older;
	else
		link[its.newer].older = its.older;
}

void
reclaim_list_renew(struct reclaim *reclaim, struct reclaim_list *list,
		   uint32_t index, uint32_t now_s)
{
	const uint32_t wait = reclaim->link[index].wait;

	reclaim_list_take(reclaim, list, index);
	reclaim_list_put(reclaim, list, index, now_s);
	reclaim->link[index].wait = wait;
}

void
reclaim_list_hasten(struct reclaim *reclaim, struct reclaim_list *list,
		    uint32_t index)
{
	struct reclaim_link *link = reclaim->link;

	reclaim_list_take(reclaim, list, index);
	link[index].older = SESSION_NONE;
	link[index].newer = list->oldest;
	if (list->oldest == SESSION_NONE)
		list->newest = index;
	else
		link[list->oldest].older = index;
	list->oldest = index;
}
