/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ORDER_H
#define MX_ORDER_H

/* Rows in the order that a person wants at a terminal: trouble first.  Programs
 * get them in the order of the file.
 * Threads    the event loop. */
#include <jansson.h>

#define ORDER_WORST 2

/* Move rows of the highest badness, 0 to ORDER_WORST, to the front; equal ones
 * stay in their order. */
void order_worst_first(json_t *rows, int (*badness)(const json_t *row));

/* By the word of the key "state": see style.h. */
int order_by_state(const json_t *row);

#endif /* MX_ORDER_H */
