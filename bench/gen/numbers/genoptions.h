/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_OPTIONS_H
#define MX_GEN_OPTIONS_H

/* The options of a generator. */
#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mempool.h>

#include "addr.h"
#include "gencounts.h"

#define GEN_PREFIXES_MAX 8
#define GEN_TARGETS_MAX 16

enum gen_size_kind { GEN_SIZE_UNIFORM, GEN_SIZE_EXPONENTIAL, GEN_SIZE_MAIL };

/* The properties of sessions.  Shares are from 0 to 1, of all sessions. */
struct gen_mix {
	enum gen_size_kind size_kind;
	uint32_t size_low; /* bytes of a message; exponential: `low` the mean */
	uint32_t size_high;
	uint16_t messages_low; /* of a session */
	uint16_t messages_high;
	uint8_t recipients_low; /* of a message */
	uint8_t recipients_high;
	double pipelining;   /* MAIL, RCPT and DATA in one go (RFC 2920) */
	double slow;         /* trickle their messages */
	double idle;         /* say nothing after the greeting, then QUIT */
	double early;        /* speak before the greeting */
	double abort;        /* end by a reset, in any phase */
	uint32_t slow_bytes; /* so many bytes after each gap */
	uint32_t slow_gap_ms;
	uint32_t idle_ms;
};

/* The behaviour of the servers. */
struct gen_behaviour {
	uint32_t delay_low_ms; /* before each reply */
	uint32_t delay_high_ms;
	double busy;    /* 421 for a greeting */
	double refuse4; /* of MAIL, RCPT and final dots */
	double refuse5;
};

/* How a server learns who its client is. */
enum gen_seen {
	GEN_SEEN_NOBODY, /* not at all: addresses are translated */
	GEN_SEEN_SOURCE, /* by the packet */
	GEN_SEEN_PROXY_V1,
	GEN_SEEN_PROXY_V2,
};

struct gen_prefix {
	struct mx_addr addr;
	uint8_t bits; /* of 128; an IPv4 prefix has 96 more */
};

/* One end of the wire.  gateways: of IPv4 and of IPv6; all zero: the peers are
 * on the wire itself.  peer_mac: all zero: the end asks for it. */
struct gen_side {
	bool on;
	uint16_t port;
	uint16_t queue;
	uint16_t mtu;
	struct rte_ether_addr mac;
	struct rte_ether_addr peer_mac;
	struct mx_addr gateway[2];
	uint32_t drop_every; /* lose each n-th frame sent; 0: none */
};

struct gen_options {
	struct gen_side client;
	struct gen_side server;
	struct rte_mempool *pool; /* of both ends */

	double rate; /* sessions a second; 0: as `at_once` allows */
	bool poisson;
	uint64_t sessions;    /* in all; 0: no limit */
	uint64_t duration_ms; /* of starting sessions; 0: no limit */
	uint32_t at_once;     /* sessions at a time; the tables' size */
	uint32_t drain_ms;    /* for sessions to end after the last start */
	uint32_t timeout_ms;  /* of a client that hears nothing */
	uint64_t seed;
	bool shares_core; /* other threads run between polls: no verdict on
			   * load */
	bool wait;        /* no session starts before gen_go() */

	const char *recipient; /* of all mail; NULL: a made-up one */
	struct gen_mix mix;
	struct gen_behaviour behaviour;
	enum gen_seen seen;

	uint16_t prefix_count;
	uint16_t target_count;
	uint16_t mta_count;
	struct gen_prefix prefix[GEN_PREFIXES_MAX]; /* of clients */
	struct mx_endpoint target[GEN_TARGETS_MAX]; /* where they connect to */
	struct mx_endpoint mta[GEN_BACKENDS_MAX];   /* which the servers are */
	/* An address that all servers accept, and answer no ARP for (dsr).
	 * They differ by MAC address then: that of `server`, counted up. */
	struct mx_addr server_vip;
};

#endif /* MX_GEN_OPTIONS_H */
