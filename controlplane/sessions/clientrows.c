/* SPDX-License-Identifier: BSD-3-Clause */
#include "clientrows.h"

#include <string.h>

#include "hash.h"

uint64_t
client_hash(const struct client_id *id)
{
	static const struct mx_hash_key key = {
		{0x243f6a8885a308d3, 0x13198a2e03707344}};
	uint64_t half[2];

	memcpy(half, &id->addr, sizeof(half));
	return mx_hash_words(&key, mx_hash_words(&key, half[0], half[1]),
			     (uint64_t)id->bits << 8 | id->service);
}

/* The row of a client, or the free one where it would be. */
static struct client_row *
probe(struct client_rows *rows, const struct client_id *id)
{
	uint32_t at = (uint32_t)client_hash(id) % CLIENT_ROWS;

	while (rows->row[at].used &&
	       (rows->row[at].id.service != id->service ||
		rows->row[at].id.bits != id->bits ||
		!mx_addr_equal(&rows->row[at].id.addr, &id->addr)))
		at = (at + 1) % CLIENT_ROWS;
	return &rows->row[at];
}

struct client_row *
client_rows_find(struct client_rows *rows, const struct client_id *id)
{
	struct client_row *row = probe(rows, id);

	return row->used ? row : NULL;
}

struct client_row *
client_rows_get(struct client_rows *rows, const struct client_id *id)
{
	struct client_row *row = probe(rows, id);

	if (row->used)
		return row;
	if (rows->count >= CLIENT_ROWS / 2)
		return NULL;
	rows->count++;
	*row = (struct client_row){.id = *id, .used = true};
	return row;
}
