/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_REPLY_H
#define MX_GEN_REPLY_H

/* What a server says.  A connection remembers which replies are not acked yet,
 * not their text: that is always the same. */
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

/* Say it, now or after the delay that is wanted; at most CONN_REPLIES may be
 * under way. */
void reply_say(struct end *end, struct conn *c, enum reply reply);

/* What is acked need not be said again. */
void reply_acked(struct end *end, struct conn *c);

void reply_write(struct end *end, const struct conn *c, uint8_t *out,
		 uint32_t offset, uint32_t bytes);

#endif /* MX_GEN_REPLY_H */
