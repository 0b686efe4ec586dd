/* SPDX-License-Identifier: BSD-3-Clause */
#include "phase.h"

#include "mix.h"
#include "tcp.h"
#include "text.h"

static struct gen_traffic *
traffic_of(const struct end *end)
{
	return &end->gen->traffic;
}

void
phase_end_session(struct end *end, struct conn *c, enum gen_outcome outcome)
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
	const bool whole =
		client->phase == GEN_DOT && client->text == TEXT_MESSAGE &&
		c->end - c->text_seq == text_bytes(c, &end->gen->rcpt);
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

	/* A reply means that the server has read everything before it.  If that
	 * is not acked yet, the reply is odd, and the text cannot be sent again
	 * after the next command. */
	if (unlikely(c->una != c->end)) {
		traffic_of(end)->odd_replies++;
		c->una = c->end;
		c->next = c->end;
	}
	client->text = (uint8_t)text;
	client->phase_tsc = end->now_tsc;
	bytes = text_bytes(c, &end->gen->rcpt);
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

void
phase_enter(struct end *end, struct conn *c, enum gen_phase phase)
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
		phase_end_session(end, c, GEN_ABORTED);
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

/* After a refused MAIL no transaction is open, but the replies to the rest of
 * the group still come. */
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
	phase_end_session(end, c, GEN_REFUSED);
	return GEN_QUIT;
}

static enum gen_phase
good_bye(struct end *end, struct conn *c)
{
	if (!c->client.over)
		histogram_add(&end->gen->latency[GEN_WHOLE],
			      end->now_tsc - c->client.intended_tsc);
	phase_end_session(end, c, GEN_COMPLETED);
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

void
phase_follow(struct end *end, struct conn *c)
{
	const struct step *step = &steps[c->client.phase];

	if (step->good == NULL)
		return;
	phase_enter(end, c,
		    c->client.code / 100 == step->good_class
			    ? step->good(end, c)
			    : step->bad(end, c));
}

void
phase_turn_away(struct end *end, struct conn *c)
{
	phase_enter(end, c, turned_away(end, c));
}
