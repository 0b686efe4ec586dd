/* SPDX-License-Identifier: BSD-3-Clause */
#include "replyline.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char *const words[] = {
	[ADMIN_IS_READY] = "ready",
	[ADMIN_IS_DRAIN] = "drain",
	[ADMIN_IS_MAINT] = "maint",
};
static_assert(sizeof(words) / sizeof(words[0]) == ADMINS,
	      "one word for each state");

const char *
admin_word(enum admin admin)
{
	assert(admin < ADMINS);
	return words[admin];
}

void
replies_begin(struct replies *replies, uint64_t now_ms)
{
	memset(replies, 0, sizeof(*replies));
	replies->round = 1;
	replies->round_ms = now_ms;
}

void
replies_set(struct replies *replies, enum admin admin, uint64_t now_ms)
{
	if (replies->admin == admin)
		return;
	if (admin == ADMIN_IS_READY) {
		replies->round++;
		replies->round_ms = now_ms;
	}
	replies->admin = admin;
}

/* The row of an address: its own, or a free one, or the one that was heard the
 * longest time ago. */
static struct reply_asker *
find(struct replies *replies, const uint8_t address[16])
{
	struct reply_asker *place = &replies->asker[0];

	for (int i = 0; i < REPLY_ASKERS_MAX; i++) {
		struct reply_asker *asker = &replies->asker[i];

		if (asker->heard_ms != 0 &&
		    memcmp(asker->address, address, 16) == 0)
			return asker;
		if (asker->heard_ms < place->heard_ms)
			place = asker;
	}
	memset(place, 0, sizeof(*place));
	memcpy(place->address, address, 16);
	return place;
}

/* Is this one of the replies that say `ready`? */
static bool
is_early(const struct replies *replies, const struct reply_asker *asker,
	 uint64_t now_ms)
{
	return asker->replies < REPLY_READY &&
	       (asker->told_out || now_ms - replies->round_ms < REPLY_READY_MS);
}

static size_t
write_line(char line[static REPLY_LINE_MAX], const char *word, uint16_t percent,
	   const char *text)
{
	return (size_t)snprintf(line, REPLY_LINE_MAX, "%s%sup %u%%%s%.*s\n",
				word, word[0] != '\0' ? " " : "", percent,
				text[0] != '\0' ? " # " : "", REPLY_TEXT_MAX,
				text);
}

size_t
reply_write(struct replies *replies, const uint8_t address[16], uint64_t now_ms,
	    uint16_t percent, const char *text,
	    char line[static REPLY_LINE_MAX])
{
	struct reply_asker *asker = find(replies, address);
	const char *word = "";

	if (asker->round != replies->round) {
		asker->round = replies->round;
		asker->replies = 0;
	}
	if (replies->admin != ADMIN_IS_READY ||
	    is_early(replies, asker, now_ms))
		word = admin_word(replies->admin);
	asker->heard_ms = now_ms == 0 ? 1 : now_ms;
	if (asker->replies < REPLY_READY)
		asker->replies++;
	if (replies->admin != ADMIN_IS_READY)
		asker->told_out = true;
	else if (asker->replies == REPLY_READY)
		asker->told_out = false;
	return write_line(line, word, percent, text);
}

size_t
reply_write_unknown(uint16_t percent, const char *text,
		    char line[static REPLY_LINE_MAX])
{
	return write_line(line, "", percent, text);
}
