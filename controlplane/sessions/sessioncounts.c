/* SPDX-License-Identifier: BSD-3-Clause */
#include "sessioncounts.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "endpoint.h"
#include "eventlog.h"
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

struct session_counts {
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
something_is_retired(const struct state *state)
{
	if (state->retired.count > 0)
		return true;
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (state->service[id].retired)
			return true;
	return false;
}

static int32_t
dataplane_pid(const struct session_counts *counts)
{
	return atomic_load_explicit(
		&publisher_region(counts->publisher)->header.dataplane_pid,
		memory_order_acquire);
}

/* Do all workers use the plan in which the retired addresses take no new
 * sessions? */
static bool
can_look(const struct session_counts *counts)
{
	return publisher_in_force(counts->publisher) &&
	       traffic_workers(publisher_region(counts->publisher)) > 0;
}

static void
begin_look(struct session_counts *counts)
{
	counts->file = session_reader_open(publisher_region(counts->publisher));
	if (counts->file == NULL)
		return;
	counts->began_ms = clock_ms();
	counts->dataplane_pid = dataplane_pid(counts);
	counts->applied = counts->state->applied;
	tally_begin(counts->tally, &counts->state->retired);
}

static void
end_look(struct session_counts *counts)
{
	session_reader_close(counts->file);
	counts->file = NULL;
}

/* Has the data plane had the same sessions and the same configuration during
 * the whole look? */
static bool
is_undisturbed(const struct session_counts *counts)
{
	const struct mx_region *region = publisher_region(counts->publisher);

	return region != NULL && region == counts->file->region &&
	       !counts->file->unread && can_look(counts) &&
	       dataplane_pid(counts) == counts->dataplane_pid &&
	       counts->state->applied == counts->applied;
}

static void
log_address(const struct retired_address *row)
{
	char text[MX_ENDPOINT_TEXT_MAX], subject[MX_ENDPOINT_TEXT_MAX + 16];

	snprintf(subject, sizeof(subject), "%s %s",
		 row->at.port_be != 0 ? "VIP" : "SNAT address",
		 row->at.port_be != 0 ? mx_endpoint_format(&row->at, text)
				      : mx_addr_format(&row->at.addr, text));
	eventlog_tell(LOG_LEVEL_INFO, EVENT_CONTROL, subject,
		      "is let go: no session uses it");
}

/* All sessions were seen: release the addresses and ids that none of them
 * uses. */
static void
let_go(struct session_counts *counts)
{
	struct state *state = counts->state;
	struct retired *retired = &state->retired;
	uint32_t released = 0;

	tally_end(counts->tally, retired);
	for (uint16_t i = 0; i < retired->count; i++)
		if (retired->row[i].slots == 0)
			log_address(&retired->row[i]);
	released += retired_release(retired);
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (counts->tally->service[id] == 0)
			released += state_release_service(state, id);
	if (released > 0)
		counts->changed(counts->arg);
}

/* Read a part of the sessions.  Returns false when all is read. */
static bool
look_on(struct session_counts *counts)
{
	for (int i = 0; i < CHUNKS; i++) {
		if (!session_reader_next(counts->file))
			return false;
		tally_add(counts->tally, counts->file);
	}
	return true;
}

static void
on_turn(void *arg)
{
	struct session_counts *counts = arg;

	if (counts->file == NULL) {
		if (!something_is_retired(counts->state))
			return;
		if (can_look(counts))
			begin_look(counts);
		timer_set(counts->turn, counts->file != NULL ? 0 : PAUSE_MS);
		return;
	}
	/* The region may be gone, and the reader of the session files reads the
	 * region. */
	if (publisher_region(counts->publisher) != counts->file->region) {
		end_look(counts);
		timer_set(counts->turn, PAUSE_MS);
		return;
	}
	if (look_on(counts)) {
		timer_set(counts->turn, 1);
		return;
	}
	if (is_undisturbed(counts))
		let_go(counts);
	end_look(counts);
	const uint64_t pause_ms = (clock_ms() - counts->began_ms) * PAUSE_TIMES;
	timer_set(counts->turn, pause_ms > PAUSE_MS ? pause_ms : PAUSE_MS);
}

struct session_counts *
session_counts_new(struct event_base *base, struct state *state,
		   struct publisher *publisher, void (*changed)(void *arg),
		   void *arg)
{
	struct session_counts *counts = calloc(1, sizeof(*counts));

	if (counts == NULL)
		return NULL;
	counts->state = state;
	counts->publisher = publisher;
	counts->changed = changed;
	counts->arg = arg;
	counts->turn = timer_new(base, on_turn, counts);
	counts->tally = malloc(sizeof(*counts->tally));
	if (counts->turn == NULL || counts->tally == NULL) {
		session_counts_free(counts);
		return NULL;
	}
	return counts;
}

void
session_counts_free(struct session_counts *counts)
{
	if (counts->file != NULL)
		end_look(counts);
	timer_free(counts->turn);
	free(counts->tally);
	free(counts);
}

void
session_counts_follow(struct session_counts *counts)
{
	if (!timer_is_set(counts->turn))
		timer_set(counts->turn, PAUSE_MS);
}

bool
session_counts_now(const struct publisher *publisher, struct retired *retired)
{
	const struct mx_region *region = publisher_region(publisher);
	struct tally *tally = malloc(sizeof(*tally));
	struct session_reader *file = NULL;
	bool known = false;

	if (region != NULL && traffic_workers(region) > 0 && tally != NULL)
		file = session_reader_open(region);
	if (file != NULL) {
		tally_begin(tally, retired);
		while (session_reader_next(file))
			tally_add(tally, file);
		known = !file->unread;
		if (known)
			tally_end(tally, retired);
		session_reader_close(file);
	}
	free(tally);
	return known;
}
