/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_HAZARD_H
#define MX_HAZARD_H

/* Hazards: properties of this machine that hinder mail, and what mends each.
 * Threads    pure data: its owner's. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define HAZARDS_MAX 64 /* hazards that are kept */
#define HAZARD_TEXT_MAX 256
#define HAZARD_MEND_MAX 224
#define HAZARD_LINE_MAX (HAZARD_TEXT_MAX + HAZARD_MEND_MAX + 2)

struct hazard {
	bool stops_mail; /* false: the hazard may stop or slow mail */
	/* ASCII that can be printed.  Other bytes of names that a program gave
	 * itself are '?', so that they harm neither a terminal nor JSON. */
	char text[HAZARD_TEXT_MAX];
	/* A command in `...`, or a step in words; "" if the text says it. */
	char mend[HAZARD_MEND_MAX];
};

struct hazards {
	uint32_t count; /* at most HAZARDS_MAX */
	/* Found and not kept: none that stops mail as long as the list has one
	 * that does not. */
	uint32_t left_out;
	struct hazard list[HAZARDS_MAX];
};

/* Add a hazard, unless the list has it.  In a full list, one that stops mail
 * takes the place of one that does not.  Returns the new row, or NULL. */
struct hazard *hazards_add(struct hazards *hazards, bool stops_mail,
			   const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Say what mends a hazard.  hazard: what hazards_add() returned. */
void hazard_mend(struct hazard *hazard, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* "TEXT: MEND", or "TEXT".  Returns line. */
const char *hazard_line(const struct hazard *hazard,
			char line[static HAZARD_LINE_MAX]);

/* Does any hazard stop mail? */
bool hazards_stop_mail(const struct hazards *hazards);

/* Print all hazards for a person: those that stop mail first, each with what
 * mends it on a line of its own.  The last line counts them and begins with
 * `name`. */
void hazards_print(const struct hazards *hazards, const char *name, FILE *out);

/* Log each hazard that only `now` has, and each that only `before` has. */
void hazards_log_news(const struct hazards *before, const struct hazards *now);

#endif /* MX_HAZARD_H */
