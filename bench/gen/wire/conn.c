/* SPDX-License-Identifier: BSD-3-Clause */
#include "conn.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "random.h"

static uint32_t
heads_for(uint32_t count)
{
	uint32_t heads = 1024;

	while (heads < count && heads < 1u << 31)
		heads *= 2;
	return heads * 2; /* most chains have one connection or none */
}

static uint64_t
conn_bytes(uint32_t count)
{
	return ((uint64_t)count + 1) * sizeof(struct conn);
}

uint64_t
conns_bytes(uint32_t count)
{
	return conn_bytes(count) + heads_for(count) * sizeof(uint32_t);
}

/* Allocate zeroed memory that becomes real when it is written to. */
static void *
map(uint64_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	madvise(at, bytes, MADV_HUGEPAGE);
	return at;
}

int
conns_init(struct conns *conns, uint32_t count, uint64_t seed)
{
	const uint32_t heads = heads_for(count);

	*conns = (struct conns){
		.mask = heads - 1,
		.count = count,
		.fresh = 1,
		.hash_key = {{random_next(&seed), random_next(&seed)}},
	};
	conns->conn = map(conn_bytes(count));
	if (conns->conn == NULL)
		return -ENOMEM;
	conns->head = map(heads * sizeof(uint32_t));
	if (conns->head == NULL) {
		munmap(conns->conn, conn_bytes(count));
		conns->conn = NULL;
		return -ENOMEM;
	}
	return 0;
}

void
conns_free(struct conns *conns)
{
	munmap(conns->conn, conn_bytes(conns->count));
	munmap(conns->head, ((uint64_t)conns->mask + 1) * sizeof(uint32_t));
}

struct conn *
conn_insert(struct conns *conns, const struct conn_key *key, uint32_t hash,
	    enum conn_state state)
{
	uint32_t index = conns->free;

	assert(state != CONN_FREE);
	if (index != CONN_NONE)
		conns->free = conns->conn[index].chain;
	else if (conns->fresh <= conns->count)
		index = conns->fresh++;
	else
		return NULL;

	struct conn *c = &conns->conn[index];
	memset(c, 0, sizeof(*c));
	c->key = *key;
	c->state = (uint8_t)state;
	c->chain = conns->head[hash];
	conns->head[hash] = index;
	if (++conns->used > conns->used_max)
		conns->used_max = conns->used;
	return c;
}

void
conn_remove(struct conns *conns, struct conn *c)
{
	const uint32_t index = conn_index(conns, c);
	uint32_t *at = &conns->head[conn_hash(conns, &c->key)];

	assert(c->state != CONN_FREE);
	while (*at != index)
		at = &conns->conn[*at].chain;
	*at = c->chain;
	c->state = CONN_FREE;
	c->chain = conns->free;
	conns->free = index;
	conns->used--;
}
