/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLAINLIST_H
#define PLAINLIST_H

/* A plain list of random prefixes, and the deny table that is made of it. */
#include <stdbool.h>
#include <stdint.h>

#include "denybuild.h"

#define PLAIN_PREFIXES 400

struct plain {
	struct mx_deny_key at;
	uint32_t bits;
	bool denied;
};

extern struct plain plain[PLAIN_PREFIXES];
extern uint32_t plains; /* how many there are */

extern const struct mx_hash_key plain_key;

/* What the next numbers follow from. */
extern uint64_t plain_seed;
uint64_t plain_draw(void);

/* Clear what is behind the first bits. */
struct mx_deny_key plain_cut(struct mx_deny_key at, uint32_t bits);

/* An address near others: its bytes have few values. */
struct mx_deny_key plain_near(enum mx_deny_family family);

struct mx_addr plain_addr(const struct mx_deny_key *at);

/* Draw all prefixes anew. */
void plain_draw_list(enum mx_deny_family family);

/* The table of the list; its check has passed. */
struct mx_deny_table *plain_build(enum mx_deny_mode mode);

#endif /* PLAINLIST_H */
