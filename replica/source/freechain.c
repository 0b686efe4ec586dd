/* SPDX-License-Identifier: BSD-3-Clause */
#include "freechain.h"

#include <errno.h>
#include <sys/mman.h>

int
freechain_open(struct freechain *chain, uint32_t slots)
{
	const size_t bytes = (size_t)slots * sizeof(chain->next[0]);
	/* Zeroed memory, which is taken as it is written to. */
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	*chain = (struct freechain){0};
	if (at == MAP_FAILED)
		return -ENOMEM;
	chain->next = at;
	chain->bytes = bytes;
	return 0;
}

void
freechain_close(struct freechain *chain)
{
	if (chain->next != NULL)
		munmap(chain->next, chain->bytes);
	chain->next = NULL;
}

/* Is the slot of an index plus one free? */
static bool
is_free(const struct freechain_worker *of, uint32_t place)
{
	return atomic_load_explicit(&of->session[place - 1].state,
				    memory_order_acquire) == MX_SESSION_FREE;
}

/* Is it the place of a slot?  A link that was read while it changed may be
 * anything. */
static bool
is_place(const struct freechain_worker *of, uint32_t place)
{
	return place > 0 && place <= of->count;
}

bool
freechain_meet(struct freechain *chain, const struct freechain_worker *of,
	       uint32_t index)
{
	uint32_t *front = &chain->front[of->worker];

	if (chain->next[of->first + index] == 0 ||
	    (*front != 0 && !is_free(of, *front)))
		return false; /* it is known, or will be by the chain */
	chain->kept[of->worker] = *front;
	*front = index + 1;
	return true;
}

uint32_t
freechain_take(struct freechain *chain, const struct freechain_worker *of)
{
	uint32_t *front = &chain->front[of->worker];
	uint32_t *kept = &chain->kept[of->worker];

	if (*front == 0)
		return FREECHAIN_NONE;
	if (is_free(of, *front)) {
		freechain_note(chain, of, *front - 1);
		*kept = 0;
		return FREECHAIN_NONE;
	}
	const uint32_t index = *front - 1;
	uint32_t *next = &chain->next[of->first + index];

	*front = is_place(of, *next) ? *next : 0;
	*next = 0;
	if (*front == 0) {
		*front = *kept;
		*kept = 0;
	}
	return index;
}
