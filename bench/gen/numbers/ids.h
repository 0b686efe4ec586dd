/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_IDS_H
#define MX_GEN_IDS_H

/* The numbers of messages, and the outcome of each: one byte a message, in
 * memory that is allocated when it is written to.  The client's end gives
 * numbers out and notes the replies.  The server's end counts arrivals.  A
 * message is lost if it was accepted and has not arrived, and doubled if it has
 * arrived twice. */
#include <stdbool.h>
#include <stdint.h>

/* A quarter of an hour of 300,000 messages/s. */
#define IDS_MAX (1u << 28)
#define IDS_NONE UINT32_MAX

#define IDS_ARRIVALS 0x0f /* times it came, 15 at most */
#define IDS_ACCEPTED 0x10 /* its client got a 250 */
#define IDS_UNTOLD 0x20   /* sent whole, but its client got no reply */

struct ids {
	uint8_t *outcome;
	uint32_t given;
	uint32_t seen_end; /* after the highest that came */
	uint64_t untracked;
};

struct ids_sum {
	uint64_t lost;
	uint64_t doubled;
	uint64_t unsure;
};

/* Returns 0 or -ENOMEM. */
int ids_init(struct ids *ids);
void ids_free(struct ids *ids);

/* A new number, or IDS_NONE. */
static inline uint32_t
ids_give(struct ids *ids)
{
	if (ids->given < IDS_MAX)
		return ids->given++;
	ids->untracked++;
	return IDS_NONE;
}

/* id: from ids_give(); IDS_NONE has no mark. */
static inline void
ids_mark(struct ids *ids, uint32_t id, uint8_t what)
{
	if (id < IDS_MAX)
		ids->outcome[id] |= what;
}

/* id: the number in a message.  A server alone has given no numbers out. */
static inline void
ids_arrived(struct ids *ids, uint32_t id)
{
	if (id >= IDS_MAX)
		return;
	if (id >= ids->seen_end)
		ids->seen_end = id + 1;
	if ((ids->outcome[id] & IDS_ARRIVALS) < IDS_ARRIVALS)
		ids->outcome[id]++;
}

struct ids_sum ids_sum(const struct ids *ids);

#endif /* MX_GEN_IDS_H */
