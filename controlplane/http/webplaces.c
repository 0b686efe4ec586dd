/* SPDX-License-Identifier: BSD-3-Clause */
#include "webplaces.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "clock.h"

/* Has evhttp freed the connection?  Until then it has its callbacks there. */
static bool
is_gone(const struct webplace *place)
{
	void *owner;

	bufferevent_getcb(place->stream, NULL, NULL, NULL, &owner);
	return owner == NULL;
}

/* Give the reference back, which closes the socket. */
static void
set_free(struct webplace *place)
{
	bufferevent_decref(place->stream);
	place->stream = NULL;
}

/* Count a connection that ended before this server saw a request. */
static void
count_end(struct webplaces *places, const struct webplace *place)
{
	if (place->stage != PLACE_WAITS)
		return;
	if (place->said)
		places->count->refused[WEB_MALFORMED]++;
	else
		places->count->left++;
}

void
webplace_close(struct webplace *place)
{
	/* evhttp frees the connection after a time-out, whatever it waits
	 * for. */
	bufferevent_trigger_event(place->stream, BEV_EVENT_TIMEOUT, 0);
}

static void
refuse(struct webplaces *places, struct webplace *place,
       enum web_refusal reason)
{
	places->count->refused[reason]++;
	webplace_close(place);
	set_free(place);
}

static void
reap(struct webplaces *places)
{
	for (uint32_t i = 0; i < places->most; i++) {
		struct webplace *place = &places->place[i];

		if (place->stream == NULL || !is_gone(place))
			continue;
		count_end(places, place);
		set_free(place);
	}
}

void
webplaces_look(struct webplaces *places)
{
	const uint64_t now_ms = clock_ms();

	reap(places);
	for (uint32_t i = 0; i < places->most; i++) {
		struct webplace *place = &places->place[i];

		if (place->stream == NULL)
			continue;
		if (place->stage == PLACE_WAITS &&
		    now_ms - place->since_ms >= PLACE_REQUEST_MS)
			refuse(places, place, WEB_SILENT);
		else if (place->stage == PLACE_ANSWERED &&
			 now_ms - place->since_ms >= PLACE_REPLY_MS)
			refuse(places, place, WEB_SLOW);
		else if (place->stage == PLACE_DONE)
			webplace_close(place);
	}
}

static struct webplace *
find_free(struct webplaces *places)
{
	for (uint32_t i = 0; i < places->most; i++)
		if (places->place[i].stream == NULL)
			return &places->place[i];
	return NULL;
}

/* The place that has been in this stage for the longest time, or NULL. */
static struct webplace *
find_oldest(struct webplaces *places, enum webplace_stage stage)
{
	struct webplace *found = NULL;

	for (uint32_t i = 0; i < places->most; i++) {
		struct webplace *place = &places->place[i];

		if (place->stream != NULL && place->stage == stage &&
		    (found == NULL || place->since_ms < found->since_ms))
			found = place;
	}
	return found;
}

/* Returns a free place.  Fewer than all are fed, so there is one; NULL if not. */
static struct webplace *
make_room(struct webplaces *places)
{
	static const enum webplace_stage turns[] = {PLACE_DONE, PLACE_WAITS,
						    PLACE_ANSWERED};
	struct webplace *place = find_free(places);

	if (place == NULL)
		reap(places);
	if (place == NULL)
		place = find_free(places);
	if (place != NULL)
		return place;
	for (size_t i = 0;
	     place == NULL && i < sizeof(turns) / sizeof(turns[0]); i++)
		place = find_oldest(places, turns[i]);
	if (place != NULL)
		refuse(places, place, WEB_CROWDED);
	return place;
}

/* evhttp answers what is no request by itself. */
static void
on_output(struct evbuffer *output, const struct evbuffer_cb_info *info,
	  void *arg)
{
	struct webplace *place = arg;

	(void)output;
	place->said |= info->n_added > 0;
}

struct bufferevent *
webplaces_take(struct webplaces *places, struct event_base *base)
{
	struct webplace *place = make_room(places);
	/* The socket stays open as long as the place has its reference.  So no
	 * other connection can get its number meanwhile. */
	struct bufferevent *stream =
		bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

	if (place == NULL || stream == NULL) {
		places->count->refused[WEB_MEMORY]++;
		if (stream != NULL)
			bufferevent_free(stream);
		return NULL;
	}
	places->count->accepted++;
	*place = (struct webplace){.stream = stream, .since_ms = clock_ms()};
	bufferevent_incref(stream);
	/* evhttp reads on while it answers, and keeps what comes.  It needs more
	 * than the longest request to refuse a longer one. */
	bufferevent_setwatermark(stream, EV_READ, 0, 2 * PLACE_REQUEST_MAX);
	evbuffer_add_cb(bufferevent_get_output(stream), on_output, place);
	return stream;
}

struct webplace *
webplaces_find(struct webplaces *places, const struct bufferevent *stream)
{
	for (uint32_t i = 0; i < places->most; i++)
		if (places->place[i].stream == stream)
			return &places->place[i];
	return NULL;
}

void
webplace_enter(struct webplace *place, enum webplace_stage stage)
{
	place->stage = stage;
	place->since_ms = clock_ms();
}

static uint32_t
count_places(const struct webplaces *places, bool fed)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < places->most; i++)
		count += places->place[i].stream != NULL &&
			 !is_gone(&places->place[i]) &&
			 (!fed || places->place[i].stage == PLACE_FED);
	return count;
}

uint32_t
webplaces_taken(const struct webplaces *places)
{
	return count_places(places, false);
}

uint32_t
webplaces_fed(const struct webplaces *places)
{
	return count_places(places, true);
}

void
webplaces_end(struct webplaces *places)
{
	for (uint32_t i = 0; i < places->most; i++)
		if (places->place[i].stream != NULL)
			set_free(&places->place[i]);
}
