/* SPDX-License-Identifier: BSD-3-Clause */
#include "framepool.h"

#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_memzone.h>

static void
free_memory(struct rte_mempool_memhdr *piece, void *zone)
{
	(void)piece;
	rte_memzone_free(zone);
}

/* rte_pktmbuf_pool_create() would leave gaps at the ends of pages. */
static int
populate(struct rte_mempool *pool, int node)
{
	size_t piece_min, align;
	const ssize_t bytes = rte_mempool_op_calc_mem_size_default(
		pool, pool->size, 0, &piece_min, &align);

	if (bytes < 0)
		return (int)bytes;
	const struct rte_memzone *zone = rte_memzone_reserve_aligned(
		"frames", (size_t)bytes, node, 0, (unsigned)getpagesize());
	if (zone == NULL)
		return -rte_errno;
	const int populated = rte_mempool_populate_iova(
		pool, zone->addr, zone->iova, zone->len, free_memory,
		(void *)(uintptr_t)zone);
	if (populated <= 0)
		rte_memzone_free(zone);
	if (populated < 0)
		return populated;
	return populated == (int)pool->size ? 0 : -ENOMEM;
}

/* Each piece of memory is a page, or pages that are adjacent. */
static int
populate_pages(struct rte_mempool *pool)
{
	const int populated = rte_mempool_populate_default(pool);

	return populated < 0 ? populated : 0;
}

struct rte_mempool *
frame_pool_make(uint32_t frames, int node)
{
	const bool gaps = rte_eal_iova_mode() == RTE_IOVA_PA;
	/* The flag says that a frame's pages need not be adjacent in physical
	 * memory.  It closes the gaps. */
	struct rte_mempool *pool = rte_mempool_create_empty(
		"frames", frames,
		sizeof(struct rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE,
		RTE_MEMPOOL_CACHE_MAX_SIZE,
		sizeof(struct rte_pktmbuf_pool_private), node,
		gaps ? 0 : RTE_MEMPOOL_F_NO_IOVA_CONTIG);

	if (pool == NULL)
		return NULL;
	int error = rte_mempool_set_ops_byname(
		pool, rte_mbuf_best_mempool_ops(), NULL);
	rte_pktmbuf_pool_init(pool, NULL);
	if (error == 0)
		error = gaps ? populate_pages(pool) : populate(pool, node);
	if (error != 0) {
		rte_mempool_free(pool);
		rte_errno = -error;
		return NULL;
	}
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
}
