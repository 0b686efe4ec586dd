/* SPDX-License-Identifier: BSD-3-Clause */
/* A client's session, by its phases; each row of the table below says which
 * class of reply is good in it, and what follows either way.  In a group (MAIL,
 * RCPT and DATA in one go) the phases are the same, only nothing is said in
 * between. */
#include "client.h"

#include "mix.h"
#include "tcp.h"
#include "text.h"

static struct gen_traffic *
traffic_of(const struct end *end)
{
	return &end->gen->traffic;
}

/* Count how a session ended, once, and what became of its message. */
static void
end_session(struct end *end, struct conn *c, enum gen_outcome outcome)
{
	struct conn_client *client = &c->client;
	struct gen_traffic *traffic = traffic_of(end);

	if (client->over)
		return;
	client->over = true;
	traffic->ended[outcome]++;
	if (client->phase <= GEN_BANNER || client->traits & MIX_EARLY)
		end->gen->ungreeted--;
	if (client->phase < GEN_MAIL || client->phase > GEN_DOT)
		return;
	const bool whole = client->phase == GEN_DOT &&
			   client->text == TEXT_MESSAGE &&
			   c->end - c->text_seq == text_bytes(c);
	if (whole)
		ids_mark(&end->gen->ids, client->id, IDS_UNTOLD);
	if (whole && outcome != GEN_ABORTED)
		traffic->unanswered++;
	else
		traffic->cut++;
}

static void
say(struct end *end, struct conn *c, enum text text)
{
	const struct gen_mix *mix = &end->gen->options.mix;
	struct conn_client *client = &c->client;
	uint32_t bytes;

	client->text = (uint8_t)text;
	client->phase_tsc = end->now_tsc;
	bytes = text_bytes(c);
	c->text_seq = c->end;
	if (text == TEXT_MESSAGE && client->traits & MIX_SLOW &&
	    bytes > mix->slow_bytes) {
		bytes = mix->slow_bytes;
		tcp_wake_at(end, c,
			    end->tick + gen_ticks(end->gen, mix->slow_gap_ms));
	}
	c->end += bytes;
}

static void
begin_message(struct end *end, struct conn *c)
{
	const struct gen_options *options = &end->gen->options;
	struct conn_client *client = &c->client;
	const struct mix_message m = mix_message(
		&options->mix, options->seed, client->number, client->message);

	client->message++;
	client->messages_left--;
	client->id = ids_give(&end->gen->ids);
	client->bytes = text_message_bytes(m.bytes);
	client->recipients = m.recipients;
	client->recipients_left = m.recipients;
	client->recipients_taken = 0;
}

static void
enter(struct end *end, struct conn *c, enum gen_phase phase)
{
	const struct gen_mix *mix = &end->gen->options.mix;
	struct conn_client *client = &c->client;
	const bool group = client->traits & MIX_PIPELINING;

	client->phase = (uint8_t)phase;
	switch (phase) {
	case GEN_EHLO:
		say(end, c, TEXT_EHLO);
		break;
	case GEN_MAIL:
		begin_message(end, c);
		say(end, c, group ? TEXT_GROUP : TEXT_MAIL);
		break;
	case GEN_RCPT:
		if (!group)
			say(end, c, TEXT_RCPT);
		break;
	case GEN_DATA:
		if (!group)
			say(end, c, TEXT_DATA);
		break;
	case GEN_DOT:
		say(end, c,
		    client->recipients_taken > 0 ? TEXT_MESSAGE : TEXT_DOT);
		break;
	case GEN_RSET:
		say(end, c, TEXT_RSET);
		break;
	case GEN_QUIT:
		say(end, c, TEXT_QUIT);
		break;
	case GEN_IDLE:
		tcp_wake_at(end, c,
			    end->tick + gen_ticks(end->gen, mix->idle_ms));
		break;
	default:
		client->phase_tsc = end->now_tsc;
	}
	if (unlikely(phase == client->abort_phase)) {
		tcp_output(end, c);
		end_session(end, c, GEN_ABORTED);
		tcp_reset(end, c);
	}
}

/* -- what follows a reply: the phase to enter ------------------------------ */

static enum gen_phase
after_banner(struct end *end, struct conn *c)
{
	end->gen->ungreeted--;
	return c->client.traits & MIX_IDLE ? GEN_IDLE : GEN_EHLO;
}

static enum gen_phase
next_message(struct end *end, struct conn *c)
{
	(void)end;
	return c->client.messages_left > 0 ? GEN_MAIL : GEN_QUIT;
}

static enum gen_phase
message_refused(struct end *end, struct conn *c)
{
	traffic_of(end)->refused++;
	return next_message(end, c);
}

/* No transaction is open after a bad MAIL, but a group's replies still come. */
static enum gen_phase
bad_mail(struct end *end, struct conn *c)
{
	return c->client.traits & MIX_PIPELINING ? GEN_RCPT
						 : message_refused(end, c);
}

static enum gen_phase
good_mail(struct end *end, struct conn *c)
{
	(void)end;
	(void)c;
	return GEN_RCPT;
}

static enum gen_phase
bad_recipient(struct end *end, struct conn *c)
{
	struct conn_client *client = &c->client;

	if (--client->recipients_left > 0)
		return GEN_RCPT;
	if (client->recipients_taken > 0 || client->traits & MIX_PIPELINING)
		return GEN_DATA;
	traffic_of(end)->refused++;
	return GEN_RSET;
}

static enum gen_phase
good_recipient(struct end *end, struct conn *c)
{
	c->client.recipients_taken++;
	return bad_recipient(end, c);
}

static enum gen_phase
good_data(struct end *end, struct conn *c)
{
	(void)end;
	(void)c;
	return GEN_DOT;
}

static enum gen_phase
bad_data(struct end *end, struct conn *c)
{
	(void)c;
	traffic_of(end)->refused++;
	return GEN_RSET;
}

static enum gen_phase
good_dot(struct end *end, struct conn *c)
{
	struct gen *gen = end->gen;

	if (c->client.text == TEXT_DOT)
		return message_refused(end, c);
	gen->traffic.accepted++;
	gen->traffic.body_bytes += c->client.bytes;
	ids_mark(&gen->ids, c->client.id, IDS_ACCEPTED);
	return next_message(end, c);
}

static enum gen_phase
turned_away(struct end *end, struct conn *c)
{
	end_session(end, c, GEN_REFUSED);
	return GEN_QUIT;
}

static enum gen_phase
good_bye(struct end *end, struct conn *c)
{
	if (!c->client.over)
		histogram_add(&end->gen->latency[GEN_WHOLE],
			      end->now_tsc - c->client.intended_tsc);
	end_session(end, c, GEN_COMPLETED);
	tcp_finish(c);
	return GEN_WHOLE;
}

static const struct step {
	uint16_t good_class; /* first digit of the reply */
	enum gen_phase (*good)(struct end *end, struct conn *c);
	enum gen_phase (*bad)(struct end *end, struct conn *c);
} steps[GEN_PHASES] = {
	/* clang-format off */
	[GEN_BANNER] = {2, after_banner,   turned_away},
	[GEN_EHLO]   = {2, next_message,   turned_away},
	[GEN_MAIL]   = {2, good_mail,      bad_mail},
	[GEN_RCPT]   = {2, good_recipient, bad_recipient},
	[GEN_DATA]   = {3, good_data,      bad_data},
	[GEN_DOT]    = {2, good_dot,       message_refused},
	[GEN_RSET]   = {2, next_message,   next_message},
	[GEN_QUIT]   = {2, good_bye,       good_bye},
	/* clang-format on */
};

/* -- replies ----------------------------------------------------------------
 */

static void
count_reply(struct end *end, const struct conn *c, enum gen_phase phase)
{
	const uint32_t row = c->client.code - GEN_CODE_FIRST;
	struct gen *gen = end->gen;

	if (row < GEN_CODES)
		gen->reply[phase][row]++;
	else
		gen->traffic.odd_replies++;
	if (phase != GEN_IDLE && phase != GEN_WHOLE)
		histogram_add(&gen->latency[phase],
			      end->now_tsc - c->client.phase_tsc);
}

/* Who spoke too early still waits for the greeting, and its EHLO stands. */
static bool
is_late_banner(struct end *end, struct conn *c)
{
	struct conn_client *client = &c->client;

	if (!(client->traits & MIX_EARLY) || client->phase != GEN_EHLO)
		return false;
	client->traits &= (uint8_t)~MIX_EARLY;
	end->gen->ungreeted--;
	if (client->code / 100 != 2) {
		count_reply(end, c, GEN_BANNER);
		enter(end, c, turned_away(end, c));
		return true;
	}
	count_reply(end, c, GEN_BANNER);
	return true;
}

static void
read_reply(struct end *end, struct conn *c)
{
	struct conn_client *client = &c->client;
	const enum gen_phase phase = (enum gen_phase)client->phase;
	const struct step *step = &steps[phase];

	if (is_late_banner(end, c))
		return;
	count_reply(end, c, phase);
	if (unlikely(client->code == 421 && phase != GEN_BANNER)) {
		end_session(end, c, GEN_REFUSED);
		tcp_finish(c);
		client->phase = GEN_WHOLE;
		return;
	}
	if (unlikely(step->good == NULL))
		return; /* nobody asked */
	enter(end, c,
	      client->code / 100 == step->good_class ? step->good(end, c)
						     : step->bad(end, c));
}

/* Lines are CODE and "-" (more follow) or anything else, to the LF. */
static uint32_t
client_received(struct end *end, struct conn *c, const uint8_t *data,
		uint32_t bytes)
{
	struct conn_client *client = &c->client;
	const uint8_t *at = data;
	const uint8_t *const stop = data + bytes;

	while (at < stop) {
		if (client->line_at < 3) {
			client->code = (uint16_t)(client->code * 10 +
						  (uint16_t)(*at++ - '0'));
			client->line_at++;
			continue;
		}
		if (client->line_at == 3) {
			client->more = *at == '-';
			client->line_at++;
		}
		at = memchr(at, '\n', (size_t)(stop - at));
		if (at == NULL)
			break;
		at++;
		client->line_at = 0;
		if (!client->more)
			read_reply(end, c);
		if (c->state == CONN_FREE)
			break;
		client->code = 0;
	}
	return bytes;
}

/* -- the connection ---------------------------------------------------------
 */

static void
client_opened(struct end *end, struct conn *c)
{
	histogram_add(&end->gen->latency[GEN_CONNECT],
		      end->now_tsc - c->client.intended_tsc);
	enter(end, c, GEN_BANNER);
	if (c->state != CONN_FREE && c->client.traits & MIX_EARLY)
		enter(end, c, GEN_EHLO);
}

static void
client_woken(struct end *end, struct conn *c)
{
	const struct gen_mix *mix = &end->gen->options.mix;

	if (c->client.phase == GEN_IDLE) {
		enter(end, c, GEN_QUIT);
		return;
	}
	if (c->client.phase != GEN_DOT)
		return;
	uint32_t bytes = text_bytes(c) - (c->end - c->text_seq);
	if (bytes > mix->slow_bytes) {
		bytes = mix->slow_bytes;
		tcp_wake_at(end, c,
			    end->tick + gen_ticks(end->gen, mix->slow_gap_ms));
	}
	c->client.phase_tsc = end->now_tsc; /* the dot's, in the end */
	c->end += bytes;
}

static void
client_write(struct end *end, const struct conn *c, uint8_t *out,
	     uint32_t offset, uint32_t bytes)
{
	(void)end;
	text_write(c, out, offset, bytes);
}

static void
client_peer_closed(struct end *end, struct conn *c)
{
	end_session(end, c, GEN_CLOSED);
	tcp_finish(c);
}

static void
client_gone(struct end *end, struct conn *c, enum end_why why)
{
	end_session(end, c,
		    why == END_RESET     ? GEN_RESET
		    : why == END_TIMEOUT ? GEN_TIMED_OUT
					 : GEN_CLOSED);
}

static void
client_acked(struct end *end, struct conn *c)
{
	(void)end;
	(void)c;
}

const struct app client_app = {
	.opened = client_opened,
	.received = client_received,
	.write = client_write,
	.acked = client_acked,
	.woken = client_woken,
	.peer_closed = client_peer_closed,
	.gone = client_gone,
};
