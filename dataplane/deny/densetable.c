/* SPDX-License-Identifier: BSD-3-Clause */
#include "densetable.h"

static bool
block_has(const struct dense_table *dense, uint32_t block, uint32_t host)
{
	if (block & DENSE_IS_MAP) {
		const uint32_t map = block & ~DENSE_IS_MAP;

		return map < dense->maps &&
		       (dense->map[map].host[host >> 6] >> (host & 63) & 1);
	}
	return host == (block & 255) || host == (block >> 8 & 255) ||
	       host == (block >> 16 & 255);
}

bool
dense_is_denied(const struct dense_table *dense, uint32_t addr)
{
	const struct dense_line *line = &dense->line[addr >> 16];
	const uint32_t word = addr >> 14 & 3;
	const uint64_t bit = (uint64_t)1 << (addr >> 8 & 63);

	if (line->whole[word] & bit)
		return true;
	if (!(line->part[word] & bit))
		return false;
	uint64_t index = dense->base[addr >> 16];
	for (uint32_t i = 0; i < word; i++)
		index += (uint64_t)__builtin_popcountll(line->part[i]);
	index += (uint64_t)__builtin_popcountll(line->part[word] & (bit - 1));
	return index < dense->blocks &&
	       block_has(dense, dense->block[index], addr & 255);
}
