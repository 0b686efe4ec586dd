/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLYLINE_H
#define MX_REPLYLINE_H

/* The line that a balancer gets.
 *
 *   [ready|drain|maint ]up NN%[ # why]\n
 *
 * HAProxy keeps one admin state, and who writes last wins: an agent that says
 * `ready` for ever undoes each drain of an operator.  So `ready` is said only to
 * lift what this agent has said before: in the first REPLY_READY replies to an
 * address since the agent left drain or maint, or has started.  An address that
 * was not told drain or maint hears it for REPLY_READY_MS at most; one that was,
 * hears it however seldom it asks.
 *
 * Shape      a row for each address that asks; the longest unheard one gives way.
 * Threads    one. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLY_READY 10
#define REPLY_READY_MS (10 * 60 * 1000)
#define REPLY_ASKERS_MAX 64
#define REPLY_LINE_MAX 256
#define REPLY_TEXT_MAX 128

enum admin { ADMIN_IS_READY, ADMIN_IS_DRAIN, ADMIN_IS_MAINT, ADMINS };

/* An address that has asked: IPv6, or IPv4 mapped into it. */
struct reply_asker {
	uint8_t address[16];
	uint32_t
		round; /* the replies are counted since the start of this one */
	uint32_t replies;
	bool told_out;     /* drain or maint, and not yet ready often enough */
	uint64_t heard_ms; /* 0: the row is free */
};

struct replies {
	enum admin admin;
	uint32_t round; /* grows when the agent leaves drain or maint */
	uint64_t round_ms;
	struct reply_asker asker[REPLY_ASKERS_MAX];
};

void replies_begin(struct replies *replies, uint64_t now_ms);

/* The admin state from now on. */
void replies_set(struct replies *replies, enum admin admin, uint64_t now_ms);

/* Write the line for an asker, and count it.  text: why; may be "".  Returns its
 * length. */
size_t reply_write(struct replies *replies, const uint8_t address[16],
		   uint64_t now_ms, uint16_t percent, const char *text,
		   char line[static REPLY_LINE_MAX]);

/* The line while the admin state is not known.  It has no word of that kind, so
 * what a balancer was told before goes on.  Returns its length. */
size_t reply_write_unknown(uint16_t percent, const char *text,
			   char line[static REPLY_LINE_MAX]);

const char *admin_word(enum admin admin);

#endif /* MX_REPLYLINE_H */
