/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SNAT_H
#define MX_SNAT_H

/* The slots of local (SNAT) addresses in the workers' port maps.
 *
 * An address keeps its slot as long as a plan names the address or a session
 * uses it.  Its row in a plan may change.  The slot is the same at every
 * worker.
 *
 * Threads    main.  A worker reaches a slot only through an active plan or a
 *            session that names it, and neither names one that is being set
 *            up. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "bounds.h"
#include "config.h"
#include "region.h"

static_assert(MX_SNATS_MAX <= 256, "a slot is one byte");

struct worker;

struct snat_set {
	bool has[MX_SNATS_MAX];
};

struct snat {
	struct worker **worker; /* [workers] */
	uint16_t workers;
	bool used[MX_SNATS_MAX];
	struct mx_addr address[MX_SNATS_MAX];
	/* The address is another box's, and was since the slot was made.  No port is
	 * taken from a peer's address, and any port of it can be claimed. */
	bool peer[MX_SNATS_MAX];
	bool was_peer[MX_SNATS_MAX];
	/* The entries of all possible maps, in one range, so that huge pages
	 * fit.  Memory is used only for entries that were written. */
	uint32_t *entry;
};

/* Make the slots of these workers; none is used.  Returns 0 or -ENOMEM. */
int snat_make(struct snat *snat, struct worker **worker, uint16_t workers);

/* The slot of an address.  An address without a slot gets a free one, or one
 * that no session uses and that is not in `keep` (the slots that the plans in
 * use name; NULL: all).  Returns the slot, or -1 if there is none. */
int snat_slot(struct snat *snat, const struct mx_addr *address,
	      const struct snat_set *keep);

/* The address of a slot is a peer's from now on, or is not any more. */
void snat_set_peer(struct snat *snat, int slot, bool peer);

/* The same for all slots, by the configuration. */
void snat_set_peers(struct snat *snat, const struct mx_config_group *group);

/* Make the maps of new slots ready, after all ports of earlier sessions are
 * claimed.  The map of an address that was a peer's is left alone: workers may use
 * it, and the first that takes a port links it (portmap_begin()). */
void snat_link(struct snat *snat, uint32_t start);

/* Report in the region how far the ports of each address are used up. */
void snat_report(const struct snat *snat,
		 struct mx_region_snat row[static MX_SNATS_MAX]);

void snat_free(struct snat *snat);

#endif /* MX_SNAT_H */
