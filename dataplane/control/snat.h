/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SNAT_H
#define MX_SNAT_H

/* Which slot of the workers' port maps each local (SNAT) address has.
 *
 * An address keeps its slot as long as a plan names it or a session uses it,
 * whatever row it has in a plan; the slot is the same at every worker.
 *
 * Threads    main.  A worker reaches a slot only through a view or a session
 *            that names it, and neither names one that is being set up. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "bounds.h"
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
	/* The entries of all maps that there may be.  In one stretch, so that
	 * huge pages fit; memory is there for what is used. */
	uint32_t *entry;
};

/* For these workers; no slot is used.  Returns 0 or -ENOMEM. */
int snat_make(struct snat *snat, struct worker **worker, uint16_t workers);

/* The slot of an address, making one where it has none: a free one, or one
 * that no session uses any more and that is not in `keep` (those that the views
 * in use name; NULL: keep all).
 * Returns the slot, or -1 if there is none. */
int snat_slot(struct snat *snat, const struct mx_addr *address,
	      const struct snat_set *keep);

/* Make the maps of new slots ready for use, once no more ports of theirs are
 * claimed for sessions that were there before. */
void snat_link(struct snat *snat, uint32_t start);

/* Say in the region how far the ports of each address are used up. */
void snat_report(const struct snat *snat,
		 struct mx_region_snat row[static MX_SNATS_MAX]);

void snat_free(struct snat *snat);

#endif /* MX_SNAT_H */
