/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CLIENTROWS_H
#define MX_CLIENTROWS_H

/* Clients and what is known of each, found by service and address.
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"

/* A client: the addresses that begin with the first bits of `addr`, at one
 * service. */
struct client_id {
	struct mx_addr addr; /* the other bits are zero */
	uint8_t bits;        /* of 128 */
	uint8_t service;
};

struct client_row {
	struct client_id id;
	bool used;
	uint32_t sessions; /* now */
	uint32_t recent;   /* of those and of ended ones: begun in 10 s */
	uint64_t refused;
	uint64_t early;     /* sessions in which it spoke before its greeting */
	uint32_t noticed_s; /* either, the last time; CLOCK_MONOTONIC */
};

/* Room for the clients of a report, and as much again. */
#define CLIENT_ROWS 16384u

struct client_rows {
	uint32_t count;
	struct client_row row[CLIENT_ROWS];
};

/* A hash of a client.  Whoever chooses addresses that meet here makes one
 * report of his own clients slower. */
uint64_t client_hash(const struct client_id *id);

/* The row of a client, or NULL if it has none. */
struct client_row *client_rows_find(struct client_rows *rows,
				    const struct client_id *id);

/* The row of a client, made if need be; NULL if there is no room. */
struct client_row *client_rows_get(struct client_rows *rows,
				   const struct client_id *id);

#endif /* MX_CLIENTROWS_H */
