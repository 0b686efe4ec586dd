/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_NOTEJSON_H
#define MX_NOTEJSON_H

/* The note of a wish, as the state file has it.
 * Threads    any. */
#include <jansson.h>

#include "settings.h"

json_t *note_encode(const struct wish_note *note);

/* Read a note.  same_start: see deadline.h.  Returns false, and *note is of no
 * use, if the row is none. */
bool note_decode(json_t *row, bool same_start, const struct moment *now,
		 struct wish_note *note);

#endif /* MX_NOTEJSON_H */
