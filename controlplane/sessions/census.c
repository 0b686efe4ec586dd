/* SPDX-License-Identifier: BSD-3-Clause */
#include "census.h"

#include <stdlib.h>

#include "clock.h"
#include "endpoint.h"
#include "log.h"
#include "sessionreader.h"
#include "tally.h"
#include "timer.h"
#include "traffic.h"

/* The pause before the first look and between two looks: this long, or so many
 * times as long as the last look took. */
#define PAUSE_MS 500
#define PAUSE_TIMES 20

/* The chunks that are read in one round of the loop: some 2 ms. */
#define CHUNKS 16

struct census {
	struct state *state;
	struct publisher *publisher;
	void (*changed)(void *arg);
	void *arg;
	struct timer *turn;
	struct tally *tally;

	/* The look under way. */
	struct session_reader *file; /* NULL: there is none */
	uint64_t began_ms;
	int32_t dataplane_pid;
	uint32_t applied;
};

static bool
something_rests(const struct state *state)
{
	if (state->resting.count > 0)
		return true;
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (state->service[id].resting)
			return true;
	return false;
}

static int32_t
dataplane_pid(const struct census *census)
{
	return atomic_load_explicit(
		&publisher_region(census->publisher)->header.dataplane_pid,
		memory_order_acquire);
}

/* Do all workers use the plan in which the resting addresses take no new
 * sessions? */
static bool
can_look(const struct census *census)
{
	return publisher_in_force(census->publisher) &&
	       traffic_workers(publisher_region(census->publisher)) > 0;
}

static void
begin_look(struct census *census)
{
	census->file = session_reader_open(publisher_region(census->publisher));
	if (census->file == NULL)
		return;
	census->began_ms = clock_ms();
	census->dataplane_pid = dataplane_pid(census);
	census->applied = census->state->applied;
	tally_begin(census->tally, &census->state->resting);
}

static void
end_look(struct census *census)
{
	session_reader_close(census->file);
	census->file = NULL;
}

/* Has the data plane had the same sessions and the same configuration during
 * the whole look? */
static bool
is_undisturbed(const struct census *census)
{
	const struct mx_region *region = publisher_region(census->publisher);

	return region != NULL && region == census->file->region &&
	       !census->file->unread && can_look(census) &&
	       dataplane_pid(census) == census->dataplane_pid &&
	       census->state->applied == census->applied;
}

static void
log_address(const struct resting_address *row)
{
	char text[MX_ENDPOINT_TEXT_MAX];

	log_line(LOG_LEVEL_INFO, "%s %s is let go: no session uses it",
		 row->at.port_be != 0 ? "VIP" : "SNAT address",
		 row->at.port_be != 0 ? mx_endpoint_format(&row->at, text)
				      : mx_addr_format(&row->at.addr, text));
}

/* All sessions were seen: release the addresses and ids that none of them
 * uses. */
static void
let_go(struct census *census)
{
	struct state *state = census->state;
	struct resting *resting = &state->resting;
	uint32_t released = 0;

	tally_end(census->tally, resting);
	for (uint16_t i = 0; i < resting->count; i++)
		if (resting->row[i].slots == 0)
			log_address(&resting->row[i]);
	released += resting_release(resting);
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (census->tally->service[id] == 0)
			released += state_release_service(state, id);
	if (released > 0)
		census->changed(census->arg);
}

/* Read a part of the sessions.  Returns false when all is read. */
static bool
look_on(struct census *census)
{
	for (int i = 0; i < CHUNKS; i++) {
		if (!session_reader_next(census->file))
			return false;
		tally_add(census->tally, census->file);
	}
	return true;
}

static void
on_turn(void *arg)
{
	struct census *census = arg;

	if (census->file == NULL) {
		if (!something_rests(census->state))
			return;
		if (can_look(census))
			begin_look(census);
		timer_set(census->turn, census->file != NULL ? 0 : PAUSE_MS);
		return;
	}
	/* The region may be gone, and the reader of the session files reads the
	 * region. */
	if (publisher_region(census->publisher) != census->file->region) {
		end_look(census);
		timer_set(census->turn, PAUSE_MS);
		return;
	}
	if (look_on(census)) {
		timer_set(census->turn, 1);
		return;
	}
	if (is_undisturbed(census))
		let_go(census);
	end_look(census);
	const uint64_t pause_ms = (clock_ms() - census->began_ms) * PAUSE_TIMES;
	timer_set(census->turn, pause_ms > PAUSE_MS ? pause_ms : PAUSE_MS);
}

struct census *
census_new(struct event_base *base, struct state *state,
	   struct publisher *publisher, void (*changed)(void *arg), void *arg)
{
	struct census *census = calloc(1, sizeof(*census));

	if (census == NULL)
		return NULL;
	census->state = state;
	census->publisher = publisher;
	census->changed = changed;
	census->arg = arg;
	census->turn = timer_new(base, on_turn, census);
	census->tally = malloc(sizeof(*census->tally));
	if (census->turn == NULL || census->tally == NULL) {
		census_free(census);
		return NULL;
	}
	return census;
}

void
census_free(struct census *census)
{
	if (census->file != NULL)
		end_look(census);
	timer_free(census->turn);
	free(census->tally);
	free(census);
}

void
census_follow(struct census *census)
{
	if (!timer_is_set(census->turn))
		timer_set(census->turn, PAUSE_MS);
}

bool
census_count(const struct publisher *publisher, struct resting *resting)
{
	const struct mx_region *region = publisher_region(publisher);
	struct tally *tally = malloc(sizeof(*tally));
	struct session_reader *file = NULL;
	bool known = false;

	if (region != NULL && traffic_workers(region) > 0 && tally != NULL)
		file = session_reader_open(region);
	if (file != NULL) {
		tally_begin(tally, resting);
		while (session_reader_next(file))
			tally_add(tally, file);
		known = !file->unread;
		if (known)
			tally_end(tally, resting);
		session_reader_close(file);
	}
	free(tally);
	return known;
}
