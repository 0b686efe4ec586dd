/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_JSONPIECES_H
#define MX_JSONPIECES_H

/* A long JSON answer, written in pieces of some ms, between which the event loop
 * does other things.  The text is that of json_dumps() with JSON_COMPACT.
 *
 * Shape      an object, of whose values some are long lists.  Each row of a list is
 *            freed as soon as it is written.
 * Threads    the event loop. */
#include <jansson.h>
#include <stdbool.h>

/* No piece takes longer, but for one row. */
#define JSON_PIECE_MS 3

struct json_pieces;

/* Begin.  data is given away.  Returns NULL if there is no memory, or data is no
 * object. */
struct json_pieces *json_pieces_new(json_t *data);

/* Write on.  Returns false when all is written. */
bool json_pieces_more(struct json_pieces *pieces);

/* Free it.  Returns what is written, which the caller frees; NULL: there was no
 * memory. */
char *json_pieces_end(struct json_pieces *pieces);

#endif /* MX_JSONPIECES_H */
