/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PLACE_H
#define MX_PLACE_H

/* A grammar says which arguments a command takes.  It is the text that help
 * shows:
 *
 *   word            typed as it is; such a word has no upper-case letter
 *   VALUE           a value of that kind (kind.h)
 *   a|b|VALUE       one of these
 *   [a VALUE]       may be left out.  Groups that follow each other may come in
 *                   any order, each once.  A group begins with a word or a
 *                   value, and may contain other groups.
 *   VALUE...        the rest of the line; so are some kinds of values
 *
 * A place is a position in a grammar: what has been read, and what may follow.
 * Threads    any. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A set of tokens is a bit mask. */
#define PLACE_TOKENS_MAX 64

struct place_token {
	enum place_kind { PLACE_WORD, PLACE_OPEN, PLACE_CLOSE } kind;
	const char *text; /* in the grammar */
	uint8_t length;
	uint8_t partner; /* the other bracket */
};

struct place {
	struct place_token token[PLACE_TOKENS_MAX];
	uint8_t tokens;
	uint8_t at;    /* the first token that is not read */
	uint64_t used; /* the groups that are read: their opening brackets */
};

/* The beginning of a grammar, which must live as long as the place.  Returns
 * false if the grammar is malformed or has too many tokens. */
bool place_begin(struct place *place, const char *grammar);

/* The set of tokens that may come next.  *end: the line may end here. */
uint64_t place_next(const struct place *place, bool *end);

/* Read a token of that set. */
void place_take(struct place *place, uint8_t token);

/* One alternative of a token. */
struct place_word {
	const char *text; /* in the grammar, without any "..." */
	size_t length;
	bool value; /* its text is the name of a kind */
	bool rest;  /* its value is the rest of the line */
};

/* Go through the alternatives of a token: *at is 0 at the beginning.  Returns
 * false behind the last one. */
bool place_alternative(const struct place_token *token, size_t *at,
		       struct place_word *word);

#endif /* MX_PLACE_H */
