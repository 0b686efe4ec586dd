/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_OWNED_H
#define MX_TABLES_OWNED_H

/* The addresses that mxsteer owns, and the meaning of a packet sent to one of
 * them.
 *
 * One open-addressed hash table answers three questions: is (address, port) a
 * VIP of some service; is the address a local (SNAT) address, so that the
 * packet is a reply; does mxsteer own the address at all (ARP, ND, echo).  A
 * VIP is entered under its port; every owned address is entered once more under
 * port 0.  Backends of nat services are looked up as senders; mxsteer does not
 * own them.  The other backends are entered so that no client can open a
 * session with the address of one.
 *
 * Other boxes of the group (peers) have local addresses too.  They are entered,
 * since packets of their sessions may come here.
 *
 * Shape      8192 slots of 24 bytes in the plan, at most a third in use: a
 *            look-up ends after a slot or two.
 * Threads    add: one writer, on memory no worker can see.  find: any. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "bounds.h"

enum mx_owned_kind {
	MX_OWNED_NOT,     /* not owned; zero, as in an empty slot */
	MX_OWNED_VIP,     /* (address, port) of a service; index: service id */
	MX_OWNED_SNAT,    /* port 0: a local address; index: mx_plan.snat */
	MX_OWNED_ADDRESS, /* port 0: address of a VIP, with any port; see
			   * first_be */
	MX_OWNED_SERVER,  /* (address, port) of a backend whose replies mxsteer
			   * forwards under the backend's own address (nat) */
	MX_OWNED_RETIRED, /* like MX_OWNED_VIP, but left the configuration: it
			   * keeps its sessions and takes no new ones */
	MX_OWNED_BACKEND, /* (address, port) of any other backend: never a
			   * client */
	MX_OWNED_KINDS,
};

struct mx_owned {
	struct mx_addr addr;
	uint16_t port_be;
	uint16_t index;
	uint8_t kind; /* enum mx_owned_kind */
	/* MX_OWNED_SNAT: a peer's address, or one that was, while the peer has it.
	 * MX_OWNED_ADDRESS: another box has the role of answering for it.
	 * Its frames are taken, but nobody is told that it is here: no ARP, ND,
	 * echo, announcement. */
	uint8_t quiet;
	/* MX_OWNED_ADDRESS: the port whose service `index` is, or 0.  Most
	 * addresses have only this port, and then one look-up is enough. */
	uint16_t first_be;
};
static_assert(sizeof(struct mx_owned) == 24, "no padding");

/* The most entries; a backend has one. */
#define MX_OWNED_MAX (2 * MX_VIPS_MAX + MX_SNATS_MAX + MX_BACKENDS_MAX)
#define MX_OWNED_SLOTS 8192u
static_assert(MX_OWNED_SLOTS >= 3 * MX_OWNED_MAX, "probing must stay short");

struct mx_owned_table {
	uint16_t count;
	struct mx_owned slot[MX_OWNED_SLOTS];
};

/* Enter an address.  The row of a VIP's address (port 0) is entered before its
 * VIPs, and notes the first of them.  Returns 0; -EEXIST if (addr, port) is in
 * the table already, with nothing changed; -ENOSPC if the table is full. */
int mx_owned_add(struct mx_owned_table *table, const struct mx_owned *row);

static inline uint32_t
mx_owned_slot(uint64_t low, uint64_t high, uint16_t port_be)
{
	uint64_t mixed = (low ^ high * 0x9e3779b97f4a7c15u) + port_be;
	mixed *= 0xd6e8feb86659fd93u;
	return (uint32_t)(mixed >> 51) & (MX_OWNED_SLOTS - 1);
}

/* The row of (addr, port), or a row of kind MX_OWNED_NOT. */
static inline const struct mx_owned *
mx_owned_find(const struct mx_owned_table *table, const struct mx_addr *addr,
	      uint16_t port_be)
{
	uint64_t half[2];
	memcpy(half, addr, sizeof(half));

	/* The bound ends the loop even if a faulty table has no free slot. */
	uint32_t at = mx_owned_slot(half[0], half[1], port_be);
	for (uint32_t step = 0; step < MX_OWNED_SLOTS; step++) {
		const struct mx_owned *row = &table->slot[at];
		if (row->kind == MX_OWNED_NOT ||
		    (row->port_be == port_be &&
		     mx_addr_equal(&row->addr, addr)))
			return row;
		at = (at + 1) & (MX_OWNED_SLOTS - 1);
	}
	return &table->slot[at]; /* unreachable while a slot is free */
}

static inline const struct mx_owned *
mx_owned_find4(const struct mx_owned_table *table, uint32_t ip_be,
	       uint16_t port_be)
{
	const struct mx_addr addr = mx_addr_from4(ip_be);
	return mx_owned_find(table, &addr, port_be);
}

/* Does mxsteer say of the address that it is here? */
static inline bool
mx_owned_is_told(const struct mx_owned *row)
{
	return row->kind != MX_OWNED_NOT && !row->quiet;
}

/* Is it (address, port) of a service, retired or not? */
static inline bool
mx_owned_has_service(const struct mx_owned *row)
{
	return row->kind == MX_OWNED_VIP || row->kind == MX_OWNED_RETIRED;
}

#define MX_SERVICE_NONE UINT16_MAX

/* The service at a port of an address whose row (port 0) is known, or
 * MX_SERVICE_NONE. */
static inline uint16_t
mx_owned_service(const struct mx_owned_table *table,
		 const struct mx_owned *address, uint16_t port_be)
{
	if (address->first_be == port_be)
		return address->index;
	const struct mx_owned *row =
		mx_owned_find(table, &address->addr, port_be);
	return mx_owned_has_service(row) ? row->index : MX_SERVICE_NONE;
}

#endif /* MX_TABLES_OWNED_H */
