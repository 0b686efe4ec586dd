/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOGGER_CHANGELINE_H
#define MX_LOGGER_CHANGELINE_H

/* The line of a change: an event of the control plane, in the words of `show
 * events`.
 *
 *   time=2026-11-28T21:42:53.000Z event=change id=5f3a9c21.32.7 level=info
 *   source=operator subject="backend mx/mta1" before=ready after=drain ...
 *
 * Threads    main. */
#include <stdio.h>

#include "changed.h"
#include "logsheet.h"
#include "text.h"

/* The ring of changes has the number behind those of all workers. */
#define CHANGELINE_RING MX_WORKERS_MAX

/* identity: of the ring. */
void changeline_put(struct text *text, enum logsheet_format format,
		    uint32_t identity, const struct mx_changed *changed);

/* Print the table of keys. */
void changeline_keys(FILE *out);

#endif /* MX_LOGGER_CHANGELINE_H */
