/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WEBTEXT_H
#define MX_WEBTEXT_H

/* The text of a page.  All who ask within WEBTEXT_KEPT_MS get the same one, so
 * that many readers cost no more than one.  It is freed when the last of them has
 * read it.
 * Threads    the event loop. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct evbuffer;

#define WEBTEXT_KEPT_MS 1000

struct webtext {
	uint32_t users;
	uint64_t made_ms;
	int status; /* of HTTP */
	FILE *out;  /* NULL: it is written */
	char *text;
	size_t size;
};

/* A text that is written to text->out, and has the caller as its one user.
 * Returns NULL if there is no memory. */
struct webtext *webtext_new(void);

/* It is written.  Returns text; or NULL, without the text, if there was no
 * memory for all of it. */
struct webtext *webtext_finish(struct webtext *text, int status);

/* NULL is allowed. */
void webtext_leave(struct webtext *text);

bool webtext_is_fresh(const struct webtext *text);

/* Add it to a buffer, which is another user of it.  Returns 0 or -ENOMEM. */
int webtext_add(struct webtext *text, struct evbuffer *to);

#endif /* MX_WEBTEXT_H */
