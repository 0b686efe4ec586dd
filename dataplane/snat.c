/* SPDX-License-Identifier: BSD-3-Clause */
#include "snat.h"

#include "portmap.h"
#include "worker.h"

static bool
is_in_use(const struct snat *snat, int slot)
{
	for (uint16_t i = 0; i < snat->workers; i++)
		if (atomic_load_explicit(&snat->worker[i]->map[slot].used,
					 memory_order_relaxed) > 0)
			return true;
	return false;
}

/* A slot nobody needs, or -1. */
static int
spare_slot(const struct snat *snat, uint64_t keep)
{
	for (int slot = 0; slot < MX_SNATS_MAX; slot++)
		if (snat->address_be[slot] == 0)
			return slot;
	for (int slot = 0; slot < MX_SNATS_MAX; slot++)
		if (!(keep >> slot & 1) && !is_in_use(snat, slot))
			return slot;
	return -1;
}

int
snat_slot(struct snat *snat, uint32_t address_be, uint64_t keep)
{
	for (int slot = 0; slot < MX_SNATS_MAX; slot++)
		if (snat->address_be[slot] == address_be)
			return slot;

	const int slot = spare_slot(snat, keep);
	if (slot < 0)
		return -1;
	snat->address_be[slot] = 0;
	for (uint16_t i = 0; i < snat->workers; i++) {
		struct worker *w = snat->worker[i];

		portmap_free(&w->map[slot]);
		if (portmap_make(&w->map[slot], address_be, w->id,
				 snat->workers) != 0)
			return -1;
	}
	snat->address_be[slot] = address_be;
	return slot;
}

void
snat_link(struct snat *snat, uint32_t start)
{
	for (uint16_t i = 0; i < snat->workers; i++)
		for (int slot = 0; slot < MX_SNATS_MAX; slot++)
			if (snat->address_be[slot] != 0)
				portmap_link(&snat->worker[i]->map[slot],
					     start);
}

void
snat_free(struct snat *snat)
{
	for (uint16_t i = 0; i < snat->workers; i++)
		for (int slot = 0; slot < MX_SNATS_MAX; slot++)
			portmap_free(&snat->worker[i]->map[slot]);
}
