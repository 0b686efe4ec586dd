/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ARGUMENTS_H
#define MX_ARGUMENTS_H

/* The arguments of a command, read by its grammar (place.h).
 * Threads    any. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARGUMENTS_MAX 16
#define ARGUMENTS_WHY_MAX 1024
#define ARGUMENTS_SHORT_MAX 128

struct argument {
	const char *before; /* in the grammar, from the literal before it */
	const char *slot;   /* in the grammar: all alternatives */
	const char *name;   /* in the grammar: the one that was typed */
	uint8_t slot_length;
	uint8_t name_length;
	uint16_t length; /* of the word of the line; 0: value is in `whole` */
	const char *value;
};

struct arguments {
	uint8_t count;
	struct argument list[ARGUMENTS_MAX];
	/* the whole literals of those that were abbreviated */
	char whole[ARGUMENTS_SHORT_MAX];
	uint8_t whole_length;
};

/* Read text, which ends in no blank, as arguments of that grammar.  The words of
 * the text are terminated in place, and must live as long as *found.
 * abbreviated: a literal may be abbreviated where no value fits the word.
 * Returns false if the text does not fit the grammar, with which word is wrong
 * and what was expected there in why. */
bool arguments_parse(const char *grammar, bool abbreviated, char *text,
		     struct arguments *found, char why[ARGUMENTS_WHY_MAX]);

/* What was typed for that part of the grammar, or NULL if it was left out.
 * name is one of these:
 *   "PREFIX"       the value
 *   "packets N"    the value behind that literal, where others have the same kind
 *   "from"         the literal itself
 *   "up|down"      whichever of them was typed */
const char *arguments_get(const struct arguments *found, const char *name);

/* Was that part typed? */
bool arguments_has(const struct arguments *found, const char *name);

/* What may come next. */
struct arguments_next {
	const char *text; /* in the grammar */
	size_t length;
	bool value; /* text names a kind */
};

/* List what may follow the complete words of the text.  *end: the line may end
 * there.  Returns how many there are in next: 0 if the text does not fit the
 * grammar, or nothing may follow. */
size_t arguments_next(const char *grammar, const char *text, size_t length,
		      struct arguments_next next[ARGUMENTS_MAX], bool *end);

#endif /* MX_ARGUMENTS_H */
