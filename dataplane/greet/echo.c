/* SPDX-License-Identifier: BSD-3-Clause */
#include "echo.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static_assert(sizeof(struct echo) <= 64, "a cache line a client");

/* As many as can be noted in the longest wait of a queue, and some. */
#define WAITS (1u << 16)

/* How many entries one look goes through. */
#define LOOKS 64

/* The first queue of each kind; the second repeat has the next one. */
#define STAGE_SYNACK 0
#define STAGE_TEXT 2
static_assert(STAGE_TEXT + ECHO_REPEATS == RESEND_STAGES, "a queue for each");

static const uint16_t delay_ms[RESEND_STAGES] = {1000, 2000, 400, 1200};

int
echo_make(struct echoes *echoes, uint64_t tsc_hz)
{
	/* The kernel gives no memory before an entry is written. */
	void *slots = mmap(NULL, ECHO_SLOTS * sizeof(struct echo),
			   PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	*echoes = (struct echoes){0};
	if (slots == MAP_FAILED)
		return -ENOMEM;
	echoes->slot = slots;
	return resend_make(&echoes->wait, WAITS, delay_ms, tsc_hz);
}

void
echo_free(struct echoes *echoes)
{
	resend_free(&echoes->wait);
	if (echoes->slot != NULL)
		munmap(echoes->slot, ECHO_SLOTS * sizeof(*echoes->slot));
	echoes->slot = NULL;
}

static bool
is_flow(const struct echo *entry, const struct mx_flow *flow)
{
	return entry->kind != ECHO_EMPTY &&
	       memcmp(&entry->flow, flow, sizeof(*flow)) == 0;
}

struct echo *
echo_find(const struct echoes *echoes, uint64_t hash,
	  const struct mx_flow *flow)
{
	struct echo *entry = &echoes->slot[echo_slot(hash)];

	return is_flow(entry, flow) ? entry : NULL;
}

/* May an entry be given up for another one?  What a client has proven holds
 * against SYNs, of its own address too: anyone may have sent them. */
static bool
gives_way(const struct echo *entry, const struct echo *to)
{
	return entry->kind == ECHO_EMPTY ||
	       to->since_s - entry->since_s > ECHO_HOLD_S ||
	       (entry->kind == ECHO_SYNACK && to->kind != ECHO_SYNACK);
}

static struct resend_queue *
queue_of(struct echoes *echoes, uint8_t kind, uint8_t repeats)
{
	const int first = kind == ECHO_TEXT ? STAGE_TEXT : STAGE_SYNACK;

	return &echoes->wait.stage[first + repeats];
}

bool
echo_note(struct echoes *echoes, uint64_t hash, const struct echo *entry,
	  uint64_t now_tsc)
{
	const uint32_t slot = echo_slot(hash);
	struct echo *before = &echoes->slot[slot];
	const bool same = is_flow(before, &entry->flow);

	/* The client has repeated itself: what was to be repeated still is. */
	if (same && before->kind == entry->kind &&
	    before->client_isn == entry->client_isn &&
	    entry->since_s - before->since_s <= ECHO_HOLD_S) {
		const uint32_t since_s = before->since_s;
		const uint8_t repeats = before->repeats;

		*before = *entry;
		before->since_s = since_s;
		before->repeats = repeats;
		return true;
	}
	const bool own = same && (entry->kind != ECHO_SYNACK ||
				  before->kind == ECHO_SYNACK);
	if (!own && !gives_way(before, entry))
		return false;
	*before = *entry;
	before->repeats = 0;
	resend_put(queue_of(echoes, entry->kind, 0), slot, entry->client_isn,
		   now_tsc);
	return true;
}

/* Is the entry still what was to be repeated, for the time that the queue
 * stands for? */
static bool
is_waiting(const struct echo *entry, const struct resend_wait *wait, int stage)
{
	const uint8_t kind = stage < STAGE_TEXT ? ECHO_SYNACK : ECHO_TEXT;

	return entry->kind == kind && entry->client_isn == wait->client_seq &&
	       entry->repeats == stage % ECHO_REPEATS;
}

static bool
may_send(struct echoes *echoes, uint32_t now_s)
{
	if (echoes->second_s != now_s) {
		echoes->second_s = now_s;
		echoes->sent = 0;
	}
	return echoes->sent < ECHO_RATE;
}

const struct echo *
echo_due(struct echoes *echoes, uint32_t now_s, uint64_t now_tsc)
{
	struct resend_wait wait;
	int looks = 0;

	for (int stage = 0; stage < RESEND_STAGES; stage++) {
		struct resend_queue *queue = &echoes->wait.stage[stage];

		while (looks < LOOKS && resend_take(queue, now_tsc, &wait)) {
			struct echo *entry = &echoes->slot[wait.session];

			looks++;
			if (!is_waiting(entry, &wait, stage) ||
			    !may_send(echoes, now_s))
				continue;
			echoes->sent++;
			entry->repeats++;
			if (entry->repeats < ECHO_REPEATS)
				resend_put(queue_of(echoes, entry->kind,
						    entry->repeats),
					   wait.session, wait.client_seq,
					   now_tsc);
			return entry;
		}
	}
	return NULL;
}
