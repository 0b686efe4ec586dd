/* SPDX-License-Identifier: BSD-3-Clause */
#include "snat.h"

#include <errno.h>
#include <sys/mman.h>

#include "portmap.h"
#include "worker.h"

static size_t
entries_bytes(const struct snat *snat)
{
	return (size_t)snat->workers * MX_SNATS_MAX *
	       PORTMAP_ENTRIES(snat->workers) * sizeof(*snat->entry);
}

static uint32_t *
entries_of(const struct snat *snat, uint16_t worker, int slot)
{
	return snat->entry + ((size_t)worker * MX_SNATS_MAX + (size_t)slot) *
				     PORTMAP_ENTRIES(snat->workers);
}

int
snat_make(struct snat *snat, struct worker **worker, uint16_t workers)
{
	*snat = (struct snat){.worker = worker, .workers = workers};
	void *at = mmap(NULL, entries_bytes(snat), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED)
		return -ENOMEM;
	/* A hint: without huge pages every reply pays a TLB miss. */
	madvise(at, entries_bytes(snat), MADV_HUGEPAGE);
	snat->entry = at;
	return 0;
}

static bool
is_in_use(const struct snat *snat, int slot)
{
	for (uint16_t i = 0; i < snat->workers; i++)
		if (atomic_load_explicit(&snat->worker[i]->map[slot].used,
					 memory_order_relaxed) > 0)
			return true;
	return false;
}

/* A slot that no address needs, or -1. */
static int
spare_slot(const struct snat *snat, const struct snat_set *keep)
{
	for (int slot = 0; slot < MX_SNATS_MAX; slot++)
		if (!snat->used[slot])
			return slot;
	for (int slot = 0; keep != NULL && slot < MX_SNATS_MAX; slot++)
		if (!keep->has[slot] && !is_in_use(snat, slot))
			return slot;
	return -1;
}

int
snat_slot(struct snat *snat, const struct mx_addr *address,
	  const struct snat_set *keep)
{
	for (int slot = 0; slot < MX_SNATS_MAX; slot++)
		if (snat->used[slot] &&
		    mx_addr_equal(&snat->address[slot], address))
			return slot;

	const int slot = spare_slot(snat, keep);
	if (slot < 0)
		return -1;
	for (uint16_t i = 0; i < snat->workers; i++) {
		struct worker *w = snat->worker[i];

		portmap_make(&w->map[slot], address, w->id, snat->workers,
			     entries_of(snat, i, slot));
	}
	snat->address[slot] = *address;
	snat->used[slot] = true;
	snat->peer[slot] = false;
	snat->was_peer[slot] = false;
	return slot;
}

void
snat_set_peer(struct snat *snat, int slot, bool peer)
{
	snat->peer[slot] = peer;
	snat->was_peer[slot] |= peer;
}

void
snat_set_peers(struct snat *snat, const struct mx_config_group *group)
{
	for (int slot = 0; slot < MX_SNATS_MAX; slot++)
		for (uint16_t i = 0;
		     snat->used[slot] && i < group->peer_snat_count; i++)
			if (mx_addr_equal(&snat->address[slot],
					  &group->peer_snat[i].address))
				snat_set_peer(snat, slot, true);
}

void
snat_link(struct snat *snat, uint32_t start)
{
	for (uint16_t i = 0; i < snat->workers; i++) {
		struct worker *w = snat->worker[i];

		for (int slot = 0; slot < MX_SNATS_MAX; slot++) {
			if (!snat->used[slot])
				continue;
			portmap_sort(
				&w->map[slot],
				rss_owner_port_bytes(&w->rss_owner,
						     &snat->address[slot]));
			if (!snat->was_peer[slot])
				portmap_link(&w->map[slot], start);
		}
	}
}

void
snat_report(const struct snat *snat,
	    struct mx_region_snat row[static MX_SNATS_MAX])
{
	for (int slot = 0; slot < MX_SNATS_MAX; slot++) {
		uint32_t used = 0;
		uint32_t fullest = 0;
		uint64_t spilled = 0;
		const bool own = snat->used[slot] && !snat->peer[slot];

		for (uint16_t i = 0; own && i < snat->workers; i++) {
			const struct portmap *map = &snat->worker[i]->map[slot];
			const uint32_t its = atomic_load_explicit(
				&map->used, memory_order_relaxed);

			used += its;
			spilled += atomic_load_explicit(&map->spilled,
							memory_order_relaxed);
			fullest = RTE_MAX(fullest, its * 100 / map->count);
		}
		row[slot].address =
			own ? snat->address[slot] : (struct mx_addr){{0}};
		atomic_store_explicit(&row[slot].used, used,
				      memory_order_relaxed);
		atomic_store_explicit(&row[slot].fullest_percent, fullest,
				      memory_order_relaxed);
		atomic_store_explicit(&row[slot].spilled, spilled,
				      memory_order_relaxed);
	}
}

void
snat_free(struct snat *snat)
{
	munmap(snat->entry, entries_bytes(snat));
	snat->entry = NULL;
}
