/* SPDX-License-Identifier: BSD-3-Clause */
#include "feed.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <stdio.h>

#include "clock.h"
#include "webpages.h"
#include "webreply.h"
#include "webtext.h"

static uint32_t
count_readers(const struct feed *feed)
{
	uint32_t count = 0;

	for (int i = 0; i < FEED_READERS_MAX; i++)
		count += feed->reader[i].request != NULL;
	return count;
}

bool
feed_has_room(const struct feed *feed)
{
	const uint32_t quarter = (feed->places->most + 3) / 4;

	return count_readers(feed) <
	       (quarter < FEED_READERS_MAX ? quarter : FEED_READERS_MAX);
}

/* Returns the text of one event, or NULL.  JSON without line ends is one line of
 * data.  data: given away. */
static struct webtext *
event_text(const char *name, json_t *data)
{
	struct webtext *text = webtext_new();

	if (text != NULL && data != NULL) {
		/* How long a browser waits before it connects again. */
		fprintf(text->out, "retry: 5000\nevent: %s\ndata: ", name);
		json_dumpf(data, text->out, SNAPSHOT_FLAGS);
		fputs("\n\n", text->out);
	}
	json_decref(data);
	return text != NULL ? webtext_finish(text, HTTP_OK) : NULL;
}

static void
send_text(struct feed_reader *reader, struct webtext *text)
{
	struct evbuffer *piece = evbuffer_new();

	if (piece == NULL || webtext_add(text, piece) != 0)
		reader->late = true;
	else
		evhttp_send_reply_chunk(reader->request, piece);
	if (piece != NULL)
		evbuffer_free(piece);
}

/* The next one is new. */
static void
forget_snapshot(struct feed *feed)
{
	webtext_leave(feed->snapshot);
	feed->snapshot = NULL;
}

/* The text with all: the last one, or a new one. */
static struct webtext *
snapshot_text(struct feed *feed)
{
	if (webtext_is_fresh(feed->snapshot))
		return feed->snapshot;
	webtext_leave(feed->snapshot);
	feed->snapshot = event_text("snapshot", snapshot_new(feed->sources));
	return feed->snapshot;
}

static void
send_snapshot(struct feed *feed, struct feed_reader *reader)
{
	struct webtext *text = snapshot_text(feed);

	reader->late = text == NULL;
	if (text != NULL)
		send_text(reader, text);
}

/* Begin the changes anew after a time without readers.  This is not done at each
 * join, because a reader that joins and leaves all the time would keep the loop
 * busy. */
static void
begin_step(struct feed *feed)
{
	const uint64_t now_ms = clock_ms();

	if (now_ms < feed->next_ms)
		return;
	feed->next_ms = now_ms + FEED_STEP_MS;
	snapshot_see(feed->sources, &feed->seen);
	forget_snapshot(feed);
}

static void
on_closed(struct evhttp_connection *connection, void *arg)
{
	struct feed_reader *reader = arg;
	struct evhttp_request *request = reader->request;

	(void)connection;
	reader->request = NULL;
	if (request != NULL && evhttp_request_get_connection(request) == NULL)
		evhttp_request_free(request);
}

void
feed_join(struct feed *feed, struct evhttp_request *request,
	  struct webplace *place)
{
	struct feed_reader *reader = feed->reader;

	while (reader->request != NULL)
		reader++;
	if (count_readers(feed) == 0)
		begin_step(feed);
	*reader = (struct feed_reader){
		.request = request, .place = place, .since_ms = clock_ms()};
	webplace_enter(place, PLACE_FED);
	evhttp_connection_set_closecb(evhttp_request_get_connection(request),
				      on_closed, reader);
	webreply_set_headers(request, FEED_TYPE);
	evhttp_send_reply_start(request, HTTP_OK, NULL);
	send_snapshot(feed, reader);
}

static bool
has_read(const struct feed_reader *reader)
{
	struct bufferevent *stream = evhttp_connection_get_bufferevent(
		evhttp_request_get_connection(reader->request));

	return evbuffer_get_length(bufferevent_get_output(stream)) == 0;
}

/* Returns whether it may get more now. */
static bool
look_at(struct feed *feed, struct feed_reader *reader, uint64_t now_ms)
{
	if (has_read(reader)) {
		reader->since_ms = now_ms;
		return true;
	}
	reader->late = true;
	if (now_ms - reader->since_ms >= FEED_PATIENCE_MS) {
		feed->places->count->refused[WEB_SLOW]++;
		webplace_close(reader->place);
	}
	return false;
}

void
feed_look(struct feed *feed)
{
	const uint64_t now_ms = clock_ms();

	if (now_ms < feed->next_ms || count_readers(feed) == 0)
		return;
	feed->next_ms = now_ms + FEED_STEP_MS;
	struct webtext *change = event_text(
		"change", snapshot_change(feed->sources, &feed->seen));
	/* A snapshot of before lacks what this change tells. */
	forget_snapshot(feed);
	for (int i = 0; i < FEED_READERS_MAX; i++) {
		struct feed_reader *reader = &feed->reader[i];

		if (reader->request == NULL || !look_at(feed, reader, now_ms))
			continue;
		if (reader->late || change == NULL)
			send_snapshot(feed, reader);
		else
			send_text(reader, change);
	}
	webtext_leave(change);
}

void
feed_end(struct feed *feed)
{
	forget_snapshot(feed);
}
