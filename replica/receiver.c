/* SPDX-License-Identifier: BSD-3-Clause */
#include "receiver.h"

#include <string.h>

#include "clocks.h"
#include "log.h"

/* How long a data plane takes to take over what was kept for it: it looks for shadows
 * once a second, and goes through one in about another.  And how soon a peer that has
 * sessions has told one. */
#define HOME_MS 2500
#define EMPTY_MS 500

/* A peer that can connects within ALONE_MS.  It tells its next session within QUIET_MS,
 * and TOLD_A_MS in each ms. */
#define QUIET_MS 300
#define TOLD_A_MS 400u
#define ALONE_MS 1000

/* A peer may have so many times our own sessions: boxes are alike, but while they are
 * given more memory one after the other.  Shadows take memory of this host. */
#define COUNT_RATIO 16u

static void
show(struct receiver *receiver, enum replicated_state state)
{
	struct replicated_stream *from = &receiver->row->from;

	if (from->state == (uint32_t)state)
		return;
	from->state = state;
	from->since_ms = wall_ms();
}

static void
tell(const struct receiver *receiver, enum replicated_refusal why, bool streams)
{
	const char *text = why == REPLICATED_REFUSED_NOT
				   ? "it was closed"
				   : replicated_refusal_text(why);

	if (streams)
		log_line(LOG_LEVEL_WARN, "the stream of box %u has ended: %s",
			 receiver->box, text);
	else if (why != REPLICATED_REFUSED_NOT &&
		 why != receiver->row->from.refusal)
		log_line(LOG_LEVEL_WARN, "box %u is refused: %s", receiver->box,
			 text);
}

/* The link of an end is gone. */
static void
leave(struct receiver_end *end, enum replicated_refusal why)
{
	struct receiver *receiver = end->receiver;
	struct replicated_stream *from = &receiver->row->from;
	const bool streams = end->streams;

	tell(receiver, why, streams);
	own_count(receiver->own, from, why);
	*end = (struct receiver_end){.receiver = receiver};
	if (!streams)
		return;
	from->breaks++;
	sink_lose(&receiver->sink);
	memset(receiver->row->serves, 0, sizeof(receiver->row->serves));
	show(receiver, REPLICATED_NONE);
}

static void
close_end(struct receiver_end *end, enum replicated_refusal why)
{
	if (end->link == NULL)
		return;
	link_close(end->link);
	leave(end, why);
}

/* The end that streams, or NULL. */
static struct receiver_end *
stream_of(struct receiver *receiver)
{
	for (int i = 0; i < 2; i++)
		if (receiver->end[i].streams)
			return &receiver->end[i];
	return NULL;
}

/* Are there more sessions than this box keeps for a peer? */
static bool
is_too_large(const struct source *source, const struct wire_hello *hello)
{
	return hello->sessions_max > MX_SESSIONS_MAX ||
	       (source->shape != 0 && hello->sessions_max / COUNT_RATIO >
					      sessionmap_slots(&source->map));
}

/* May the peer's sessions come by this end? */
static enum replicated_refusal
judge(const struct receiver_end *end, const struct wire_hello *hello)
{
	struct receiver *receiver = end->receiver;
	const struct own *own = receiver->own;
	const struct source *source = &own->source;
	const struct receiver_end *stream = stream_of(receiver);

	if (wire_version(hello) == 0)
		return REPLICATED_REFUSED_VERSION;
	if (hello->box == own->sheet.box)
		return REPLICATED_REFUSED_OWN;
	if (hello->box != receiver->box)
		return REPLICATED_REFUSED_BOX;
	if (memcmp(hello->check, own->secret.check, sizeof(hello->check)) != 0)
		return REPLICATED_REFUSED_KEY;
	if (is_too_large(source, hello))
		return REPLICATED_REFUSED_COUNT;
	if (source->shape != 0 && hello->workers != source->map.workers)
		return REPLICATED_REFUSED_WORKERS;
	if (stream != NULL && stream->epoch != hello->epoch)
		return REPLICATED_REFUSED_TAKEN;
	return REPLICATED_REFUSED_NOT;
}

static void
compare_digests(struct receiver *receiver)
{
	struct replicated_peer *row = receiver->row;

	row->same = row->digest_known &&
		    memcmp(row->digest, receiver->own->sheet.digest,
			   sizeof(row->digest)) == 0;
}

static void
note_hello(struct receiver *receiver, const struct wire_hello *hello)
{
	struct replicated_peer *row = receiver->row;

	row->workers = hello->workers;
	row->digest_known = 1;
	memcpy(row->digest, hello->digest, sizeof(row->digest));
	compare_digests(receiver);
}

/* The stream of another end ends, since this one takes its place. */
static void
supersede(struct receiver *receiver)
{
	struct receiver_end *stream = stream_of(receiver);

	if (stream == NULL)
		return;
	link_close(stream->link);
	*stream = (struct receiver_end){.receiver = receiver};
	sink_lose(&receiver->sink);
}

static enum replicated_refusal
begin(struct receiver_end *end, const struct wire_hello *hello)
{
	struct receiver *receiver = end->receiver;
	const enum replicated_refusal why = judge(end, hello);

	if (why != REPLICATED_REFUSED_NOT)
		return why;
	note_hello(receiver, hello);
	supersede(receiver);
	if (sink_begin(&receiver->sink, hello, &receiver->own->sheet) != 0) {
		sink_lose(&receiver->sink);
		show(receiver, REPLICATED_NONE);
		return REPLICATED_REFUSED_SPACE;
	}
	end->streams = true;
	end->epoch = receiver->epoch = hello->epoch;
	receiver->began_ms = receiver->put_ms = now_ms();
	receiver->told = 0;
	receiver->workers = hello->workers;
	receiver->row->from.refusal = REPLICATED_REFUSED_NOT;
	receiver->row->from.version = wire_version(hello);
	show(receiver, REPLICATED_TEACHING);
	return REPLICATED_REFUSED_NOT;
}

static bool
say(struct receiver_end *end, const struct wire_message *message)
{
	uint8_t room[WIRE_BYTES_MAX];
	const size_t bytes = wire_put(message, room);

	return link_write(end->link, room, bytes);
}

/* Returns false if the link is closed. */
static bool
take_hello(struct receiver_end *end, const struct wire_hello *hello)
{
	const enum replicated_refusal why = begin(end, hello);
	const struct wire_message welcome = {
		.type = WIRE_WELCOME,
		.welcome =
			{
				.version = wire_version(hello),
				.box = end->receiver->own->sheet.box,
				.refusal = (uint8_t)why,
			},
	};

	say(end, &welcome);
	if (why == REPLICATED_REFUSED_NOT)
		return true;
	close_end(end, why);
	return false;
}

static void
take_synced(struct receiver *receiver)
{
	if (sink_state(&receiver->sink) == MX_SHADOW_SYNCED)
		return;
	sink_synced(&receiver->sink);
	receiver->synced_ms = now_ms();
	receiver->row->from.teaches++;
	show(receiver, REPLICATED_SYNCED);
	log_line(LOG_LEVEL_INFO, "all sessions of box %u are here: %u",
		 receiver->box, sink_used(&receiver->sink));
}

/* Take a message of the stream.  Returns false if the peer cannot send it. */
static bool
take(struct receiver_end *end, const struct wire_message *message)
{
	struct receiver *receiver = end->receiver;
	struct wire_message done = {.type = WIRE_DONE};
	struct wire_session over;

	switch (message->type) {
	case WIRE_SESSION4:
	case WIRE_SESSION6:
		receiver->told++;
		return sink_put(&receiver->sink, &message->session);
	case WIRE_END:
		if (sink_session(&receiver->sink, message->slot, &over))
			source_note_taken(&receiver->own->source, &over);
		return sink_end(&receiver->sink, message->slot);
	case WIRE_SYNCED:
		take_synced(receiver);
		return true;
	case WIRE_TICK:
		memcpy(receiver->row->serves, message->serves,
		       sizeof(receiver->row->serves));
		done.serial = message->serial;
		say(end, &done); /* the next one stands for it */
		return true;
	default:
		return false;
	}
}

/* Take what has come.  Returns false if the link is closed. */
static bool
take_next(struct receiver_end *end, bool *more)
{
	struct replicated_stream *from = &end->receiver->row->from;
	struct wire_message message;
	size_t count;
	const uint8_t *bytes = link_peek(end->link, &count);
	const int got = wire_take(bytes, count, &message);

	*more = got > 0;
	if (got == 0)
		return true;
	if (got > 0) {
		link_drop(end->link, (size_t)got);
		from->bytes += (uint64_t)got;
		from->records++;
		if (!end->streams && message.type == WIRE_HELLO)
			return take_hello(end, &message.hello);
		if (end->streams && take(end, &message))
			return true;
	}
	close_end(end, REPLICATED_REFUSED_RECORD);
	return false;
}

static void
on_readable(void *arg)
{
	struct receiver_end *end = arg;
	struct receiver *receiver = end->receiver;
	const uint64_t told = receiver->told;
	bool more = true;

	while (more)
		if (!take_next(end, &more))
			return;
	if (receiver->told != told)
		receiver->put_ms = now_ms();
	if (end->streams && receiver->row->from.state == REPLICATED_SYNCED)
		receiver->row->from.synced_ms = wall_ms();
}

/* What could not be said is said with the next tick. */
static void
on_writable(void *arg)
{
	(void)arg;
}

static void
on_ended(void *arg, enum replicated_refusal why, int error)
{
	(void)error;
	leave(arg, why);
}

void
receiver_accept(struct receiver *receiver, struct link *link)
{
	static const struct link_calls calls = {
		.readable = on_readable,
		.writable = on_writable,
		.ended = on_ended,
	};
	struct receiver_end *end = &receiver->end[receiver->end[0].streams];

	close_end(end, REPLICATED_REFUSED_NOT);
	end->link = link;
	link_take(link, &calls, end);
}

bool
receiver_is_settled(const struct receiver *receiver)
{
	const int64_t at_ms = now_ms();

	switch (receiver->row->from.state) {
	case REPLICATED_SYNCED:
		return at_ms >= receiver->synced_ms + HOME_MS;
	case REPLICATED_TEACHING:
		return receiver->told == 0 &&
		       at_ms >= receiver->began_ms + EMPTY_MS;
	default:
		return false;
	}
}

bool
receiver_is_quiet(const struct receiver *receiver, int64_t since_ms)
{
	const uint32_t state = receiver->row->from.state;
	const uint32_t used = sink_used(&receiver->sink);
	const int64_t at_ms = now_ms();

	if (state == REPLICATED_SYNCED)
		return true;
	if (state != REPLICATED_TEACHING)
		return at_ms >= since_ms + ALONE_MS;
	return at_ms >= receiver->put_ms + QUIET_MS ||
	       at_ms >= receiver->began_ms + QUIET_MS + used / TOLD_A_MS;
}

void
receiver_tend(struct receiver *receiver)
{
	const struct source *source = &receiver->own->source;
	struct receiver_end *stream = stream_of(receiver);

	receiver->row->from.sessions = sink_used(&receiver->sink);
	compare_digests(receiver);
	if (stream == NULL)
		return;
	if (sink_is_lost(&receiver->sink)) {
		log_line(LOG_LEVEL_WARN,
			 "%s was removed: box %u teaches its sessions anew",
			 receiver->sink.path, receiver->box);
		close_end(stream, REPLICATED_REFUSED_NOT);
	} else if (source->shape != 0 &&
		   receiver->workers != source->map.workers) {
		close_end(stream, REPLICATED_REFUSED_WORKERS);
	}
}

void
receiver_open(struct receiver *receiver, struct own *own, uint8_t box,
	      struct replicated_peer *row)
{
	*receiver = (struct receiver){.own = own, .box = box, .row = row};
	for (int i = 0; i < 2; i++)
		receiver->end[i].receiver = receiver;
	sink_open(&receiver->sink, own->instance, box, &own->secret.sessions);
}

void
receiver_close(struct receiver *receiver)
{
	for (int i = 0; i < 2; i++)
		close_end(&receiver->end[i], REPLICATED_REFUSED_NOT);
	sink_close(&receiver->sink);
}
