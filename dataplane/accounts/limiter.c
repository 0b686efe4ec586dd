/* SPDX-License-Identifier: BSD-3-Clause */
#include "limiter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void *
map(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	/* Touched now rather than by a packet, in huge pages if there are. */
	madvise(at, bytes, MADV_HUGEPAGE);
	memset(at, 0, bytes);
	return at;
}

static void
limiter_free(struct limiter *limiter)
{
	if (limiter != NULL && limiter->place != NULL)
		munmap(limiter->place,
		       limiter->sessions * sizeof(struct limit_place));
	free(limiter);
}

static struct limiter *
limiter_new(struct clients *clients, uint32_t sessions)
{
	struct limiter *limiter = calloc(1, sizeof(*limiter));

	if (limiter == NULL)
		return NULL;
	limiter->clients = clients;
	limiter->sessions = sessions;
	limiter->place = map(sessions * sizeof(struct limit_place));
	if (limiter->place != NULL)
		return limiter;
	limiter_free(limiter);
	return NULL;
}

int
limiters_make(struct worker *const *worker, uint16_t workers)
{
	struct limiter *made[MX_WORKERS_MAX] = {NULL};
	uint32_t sessions = 0;
	bool all = true;

	if (limiter_of(worker[0]) != NULL)
		return 0;
	struct clients *clients = aligned_alloc(64, sizeof(*clients));
	if (clients == NULL)
		return -ENOMEM;
	for (uint16_t i = 0; i < workers; i++)
		sessions += worker[i]->sessions.count;
	all = clients_make(clients, sessions, &worker[0]->sessions.file->key) ==
	      0;
	for (uint16_t i = 0; all && i < workers; i++) {
		made[i] = limiter_new(clients, worker[i]->sessions.count);
		all = made[i] != NULL;
	}
	for (uint16_t i = 0; i < workers; i++)
		if (all)
			atomic_store_explicit(&worker[i]->limiter, made[i],
					      memory_order_release);
		else
			limiter_free(made[i]);
	if (all)
		return 0;
	clients_free(clients);
	free(clients);
	return -ENOMEM;
}

void
limiters_free(struct worker *const *worker, uint16_t workers)
{
	struct limiter *first = limiter_of(worker[0]);

	if (first != NULL) {
		clients_free(first->clients);
		free(first->clients);
	}
	for (uint16_t i = 0; i < workers; i++) {
		limiter_free(limiter_of(worker[i]));
		atomic_store_explicit(&worker[i]->limiter, NULL,
				      memory_order_relaxed);
	}
}
