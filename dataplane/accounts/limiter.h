/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LIMITER_H
#define MX_LIMITER_H

/* What a worker counts its clients with: the table of all workers, and beside
 * each session the entries that count it.
 *
 * Threads    make, free: main.  limiter_of: the worker's own. */
#include "clients.h"
#include "worker.h"

/* The entries that count a session; CLIENTS_NONE: none does. */
struct limit_place {
	uint32_t address;
	uint32_t prefix;
};

struct limiter {
	struct clients *clients;   /* of all workers */
	struct limit_place *place; /* of each session of the worker's table */
	uint32_t sessions;
};

/* Make the table of clients, and what each worker needs for it, before a plan
 * that has limits is in force.  What is there already stays.
 * Returns 0, or -ENOMEM with nothing made. */
int limiters_make(struct worker *const *worker, uint16_t workers);
void limiters_free(struct worker *const *worker, uint16_t workers);

/* NULL: no plan has had limits yet. */
static inline struct limiter *
limiter_of(const struct worker *w)
{
	/* Acquire: with the pointer the table is visible. */
	return atomic_load_explicit(&w->limiter, memory_order_acquire);
}

#endif /* MX_LIMITER_H */
