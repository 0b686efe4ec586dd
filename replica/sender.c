/* SPDX-License-Identifier: BSD-3-Clause */
#include "sender.h"

#include <string.h>

#include "clocks.h"
#include "log.h"

/* Slots that a call looks at, so that the event loop goes on. */
#define SLOTS_A_CALL 65536u

/* What is shown of a state.  While a peer that has refused is tried again, that
 * is shown. */
static enum replicated_state
shown(const struct sender *sender)
{
	const bool refused = sender->row->to.refusal != REPLICATED_REFUSED_NOT;

	switch (sender->state) {
	case SENDER_IDLE:
		return refused ? REPLICATED_REFUSED : REPLICATED_NONE;
	case SENDER_DIALS:
	case SENDER_GREETS:
		return refused ? REPLICATED_REFUSED : REPLICATED_CONNECTING;
	case SENDER_TEACHES:
		return REPLICATED_TEACHING;
	case SENDER_FOLLOWS:
		return REPLICATED_SYNCED;
	}
	return REPLICATED_NONE;
}

static void
set_state(struct sender *sender, enum sender_state state)
{
	struct replicated_stream *to = &sender->row->to;

	sender->state = state;
	if (to->state == shown(sender))
		return;
	to->state = shown(sender);
	to->since_ms = wall_ms();
}

/* Say why a stream has ended, or that it is refused if that is new. */
static void
tell(const struct sender *sender, enum replicated_refusal why)
{
	const char *text = why == REPLICATED_REFUSED_NOT
				   ? "it was closed"
				   : replicated_refusal_text(why);

	if (sender->state >= SENDER_TEACHES)
		log_line(LOG_LEVEL_WARN, "the stream to box %u has ended: %s",
			 sender->box, text);
	else if (why != REPLICATED_REFUSED_NOT &&
		 why != sender->row->to.refusal)
		log_line(LOG_LEVEL_WARN, "no stream to box %u: %s", sender->box,
			 text);
}

/* The link is gone: try again later. */
static void
rest(struct sender *sender, enum replicated_refusal why)
{
	struct replicated_stream *to = &sender->row->to;

	sender->link = NULL;
	teller_end(&sender->teller);
	if (sender->state >= SENDER_TEACHES)
		to->breaks++;
	to->lag_ms = 0;
	own_count(sender->own, to, why);
	set_state(sender, SENDER_IDLE);
	sender->try_ms = now_ms() + sender->pause_ms;
	sender->pause_ms *= 2;
	if (sender->pause_ms > SENDER_PAUSE_MAX_MS)
		sender->pause_ms = SENDER_PAUSE_MAX_MS;
}

static void
end(struct sender *sender, enum replicated_refusal why)
{
	if (why != REPLICATED_REFUSED_NOT)
		tell(sender, why);
	link_close(sender->link);
	rest(sender, why);
}

/* Give the batch to the link.  Returns false if the link has no room for it. */
static bool
flush(struct sender *sender)
{
	struct teller *teller = &sender->teller;

	sender->row->to.records = teller->records;
	if (teller->bytes == 0)
		return true;
	if (!link_write(sender->link, teller->batch, teller->bytes))
		return false;
	sender->row->to.bytes += teller->bytes;
	teller->bytes = 0;
	return true;
}

/* All has been told: say so, if the peer may drop what it was not told. */
static void
say_synced(struct sender *sender)
{
	const struct wire_message synced = {.type = WIRE_SYNCED};

	if (sender->state != SENDER_TEACHES || !sender->own->settled ||
	    !teller_is_through(&sender->teller) ||
	    !teller_add(&sender->teller, &synced))
		return;
	set_state(sender, SENDER_FOLLOWS);
	giveback_log(&sender->teller.give);
	sender->row->to.teaches++;
	sender->row->to.synced_ms = wall_ms();
	sender->pause_ms = SENDER_PAUSE_MIN_MS;
	log_line(LOG_LEVEL_INFO, "box %u has been told all sessions: %u",
		 sender->box, sender->own->source.fits);
}

/* Send what there is, as far as the link takes it. */
static void
pump(struct sender *sender)
{
	enum teller_progress progress = TELLER_MORE;
	uint32_t left = SLOTS_A_CALL;

	while (flush(sender) && progress == TELLER_MORE && left > 0) {
		progress = teller_fill(&sender->teller, &left);
		if (progress == TELLER_ALL)
			say_synced(sender);
	}
	if (progress != TELLER_OVERTAKEN)
		return;
	log_line(LOG_LEVEL_WARN, "box %u reads too slowly: it is taught anew",
		 sender->box);
	end(sender, REPLICATED_REFUSED_NOT);
}

static void
greet(struct sender *sender)
{
	const struct own *own = sender->own;
	const struct sessionmap *map = &own->source.map;
	struct wire_message message = {
		.type = WIRE_HELLO,
		.hello =
			{
				.version_from = WIRE_VERSION_FROM,
				.version_to = WIRE_VERSION_TO,
				.box = own->sheet.box,
				.wide = map->wide,
				.workers = map->workers,
				.sessions_max = sessionmap_slots(map),
				.epoch = own->epoch,
				.ports = (uint8_t)own->sheet.ports,
			},
	};

	memcpy(message.hello.digest, own->sheet.digest,
	       sizeof(message.hello.digest));
	memcpy(message.hello.check, own->secret.check,
	       sizeof(message.hello.check));
	memcpy(message.hello.port, own->sheet.port, sizeof(message.hello.port));
	teller_begin(&sender->teller, &sender->own->source, NULL);
	teller_add(&sender->teller, &message);
	set_state(sender, SENDER_GREETS);
	flush(sender);
}

static void
on_opened(void *arg)
{
	struct sender *sender = arg;

	if (!own_is_ready(sender->own)) {
		end(sender, REPLICATED_REFUSED_NOT);
		return;
	}
	sender->shape = sender->own->source.shape;
	greet(sender);
}

static void
tick(struct sender *sender, int64_t at_ms)
{
	const uint32_t waiting = sender->ticked - sender->done;
	const int64_t last_ms = sender->tick_ms[sender->ticked % SENDER_TICKS];
	struct wire_message message = {.type = WIRE_TICK};

	sender->row->to.lag_ms =
		waiting == 0 ? 0
			     : (uint32_t)(at_ms -
					  sender->tick_ms[(sender->done + 1) %
							  SENDER_TICKS]);
	if ((sender->ticked > 0 && at_ms < last_ms + SENDER_TICK_MS) ||
	    waiting + 1 >= SENDER_TICKS)
		return;
	message.serial = sender->ticked + 1;
	memcpy(message.serves, sender->own->sheet.serves,
	       sizeof(message.serves));
	if (!teller_add(&sender->teller, &message))
		return;
	sender->ticked++;
	sender->tick_ms[sender->ticked % SENDER_TICKS] = at_ms;
	flush(sender);
}

static void
take_welcome(struct sender *sender, const struct wire_welcome *welcome)
{
	struct replicated_stream *to = &sender->row->to;

	if (welcome->refusal != REPLICATED_REFUSED_NOT) {
		end(sender, welcome->refusal);
		return;
	}
	if (welcome->box != sender->box) {
		end(sender, REPLICATED_REFUSED_BOX);
		return;
	}
	to->version = welcome->version;
	to->refusal = REPLICATED_REFUSED_NOT;
	teller_begin(&sender->teller, &sender->own->source, sender->sink);
	sender->began_ms = now_ms();
	sender->own->settled = false; /* until this peer is waited for, too */
	sender->ticked = sender->done = 0;
	set_state(sender, SENDER_TEACHES);
	tick(sender, now_ms()); /* soon there is an answer */
	pump(sender);
}

/* The peer has done with a tick, and with all before it. */
static bool
take_done(struct sender *sender, uint32_t serial)
{
	if (serial - sender->done > sender->ticked - sender->done)
		return false;
	sender->done = serial;
	if (sender->state == SENDER_FOLLOWS)
		sender->row->to.synced_ms = wall_ms();
	return true;
}

/* Take a message.  Returns false if the link is closed. */
static bool
take(struct sender *sender, const struct wire_message *message)
{
	if (message->type == WIRE_WELCOME && sender->state == SENDER_GREETS) {
		take_welcome(sender, &message->welcome);
		return sender->link != NULL;
	}
	if (message->type == WIRE_DONE && sender->state >= SENDER_TEACHES &&
	    take_done(sender, message->serial))
		return true;
	end(sender, REPLICATED_REFUSED_RECORD);
	return false;
}

static void
on_readable(void *arg)
{
	struct sender *sender = arg;
	struct wire_message message;
	size_t count;

	for (;;) {
		const uint8_t *bytes = link_peek(sender->link, &count);
		const int got = wire_take(bytes, count, &message);

		if (got == 0)
			return;
		if (got < 0) {
			end(sender, REPLICATED_REFUSED_RECORD);
			return;
		}
		link_drop(sender->link, (size_t)got);
		if (!take(sender, &message))
			return;
	}
}

static void
on_writable(void *arg)
{
	struct sender *sender = arg;

	if (sender->state >= SENDER_TEACHES)
		pump(sender);
	else
		flush(sender);
}

static void
on_ended(void *arg, enum replicated_refusal why, int error)
{
	struct sender *sender = arg;

	(void)error;
	tell(sender, why);
	rest(sender, why);
}

static void
dial(struct sender *sender)
{
	static const struct link_calls calls = {
		.opened = on_opened,
		.readable = on_readable,
		.writable = on_writable,
		.ended = on_ended,
	};

	sender->tried_ms = now_ms();
	sender->link =
		link_dial(sender->own->links, &sender->address, &calls, sender);
	if (sender->link == NULL)
		rest(sender, REPLICATED_REFUSED_NOT);
	else
		set_state(sender, SENDER_DIALS);
}

void
sender_tend(struct sender *sender, bool gives)
{
	const struct source *source = &sender->own->source;
	const int64_t at_ms = now_ms();
	const bool ready = own_is_ready(sender->own);

	sender->row->to.sessions = source->shape == 0 ? 0 : source->fits;
	if (sender->link == NULL) {
		if (ready && at_ms >= sender->try_ms)
			dial(sender);
		return;
	}
	if (sender->state < SENDER_GREETS)
		return;
	if (!ready || sender->shape != source->shape) {
		sender_again(sender);
		return;
	}
	if (sender->state < SENDER_TEACHES)
		return;
	sender->teller.gives |= gives;
	pump(sender);
	if (sender->link != NULL)
		tick(sender, at_ms);
}

void
sender_try(struct sender *sender)
{
	const int64_t soon_ms = sender->tried_ms + SENDER_PAUSE_MIN_MS;

	sender->pause_ms = SENDER_PAUSE_MIN_MS;
	if (sender->link == NULL && sender->try_ms > soon_ms)
		sender->try_ms = soon_ms;
}

void
sender_again(struct sender *sender)
{
	if (sender->link == NULL)
		return;
	sender->pause_ms = SENDER_PAUSE_MIN_MS;
	end(sender, REPLICATED_REFUSED_NOT);
}

void
sender_open(struct sender *sender, struct own *own,
	    const struct groupsheet_peer *peer, const struct sink *sink,
	    struct replicated_peer *row)
{
	*sender = (struct sender){
		.own = own,
		.box = peer->box,
		.address = peer->address,
		.sink = sink,
		.row = row,
		.pause_ms = SENDER_PAUSE_MIN_MS,
	};
}

void
sender_close(struct sender *sender)
{
	if (sender->link != NULL)
		end(sender, REPLICATED_REFUSED_NOT);
}
