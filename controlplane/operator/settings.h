/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SETTINGS_H
#define MX_SETTINGS_H

/* The operator's wishes for a backend: they take precedence over the file.
 * override.h has the functions that write them.
 *
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#include "deadline.h"
#include "remark.h"
#include "weight.h"

/* What an operator may wish, each for itself. */
enum wish_kind {
	WISH_ADMIN, /* drain or maint */
	WISH_WEIGHT,
	WISH_AGENT, /* its agent does not count */
	WISH_KINDS,
};

#define NOTE_WHO_MAX 128

/* Who wished it, since when, why, and until when. */
struct wish_note {
	char who[NOTE_WHO_MAX];       /* "alice (uid 1000)"; "": not known */
	char reason[REMARK_TEXT_MAX]; /* "": none was given */
	int64_t since_s;              /* CLOCK_REALTIME; 0: not known */
	struct deadline until;
};

struct override {
	enum admin_state admin;
	bool end_sessions; /* ADMIN_DRAIN: its sessions end behind their mails */
	bool weight_set;   /* weight replaces the one of the file */
	uint16_t weight;
	bool agent_ignored; /* what its agent says does not count */
	/* [kind] is zeroed where nothing is wished. */
	struct wish_note note[WISH_KINDS];
};

/* Does the operator wish something of this kind? */
bool override_wishes(const struct override *override, enum wish_kind kind);

/* Take the wish of a kind away, with its note. */
void override_drop(struct override *override, enum wish_kind kind);

/* The word of a kind: "admin", "weight", "agent". */
const char *wish_name(enum wish_kind kind);

#define OVERRIDE_TEXT_MAX 32

/* Write what is wished: "drain, sessions end", "weight 7", "agent ignored".  The
 * kind is wished.  Returns text. */
const char *override_text(const struct override *override, enum wish_kind kind,
			  char text[static OVERRIDE_TEXT_MAX]);

#define NOTE_TEXT_MAX (NOTE_WHO_MAX + REMARK_TEXT_MAX + 64)

/* Write the note as it is now: "kernel upgrade, alice (uid 1000), 1h20m left".
 * What is not known is left out.  Returns text. */
const char *note_text(const struct wish_note *note, const struct moment *now,
		      char text[static NOTE_TEXT_MAX]);

/* Write why and for how long, as it was wished: "kernel upgrade, for 2h0m".
 * Returns text. */
const char *note_why(const struct wish_note *note,
		     char text[static NOTE_TEXT_MAX]);

#endif /* MX_SETTINGS_H */
