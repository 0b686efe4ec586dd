/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DENSEBUILD_H
#define MX_DENSEBUILD_H

/* The making of a dense table.
 * Threads    any; the draft is the caller's. */
#include "denylist.h"
#include "densetable.h"

struct dense_draft {
	struct dense_line *line;
	uint32_t *base;
	uint32_t *block;
	struct dense_map *map;
	uint32_t blocks, blocks_room;
	uint32_t maps, maps_room;
};

/* Make the parts of the table of sorted IPv4 prefixes, of which each changes
 * the verdict of what is around it.  Returns 0 or -ENOMEM; the caller frees the
 * draft in both cases. */
int dense_make(struct dense_draft *draft,
	       const struct mx_deny_entries *entries);

void dense_free(struct dense_draft *draft);

/* Write a draft to DENSE_SIZE bytes. */
void dense_write(const struct dense_draft *draft, void *to);

#endif /* MX_DENSEBUILD_H */
