/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SHOWWISHES_H
#define MX_SHOWWISHES_H

/* show wishes: whatever somebody has put beside the file: operators by command,
 * agents of backends, and rules for clients.
 * Threads    the event loop. */
#include "reports.h"

struct backend;

extern const struct report report_wishes;

/* Add what an operator wishes of a backend to the backend's row: a list of
 * {wish, what, by, since_s, reason, until_s, left_s}. */
void wishes_set(json_t *row, const struct backend *b);

/* Print that list as a table below other text, if there is any in it. */
void wishes_print(FILE *out, json_t *wishes, const struct table_style *style);

#endif /* MX_SHOWWISHES_H */
