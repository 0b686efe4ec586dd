/* SPDX-License-Identifier: BSD-3-Clause */
#include "peerwatch.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "endpoint.h"
#include "eventlog.h"
#include "groupwatch.h"

#define TIME_MAX 16
#define SUBJECT_MAX 16

static const struct replicated_stream no_stream;

static bool
is_up(const struct replicated_stream *stream)
{
	return stream->state == REPLICATED_TEACHING ||
	       stream->state == REPLICATED_SYNCED;
}

/* Why a stream is not up. */
static const char *
why_down(const struct replicated_stream *stream, bool from)
{
	if (stream->refusal != REPLICATED_REFUSED_NOT || stream->breaks > 0)
		return replicated_refusal_text(stream->refusal);
	return from ? "it has not connected" : "it does not answer";
}

/* Take what is so now.  What the first look finds has not changed.
 * Returns true if an event is due, which says what `told` says then.  steady_s: how
 * long it must be in order before that is told. */
static bool
take(struct peerwatch_fact *fact, bool is, int64_t steady_s)
{
	const int64_t now_s = clock_s();

	if (!fact->known)
		*fact = (struct peerwatch_fact){.known = true,
						.is = is,
						.told = is,
						.changed_s = now_s};
	if (fact->is != is) {
		fact->is = is;
		fact->changed_s = now_s;
	}
	if (fact->told == is || (is && now_s - fact->changed_s < steady_s))
		return false;
	fact->told = is;
	return true;
}

static void
tell_stream(const struct peerwatch_fact *fact, uint16_t box,
	    const struct replicated_stream *stream, bool from, bool runs)
{
	const char *why =
		runs ? why_down(stream, from) : "mxsteer-replica does not run";
	char subject[SUBJECT_MAX];

	snprintf(subject, sizeof(subject), "box %u", box);
	eventlog_add(&(struct eventlog_news){
		.level = fact->told ? LOG_LEVEL_INFO : LOG_LEVEL_WARN,
		.source = EVENT_NETWORK,
		.subject = subject,
		.what = from ? "stream from it" : "stream to it",
		.before = fact->told ? "down" : "up",
		.after = fact->told ? "up" : "down",
		.why = fact->told ? NULL : why,
	});
}

/* A difference is an event at the first look, too. */
static void
look_at_digest(struct peerwatch_fact *same, uint16_t box,
	       const struct replicated_peer *peer)
{
	char subject[SUBJECT_MAX];

	if (peer == NULL || !peer->digest_known)
		return;
	if (!same->known)
		take(same, true, 0);
	if (!take(same, peer->same != 0, 0))
		return;
	snprintf(subject, sizeof(subject), "box %u", box);
	eventlog_add(&(struct eventlog_news){
		.level = same->told ? LOG_LEVEL_INFO : LOG_LEVEL_WARN,
		.source = EVENT_NETWORK,
		.subject = subject,
		.what = "configuration",
		.before = same->told ? "differs" : NULL,
		.after = same->told ? "as here" : "differs",
		.why = same->told ? NULL : "in services, pools or workers",
	});
}

static void
look_at_box(struct peerwatch *watch, uint16_t box, bool runs)
{
	const struct replicated_peer *peer = peerwatch_peer(watch, box);
	struct peerwatch_box *here = &watch->box[box];
	const struct replicated_stream *from =
		peer != NULL ? &peer->from : &no_stream;
	const struct replicated_stream *to =
		peer != NULL ? &peer->to : &no_stream;

	if (take(&here->from, runs && is_up(from), PEERWATCH_STEADY_S))
		tell_stream(&here->from, box, from, true, runs);
	if (take(&here->to, runs && is_up(to), PEERWATCH_STEADY_S))
		tell_stream(&here->to, box, to, false, runs);
	if (runs)
		look_at_digest(&here->same, box, peer);
}

/* Forget boxes that left the file. */
static void
forget_others(struct peerwatch *watch, const struct mx_config_group *group)
{
	bool named[MX_BOXES_MAX + 1] = {false};

	for (uint16_t i = 0; i < group->box_count; i++)
		named[group->boxes[i].box] = group->boxes[i].box != group->box;
	for (uint16_t box = 0; box <= MX_BOXES_MAX; box++)
		if (!named[box])
			watch->box[box] = (struct peerwatch_box){0};
}

void
peerwatch_look(struct peerwatch *watch, const char *instance,
	       const struct mx_config_group *group)
{
	if (group->box == 0) {
		memset(watch, 0, sizeof(*watch));
		return;
	}
	forget_others(watch, group);
	watch->has_run = groupwatch_replicated(instance, &watch->replicated);
	const bool runs = watch->has_run && groupwatch_runs(&watch->replicated);
	if (take(&watch->runs, runs, 0))
		eventlog_tell(runs ? LOG_LEVEL_INFO : LOG_LEVEL_WARN,
			      EVENT_CONTROL, "mxsteer-replica", "%s",
			      runs ? "runs" : "does not run any more");
	for (uint16_t i = 0; i < group->box_count; i++)
		if (group->boxes[i].box != group->box)
			look_at_box(watch, group->boxes[i].box, runs);
}

bool
peerwatch_runs(const struct peerwatch *watch)
{
	return watch->runs.is;
}

const struct replicated_peer *
peerwatch_peer(const struct peerwatch *watch, uint16_t box)
{
	return watch->has_run ? groupwatch_peer(&watch->replicated, box) : NULL;
}

uint32_t
peerwatch_taught(const struct peerwatch *watch)
{
	uint32_t taught = 0;

	for (uint16_t i = 0; watch->has_run && i < MX_BOXES_MAX; i++) {
		const struct replicated_peer *peer = &watch->replicated.peer[i];

		if (peer->box != 0 && peer->from.teaches > 0 &&
		    peer->from.state != REPLICATED_TEACHING)
			taught |= 1u << peer->box;
	}
	return taught;
}

void
peerwatch_serves(const struct peerwatch *watch,
		 uint8_t serves[static GROUPSHEET_SERVES_BYTES])
{
	for (uint16_t i = 0; peerwatch_runs(watch) && i < MX_BOXES_MAX; i++) {
		const struct replicated_peer *peer = &watch->replicated.peer[i];

		if (peer->box == 0 || !peer->same || !is_up(&peer->from))
			continue;
		for (unsigned k = 0; k < GROUPSHEET_SERVES_BYTES; k++)
			serves[k] |= peer->serves[k];
	}
}

uint16_t
peerwatch_pupil(const struct peerwatch *watch, uint64_t sessions)
{
	for (uint16_t i = 0; peerwatch_runs(watch) && i < MX_BOXES_MAX; i++) {
		const struct replicated_peer *peer = &watch->replicated.peer[i];

		if (peer->box != 0 && peer->same &&
		    peer->to.state == REPLICATED_SYNCED &&
		    peer->to.lag_ms < PEERWATCH_LAG_MS &&
		    peer->to.sessions >= sessions)
			return (uint16_t)peer->box;
	}
	return 0;
}

const char *
peerwatch_from(const struct peerwatch *watch, uint16_t box)
{
	const struct replicated_peer *peer = peerwatch_peer(watch, box);

	if (peer == NULL)
		return replicated_state_name(REPLICATED_NONE);
	if (peer->from.sessions > 0 &&
	    (!peerwatch_runs(watch) || !is_up(&peer->from)))
		return "lost";
	return replicated_state_name(peerwatch_runs(watch) ? peer->from.state
							   : REPLICATED_NONE);
}

const char *
peerwatch_to(const struct peerwatch *watch, uint16_t box)
{
	const struct replicated_peer *peer = peerwatch_peer(watch, box);

	return replicated_state_name(peer != NULL && peerwatch_runs(watch)
					     ? peer->to.state
					     : REPLICATED_NONE);
}

uint32_t
peerwatch_lost(const struct peerwatch *watch)
{
	const int64_t now_s = clock_s();
	uint32_t lost = 0;

	for (uint16_t box = 1; box <= MX_BOXES_MAX; box++) {
		const struct peerwatch_fact *from = &watch->box[box].from;

		if (peerwatch_runs(watch) && from->known && !from->is &&
		    now_s - from->changed_s >= PEERWATCH_LOST_S)
			lost |= 1u << box;
	}
	return lost;
}

bool
peerwatch_is_down(const struct peerwatch_fact *stream)
{
	return stream->known && !stream->is &&
	       clock_s() - stream->changed_s > PEERWATCH_DOWN_S;
}

static const char *
time_text(int64_t changed_s, char text[static TIME_MAX])
{
	const time_t when = (time_t)(clock_wall_s() - (clock_s() - changed_s));
	struct tm local;

	if (localtime_r(&when, &local) == NULL ||
	    strftime(text, TIME_MAX, "%H:%M:%S", &local) == 0)
		text[0] = '\0';
	return text;
}

const char *
peerwatch_trouble(const struct peerwatch *watch,
		  const struct mx_config_box *box,
		  char text[static PEERWATCH_TROUBLE_MAX])
{
	const struct peerwatch_box *here = &watch->box[box->box];
	const struct replicated_peer *peer = peerwatch_peer(watch, box->box);
	const bool from = peerwatch_is_down(&here->from);
	const bool to = peerwatch_is_down(&here->to);
	char since[TIME_MAX], address[MX_ENDPOINT_TEXT_MAX];

	text[0] = '\0';
	if (!peerwatch_runs(watch))
		return text;
	if (peer == NULL) {
		if (from)
			snprintf(text, PEERWATCH_TROUBLE_MAX,
				 "mxsteer-replica does not know of it");
		return text;
	}
	mx_endpoint_format(&box->address, address);
	if (to)
		snprintf(text, PEERWATCH_TROUBLE_MAX, "%s since %s, at %s: %s",
			 from ? "no stream to or from it"
			      : "it gets no sessions of this box",
			 time_text(here->to.changed_s, since), address,
			 why_down(&peer->to, false));
	else if (from)
		snprintf(text, PEERWATCH_TROUBLE_MAX,
			 "no sessions come from it since %s: %s",
			 time_text(here->from.changed_s, since),
			 why_down(&peer->from, true));
	else if (here->same.known && !here->same.is)
		snprintf(text, PEERWATCH_TROUBLE_MAX,
			 "its configuration differs in services, pools or "
			 "workers");
	return text;
}
