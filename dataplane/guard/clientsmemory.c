/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory of the table of clients. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "clients.h"

/* Two entries a session, and half as many more, for the history of clients and
 * so that every client finds room among its buckets. */
#define ENTRIES_NEEDED(sessions) ((uint64_t)(sessions)*3)
#define BUCKETS_MIN 64

int
clients_make(struct clients *clients, uint32_t sessions,
	     const struct mx_hash_key *key)
{
	const uint64_t needed =
		ENTRIES_NEEDED(sessions) / CLIENTS_BUCKET_ENTRIES + 1;
	const uint32_t buckets =
		needed < BUCKETS_MIN ? BUCKETS_MIN : (uint32_t)needed;
	const size_t bytes = buckets * sizeof(struct clients_bucket);

	*clients = (struct clients){.buckets = buckets, .key = *key};
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return -ENOMEM;
	/* Touched now rather than by a packet, in huge pages if there are. */
	madvise(at, bytes, MADV_HUGEPAGE);
	memset(at, 0, bytes);
	clients->bucket = at;
	for (int i = 0; i < CLIENTS_LOCKS; i++)
		atomic_flag_clear(&clients->lock[i].taken);
	return 0;
}

void
clients_free(struct clients *clients)
{
	if (clients->bucket != NULL)
		munmap(clients->bucket,
		       clients->buckets * sizeof(struct clients_bucket));
	clients->bucket = NULL;
}
