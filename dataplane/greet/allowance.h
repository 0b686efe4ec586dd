/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ALLOWANCE_H
#define MX_ALLOWANCE_H

/* How many answers clients without a session get in a second: texts, and resets
 * for want of room.
 *
 * A text goes to an address that is proven.  A reset may answer a SYN with a
 * forged address: it is no longer than the SYN, and the host that has the
 * address gets a few of them, and no more.  So each kind has an allowance of its
 * own, and forged SYNs take no text from the client whose address they have.
 *
 * Shape      ALLOWANCE_CLIENTS rows of 4 bytes.  A client has one row, by its
 *            hash; clients whose hashes are equal share the row.
 * Threads    the worker's own. */
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "hash.h"

/* A worker sends so many answers of each kind in a second at most: it has time
 * for them beside its mail. */
#define ALLOWANCE_A_SECOND 1000000

/* One client gets so many answers of each kind in a second at most.  A client is
 * an IPv4 address, or an IPv6 prefix of so many bits. */
#define ALLOWANCE_CLIENT_A_SECOND 10
#define ALLOWANCE_CLIENT6_BITS 64
#define ALLOWANCE_CLIENTS (1u << 18)

enum allowance_kind { ALLOWANCE_TEXT, ALLOWANCE_RESET, ALLOWANCE_KINDS };

struct allowance_client {
	uint16_t second; /* in which these were sent; the low bits */
	uint8_t sent[ALLOWANCE_KINDS];
};

struct allowance {
	struct allowance_client *client;
	struct mx_hash_key key;
	uint32_t second_s; /* in which these were sent */
	uint32_t sent[ALLOWANCE_KINDS];
};

/* allowance_free() frees it.  Returns 0 or -ENOMEM. */
int allowance_make(struct allowance *allowance);
void allowance_free(struct allowance *allowance);

/* Take one answer of a client's allowance.  Returns false if there is none left
 * in this second. */
bool allowance_take(struct allowance *allowance, const struct mx_addr *client,
		    enum allowance_kind kind, uint32_t now_s);

#endif /* MX_ALLOWANCE_H */
