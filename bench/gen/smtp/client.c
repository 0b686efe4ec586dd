/* SPDX-License-Identifier: BSD-3-Clause */
#include "client.h"

#include "mix.h"
#include "phase.h"
#include "tcp.h"
#include "text.h"

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

/* A client that spoke too early still waits for the greeting.  Its EHLO
 * counts. */
static bool
is_late_banner(struct end *end, struct conn *c)
{
	struct conn_client *client = &c->client;

	if (!(client->traits & MIX_EARLY) || client->phase != GEN_EHLO)
		return false;
	client->traits &= (uint8_t)~MIX_EARLY;
	end->gen->ungreeted--;
	count_reply(end, c, GEN_BANNER);
	if (client->code / 100 != 2)
		phase_turn_away(end, c);
	return true;
}

static void
read_reply(struct end *end, struct conn *c)
{
	struct conn_client *client = &c->client;
	const enum gen_phase phase = (enum gen_phase)client->phase;

	if (is_late_banner(end, c))
		return;
	count_reply(end, c, phase);
	if (unlikely(client->code == 421 && phase != GEN_BANNER)) {
		phase_end_session(end, c, GEN_REFUSED);
		tcp_finish(c);
		client->phase = GEN_WHOLE;
		return;
	}
	phase_follow(end, c);
}

/* Parse lines of CODE and "-" (more follow) or another character, to the LF. */
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
	phase_enter(end, c, GEN_BANNER);
	if (c->state != CONN_FREE && c->client.traits & MIX_EARLY)
		phase_enter(end, c, GEN_EHLO);
}

static void
client_woken(struct end *end, struct conn *c)
{
	const struct gen_mix *mix = &end->gen->options.mix;

	if (c->client.phase == GEN_IDLE) {
		phase_enter(end, c, GEN_QUIT);
		return;
	}
	if (c->client.phase != GEN_DOT)
		return;
	uint32_t bytes =
		text_bytes(c, &end->gen->rcpt) - (c->end - c->text_seq);
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
	text_write(c, &end->gen->rcpt, out, offset, bytes);
}

static void
client_peer_closed(struct end *end, struct conn *c)
{
	phase_end_session(end, c, GEN_CLOSED);
	tcp_finish(c);
}

static void
client_gone(struct end *end, struct conn *c, enum end_why why)
{
	phase_end_session(end, c,
			  why == END_RESET     ? GEN_RESET
			  : why == END_TIMEOUT ? GEN_TIMED_OUT
					       : GEN_CLOSED);
}

const struct app client_app = {
	.opened = client_opened,
	.received = client_received,
	.write = client_write,
	.woken = client_woken,
	.peer_closed = client_peer_closed,
	.gone = client_gone,
};
