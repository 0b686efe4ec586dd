/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_END_H
#define MX_GEN_END_H

/* One end of the wire: a port, its connections, and the app that uses them.
 *
 * The app (client.c, server.c) sends by moving `end` of a connection.  It
 * writes the bytes when TCP asks for them, and writes them again for a
 * retransmission.  So no connection has a buffer. */
#include "conn.h"
#include "link.h"
#include "neighbour.h"
#include "wheel.h"

struct end;
struct gen;

/* Why a connection ended. */
enum end_why { END_CLOSED, END_RESET, END_TIMEOUT, END_REPLACED };

struct app {
	/* A SYN came that fits no connection: accept it or not.  The
	 * connection's addresses are set. */
	bool (*accepts)(struct end *end, struct conn *c,
			const struct rte_ether_addr *to);
	void (*opened)(struct end *end, struct conn *c);
	/* Returns how many bytes are consumed; the rest is received again. */
	uint32_t (*received)(struct end *end, struct conn *c,
			     const uint8_t *data, uint32_t bytes);
	/* Write the bytes [offset, offset + bytes) of the text at text_seq. */
	void (*write)(struct end *end, const struct conn *c, uint8_t *out,
		      uint32_t offset, uint32_t bytes);
	void (*acked)(struct end *end, struct conn *c); /* may be NULL */
	void (*woken)(struct end *end, struct conn *c); /* wake_due has come */
	void (*peer_closed)(struct end *end, struct conn *c);
	void (*gone)(struct end *end, struct conn *c, enum end_why why);
};

struct end {
	const struct app *app;
	struct gen *gen;
	uint64_t now_tsc;
	uint32_t tick;
	uint32_t silence_ticks; /* until a connection is given up */
	uint32_t resend_ticks;
	uint16_t mtu;
	struct rte_ether_addr mac;
	struct link link;
	struct conns conns;
	struct neighbours hops;
	neighbour_owns *owns;
	struct gen_wire count;
	struct wheel wheel;
};

/* The MAC address of a connection's own end: the hosts of an end count
 * upwards. */
static inline struct rte_ether_addr
end_mac(const struct end *end, uint8_t host)
{
	struct rte_ether_addr mac = end->mac;

	mac.addr_bytes[5] = (uint8_t)(mac.addr_bytes[5] + host);
	return mac;
}

#endif /* MX_GEN_END_H */
