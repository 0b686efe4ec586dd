/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_REPLY_H
#define MX_GEN_REPLY_H

/* A server's replies.  A connection stores which replies are not acked yet.  It
 * does not store their text, since the text of a reply is always the same. */
#include "run.h"

enum reply {
	REPLY_GREETING,
	REPLY_BUSY,
	REPLY_EHLO,
	REPLY_OK,
	REPLY_GO_ON,
	REPLY_BYE,
	REPLY_LATER,
	REPLY_NEVER,
	REPLY_NO_RECIPIENT,
	REPLY_UNKNOWN,
};

/* Send a reply, now or after the wanted delay.  At most CONN_REPLIES may be
 * under way. */
void reply_say(struct end *end, struct conn *c, enum reply reply);

/* Forget the replies that are acked. */
void reply_acked(struct end *end, struct conn *c);

void reply_write(struct end *end, const struct conn *c, uint8_t *out,
		 uint32_t offset, uint32_t bytes);

#endif /* MX_GEN_REPLY_H */
