/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_OVERRIDEJSON_H
#define MX_OVERRIDEJSON_H

/* An override with its notes, as the state file has them: keys of a backend's row.
 * Threads    any. */
#include <jansson.h>

#include "settings.h"

/* Add the keys of an override to a row. */
void override_encode(json_t *row, const struct override *override);

/* Read them.  Earlier versions write no notes.  same_start: see deadline.h.
 * Returns false, and *override is of no use, if they are not such keys. */
bool override_decode(json_t *row, bool same_start, const struct moment *now,
		     struct override *override);

#endif /* MX_OVERRIDEJSON_H */
