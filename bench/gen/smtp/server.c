/* SPDX-License-Identifier: BSD-3-Clause */
#include "server.h"

#include "listen.h"
#include "proxyread.h"
#include "random.h"
#include "reply.h"
#include "tcp.h"
#include "text.h"

enum server_phase {
	AWAITS_PROXY,
	AWAITS_COMMAND,
	AWAITS_MESSAGE,
	HAS_CLOSED, /* has closed: reads no more */
};

static void
close_after(struct conn *c)
{
	c->server.phase = HAS_CLOSED;
	if (c->server.owed == 0)
		tcp_finish(c);
}

static void
server_woken(struct end *end, struct conn *c)
{
	(void)end;
	c->end += c->server.owed;
	c->server.owed = 0;
	if (c->server.phase == HAS_CLOSED)
		tcp_finish(c);
}

static void
greet(struct end *end, struct conn *c)
{
	const double busy = end->gen->options.behaviour.busy;

	c->server.phase = AWAITS_COMMAND;
	if (busy > 0 && random_share(&end->gen->random) < busy) {
		reply_say(end, c, REPLY_BUSY);
		close_after(c);
		return;
	}
	reply_say(end, c, REPLY_GREETING);
}

/* OK, or a refusal for the wanted share. */
static enum reply
judge(struct gen *gen)
{
	const struct gen_behaviour *behaviour = &gen->options.behaviour;
	double share;

	if (behaviour->refuse4 <= 0 && behaviour->refuse5 <= 0)
		return REPLY_OK;
	share = random_share(&gen->random);
	if (share < behaviour->refuse4)
		return REPLY_LATER;
	return share < behaviour->refuse4 + behaviour->refuse5 ? REPLY_NEVER
							       : REPLY_OK;
}

/* -- hearing ----------------------------------------------------------------
 */

static void
count_session(struct gen *gen, struct conn_server *server, bool ours)
{
	if (server->counted)
		return;
	server->counted = true;
	server->ours = ours;
	if (ours) {
		gen->traffic.server_sessions++;
		gen->backend[server->backend].sessions++;
	} else {
		gen->traffic.foreign_sessions++;
	}
}

/* Take the true client from an EHLO. */
static void
hear_ehlo(struct end *end, struct conn *c, const uint8_t *line, uint32_t bytes)
{
	struct conn_server *server = &c->server;
	struct mx_addr addr;
	uint16_t port_be;
	const bool ours =
		line != NULL && text_read_ehlo(line, bytes, &addr, &port_be);

	count_session(end->gen, server, ours);
	if (ours && end->gen->options.seen != GEN_SEEN_NOBODY &&
	    (!mx_addr_equal(&addr, &server->claim) ||
	     port_be != server->claim_port_be))
		end->gen->traffic.mismatch++;
	reply_say(end, c, REPLY_EHLO);
}

static void
hear_mail(struct end *end, struct conn *c)
{
	const enum reply reply = judge(end->gen);

	c->server.recipients = 0;
	c->server.has_sender = reply == REPLY_OK;
	reply_say(end, c, reply);
}

static void
hear_rcpt(struct end *end, struct conn *c)
{
	const enum reply reply =
		c->server.has_sender ? judge(end->gen) : REPLY_NEVER;

	if (reply == REPLY_OK && c->server.recipients < UINT8_MAX)
		c->server.recipients++;
	reply_say(end, c, reply);
}

static void
hear_data(struct end *end, struct conn *c)
{
	struct conn_server *server = &c->server;

	if (server->recipients == 0) {
		reply_say(end, c, REPLY_NO_RECIPIENT);
		return;
	}
	server->phase = AWAITS_MESSAGE;
	server->dot_at = TEXT_DOT_START;
	server->body_read = 0;
	server->id = 0;
	server->bytes = 0;
	server->strange = false;
	reply_say(end, c, REPLY_GO_ON);
}

static void
hear_quit(struct end *end, struct conn *c)
{
	reply_say(end, c, REPLY_BYE);
	close_after(c);
}

#define VERB(a, b, c, d)                                                       \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

/* line: NULL if it came in pieces. */
static void
hear_command(struct end *end, struct conn *c, const uint8_t *line,
	     uint32_t bytes)
{
	switch (c->server.verb) {
	case VERB('E', 'H', 'L', 'O'):
	case VERB('H', 'E', 'L', 'O'):
		hear_ehlo(end, c, line, bytes);
		break;
	case VERB('M', 'A', 'I', 'L'):
		hear_mail(end, c);
		break;
	case VERB('R', 'C', 'P', 'T'):
		hear_rcpt(end, c);
		break;
	case VERB('D', 'A', 'T', 'A'):
		hear_data(end, c);
		break;
	case VERB('Q', 'U', 'I', 'T'):
		hear_quit(end, c);
		break;
	case VERB('R', 'S', 'E', 'T'):
		c->server.recipients = 0;
		c->server.has_sender = false;
		reply_say(end, c, REPLY_OK);
		break;
	case VERB('N', 'O', 'O', 'P'):
		reply_say(end, c, REPLY_OK);
		break;
	default:
		reply_say(end, c, REPLY_UNKNOWN);
	}
}

/* Returns how many bytes are consumed: up to the end of a line, or all. */
static uint32_t
read_command(struct end *end, struct conn *c, const uint8_t *data,
	     uint32_t bytes)
{
	struct conn_server *server = &c->server;
	const bool begins = server->line_at == 0;
	const uint8_t *lf = memchr(data, '\n', bytes);
	const uint32_t length = lf != NULL ? (uint32_t)(lf - data) + 1 : bytes;

	for (uint32_t i = 0; i < length && server->line_at < 4; i++) {
		server->verb = server->verb << 8 | (data[i] & 0xdfu);
		server->line_at++;
	}
	if (lf == NULL)
		return bytes;
	hear_command(end, c, begins ? data : NULL, length);
	server->line_at = 0;
	server->verb = 0;
	return length;
}

/* A whole message has arrived. */
static void
take_message(struct end *end, struct conn *c)
{
	struct gen *gen = end->gen;
	struct conn_server *server = &c->server;
	const enum reply reply = judge(gen);

	server->phase = AWAITS_COMMAND;
	server->recipients = 0;
	server->has_sender = false;
	reply_say(end, c, reply);
	if (reply != REPLY_OK)
		return;
	if (server->strange || !server->ours) {
		gen->traffic.foreign_messages++;
		return;
	}
	gen->traffic.server_messages++;
	gen->backend[server->backend].messages++;
	gen->traffic.damaged += server->body_read != server->bytes;
	ids_arrived(&gen->ids, server->id);
}

static uint32_t
read_message(struct end *end, struct conn *c, const uint8_t *data,
	     uint32_t bytes)
{
	struct conn_server *server = &c->server;
	const uint32_t found = text_find_dot(&server->dot_at, data, bytes);
	const uint32_t length = found > 0 ? found : bytes;

	text_read_message(server, data, length);
	server->body_read += length;
	if (found == 0)
		return bytes;
	server->body_read -= 3; /* the dot and its CR LF */
	take_message(end, c);
	return length;
}

/* Read the header when all of it is there. */
static uint32_t
read_proxy(struct end *end, struct conn *c, const uint8_t *data, uint32_t bytes)
{
	struct gen *gen = end->gen;
	struct conn_server *server = &c->server;
	struct proxy_says says;
	const int length =
		proxy_read(gen->options.seen == GEN_SEEN_PROXY_V1 ? 1 : 2, data,
			   bytes, &says);

	if (length == 0)
		return 0;
	if (length < 0) {
		gen->traffic.proxy_bad++;
		server->phase = HAS_CLOSED;
		tcp_finish(c);
		return bytes;
	}
	server->claim = says.client.addr;
	server->claim_port_be = says.client.port_be;
	greet(end, c);
	return (uint32_t)length;
}

static uint32_t
server_received(struct end *end, struct conn *c, const uint8_t *data,
		uint32_t bytes)
{
	struct conn_server *server = &c->server;
	uint32_t done = 0;

	/* The client talks before any of the greeting was sent. */
	if (server->phase != AWAITS_PROXY && server->line_at == 0 &&
	    server->reply_count > 0 && server->reply[0] == REPLY_GREETING &&
	    c->next == c->text_seq)
		end->gen->traffic.early_talkers++;
	while (done < bytes && server->reply_count < CONN_REPLIES) {
		const uint8_t *at = data + done;
		const uint32_t rest = bytes - done;
		uint32_t length = rest;

		switch (server->phase) {
		case AWAITS_PROXY:
			length = read_proxy(end, c, at, rest);
			break;
		case AWAITS_COMMAND:
			length = read_command(end, c, at, rest);
			break;
		case AWAITS_MESSAGE:
			length = read_message(end, c, at, rest);
			break;
		default: /* a server that has closed reads nothing */
			break;
		}
		if (length == 0)
			break;
		done += length;
	}
	return done;
}

static void
server_opened(struct end *end, struct conn *c)
{
	const enum gen_seen seen = end->gen->options.seen;

	if (seen == GEN_SEEN_PROXY_V1 || seen == GEN_SEEN_PROXY_V2)
		c->server.phase = AWAITS_PROXY;
	else
		greet(end, c);
}

static void
server_peer_closed(struct end *end, struct conn *c)
{
	(void)end;
	close_after(c);
}

static void
server_gone(struct end *end, struct conn *c, enum end_why why)
{
	const enum gen_seen seen = end->gen->options.seen;

	if (c->state != CONN_OPEN)
		return; /* half-open connections were no sessions */
	if (c->server.phase == AWAITS_PROXY && why != END_RESET &&
	    (seen == GEN_SEEN_PROXY_V1 || seen == GEN_SEEN_PROXY_V2))
		end->gen->traffic.proxy_bad++;
	count_session(end->gen, &c->server, true);
}

const struct app server_app = {
	.accepts = server_accepts,
	.opened = server_opened,
	.received = server_received,
	.write = reply_write,
	.acked = reply_acked,
	.woken = server_woken,
	.peer_closed = server_peer_closed,
	.gone = server_gone,
};
