/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_KIND_H
#define MX_KIND_H

/* The kinds of values that commands take, such as POOL/BACKEND or PREFIX.  A
 * grammar (place.h) names a kind by its upper-case name.
 *
 * A kind tells only whether a word has the right form, so that it is taken for
 * the right value.  The command itself checks the value.
 * Threads    any. */
#include <stdbool.h>
#include <stddef.h>

struct kind {
	const char *name;
	const char *meaning; /* for help */
	const char *example;
	bool (*fits)(const char *word, size_t length);
	bool rest; /* the value is the rest of the line, with its blanks */
};

/* The kind of that name, without any "..." behind it; NULL if no row describes
 * it.  A value of such a kind is any word. */
const struct kind *kind_find(const char *name, size_t length);

/* Can the word be a value of that kind?  kind: NULL fits any word. */
bool kind_fits(const struct kind *kind, const char *word, size_t length);

#endif /* MX_KIND_H */
