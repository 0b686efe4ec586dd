/* SPDX-License-Identifier: BSD-3-Clause */
#include "reply.h"

#include "random.h"
#include "tcp.h"

static const struct {
	const char *text;
	uint16_t bytes;
} replies[] = {
#define REPLY(text)                                                            \
	{                                                                      \
		text, sizeof(text) - 1                                         \
	}
	/* clang-format off */
	[REPLY_GREETING] = REPLY("220 server.example ESMTP mxsteer-gen\r\n"),
	[REPLY_BUSY] = REPLY("421 4.3.2 server.example is busy\r\n"),
	[REPLY_EHLO] = REPLY("250-server.example\r\n250-PIPELINING\r\n"
			     "250-SIZE 16777215\r\n250 8BITMIME\r\n"),
	[REPLY_OK] = REPLY("250 2.0.0 Ok\r\n"),
	[REPLY_GO_ON] = REPLY("354 End with CR LF . CR LF\r\n"),
	[REPLY_BYE] = REPLY("221 2.0.0 Bye\r\n"),
	[REPLY_LATER] = REPLY("450 4.2.0 Try again later\r\n"),
	[REPLY_NEVER] = REPLY("550 5.7.1 Not wanted\r\n"),
	[REPLY_NO_RECIPIENT] = REPLY("554 5.5.1 No valid recipients\r\n"),
	[REPLY_UNKNOWN] = REPLY("500 5.5.2 Unknown command\r\n"),
	/* clang-format on */
};

/* -- saying -----------------------------------------------------------------
 */

void
reply_say(struct end *end, struct conn *c, enum reply reply)
{
	struct gen *gen = end->gen;
	const struct gen_behaviour *behaviour = &gen->options.behaviour;
	struct conn_server *server = &c->server;
	const uint16_t bytes = replies[reply].bytes;

	if (server->reply_count == 0)
		c->text_seq = c->end;
	server->reply[server->reply_count++] = (uint8_t)reply;
	if (behaviour->delay_high_ms == 0) {
		c->end += bytes;
		return;
	}
	server->owed = (uint16_t)(server->owed + bytes);
	if (c->wake_due == 0)
		tcp_wake_at(
			end, c,
			end->tick +
				gen_ticks(gen,
					  random_between(
						  &gen->random,
						  behaviour->delay_low_ms,
						  behaviour->delay_high_ms)));
}

void
reply_acked(struct end *end, struct conn *c)
{
	struct conn_server *server = &c->server;
	uint8_t done = 0;

	(void)end;
	while (done < server->reply_count) {
		const uint32_t after =
			c->text_seq + replies[server->reply[done]].bytes;
		if (tcp_before(c->una, after))
			break;
		c->text_seq = after;
		done++;
	}
	server->reply_count = (uint8_t)(server->reply_count - done);
	memmove(server->reply, server->reply + done, server->reply_count);
}

void
reply_write(struct end *end, const struct conn *c, uint8_t *out,
	    uint32_t offset, uint32_t bytes)
{
	(void)end;
	for (uint8_t i = 0; i < c->server.reply_count && bytes > 0; i++) {
		const uint32_t have = replies[c->server.reply[i]].bytes;

		if (offset >= have) {
			offset -= have;
			continue;
		}
		const uint32_t part =
			have - offset < bytes ? have - offset : bytes;
		memcpy(out, replies[c->server.reply[i]].text + offset, part);
		out += part;
		bytes -= part;
		offset = 0;
	}
}
