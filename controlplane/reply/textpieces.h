/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TEXTPIECES_H
#define MX_TEXTPIECES_H

/* The text of a report whose table is long, written in pieces of some ms, between
 * which the event loop does other things.
 *
 * Shape      what report_slices.head() prints, the first table of the report, and
 *            what foot() prints; or the columns that were chosen, alone.  Each
 *            row is freed as soon as it is written.
 * Threads    the event loop. */
#include <jansson.h>
#include <stdbool.h>

#include "columns.h"
#include "reports.h"

/* No piece takes longer, but for some rows. */
#define TEXT_PIECE_MS 3

struct text_pieces;

/* Begin.  data is given away.  Returns NULL, with the reason in why, if the style
 * chooses columns that there are not; or with none if there is no memory. */
struct text_pieces *text_pieces_new(const struct report *report, json_t *data,
				    const struct table_style *style,
				    char why[static COLUMNS_WHY_MAX]);

/* Write on.  Returns false when all is written. */
bool text_pieces_more(struct text_pieces *pieces);

/* Free it.  Returns what is written, which the caller frees; NULL: there was no
 * memory. */
char *text_pieces_end(struct text_pieces *pieces);

#endif /* MX_TEXTPIECES_H */
