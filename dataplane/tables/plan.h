/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_PLAN_H
#define MX_TABLES_PLAN_H

/* A plan is one generation of all lookup tables.  It has what a worker needs to
 * forward mail, without names and explanations.
 *
 * The control plane builds a plan, seals it and publishes it (region.h).  The
 * data plane copies it into memory of its own and checks it before any worker
 * sees it: a plan comes from another process and is not trusted.
 *
 * Ids        Services and backends have ids that the control plane keeps for
 *            as long as a session may refer to them; a row whose `used` is 0
 *            is a hole.  SNAT addresses are found by value.
 * Retired    What left the configuration and has sessions stays in the plan
 *            until they end: a VIP as MX_OWNED_RETIRED, a SNAT address in no
 *            service's range, a service without a VIP, a backend that does not
 *            serve.
 * Shape      a fixed part, then one pick table per pool: size_bytes says how
 *            much of it is there.
 * Threads    build: one writer, on memory no worker can see.  Read: any. */
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "hash.h"
#include "bounds.h"
#include "counters.h"
#include "pick.h"
#include "owned.h"

enum mx_forward {
	MX_FORWARD_FULLNAT, /* rewrite both addresses; replies come back */
	MX_FORWARD_NAT,     /* rewrite the VIP; mxsteer is the MTA's gateway */
	MX_FORWARD_DSR,     /* rewrite the MAC address; direct return */
	MX_FORWARD_TUNNEL,  /* wrap the packet; direct return */
	MX_FORWARDS,
};

/* Do the backends answer clients directly (direct return)? */
static inline bool
mx_forward_is_direct(unsigned mode)
{
	return mode >= MX_FORWARD_DSR;
}

/* The client's address in front of a fullnat session; see proxy.h */
enum mx_proxy {
	MX_PROXY_OFF,
	MX_PROXY_V1,
	MX_PROXY_V2,
	MX_PROXIES,
};

enum mx_tunnel {
	MX_TUNNEL_IPIP, /* RFC 2003, RFC 2473: IP in IP, of either family */
	MX_TUNNEL_GUE,  /* draft-ietf-intarea-gue, version 1: IP in UDP */
	MX_TUNNELS,
};

/* The longest name that fits into an answer, without a terminator. */
#define MX_ANSWER_HOST_MAX 80

/* Local addresses of one family: mx_plan.snat[first..first + count). */
struct mx_snat_range {
	uint16_t first;
	uint16_t count;
};

/* The source of a tunnel's packets.  The flow fills the bits that are zero in
 * mask, so that the receiver's RSS spreads the packets.  All zero: no such
 * source. */
struct mx_tunnel_source {
	struct mx_addr addr;
	struct mx_addr mask;
};

/* The pool of a service that left the configuration together with its pool.
 * Such a service takes no new sessions. */
#define MX_POOL_NONE UINT16_MAX

/* The timers of a service that sets none, and of the sessions of a service that
 * is gone: see struct mx_service. */
#define MX_IDLE_S 900
#define MX_HALF_OPEN_S 30
#define MX_GREETING_S 330
#define MX_CLOSING_S 120

/* The most sessions that a service gives to one client; flow/limit.h.  A
 * client is an address, and also a prefix of addresses.  0: no limit. */
struct mx_client_limits {
	uint32_t sessions; /* of an address at once */
	uint32_t per_10s;  /* of an address, begun in ten seconds */
	uint32_t prefix_sessions;
	uint32_t prefix_per_10s;
	uint8_t prefix4; /* bits of a prefix, of 128 */
	uint8_t prefix6;
	uint8_t used;   /* there is any limit */
	uint8_t answer; /* enum mx_answer, to a client over a limit */
	/* Clients without limits: mx_plan.allow[first..first + count). */
	uint16_t allow_first;
	uint16_t allow_count;
};

/* The addresses that begin with the first bits of another one, whose other
 * bits are zero. */
struct mx_prefix {
	struct mx_addr addr;
	uint8_t bits; /* of 128 */
};

/* A list of prefixes without limits: a table in a file, as of a deny list. */
struct mx_service_allow {
	uint64_t serial; /* 0: no list */
	uint64_t size_bytes;
};

/* The deny list of a service: a table in a file (denyfile.h). */
struct mx_service_deny {
	uint64_t serial; /* 0: no list */
	uint64_t size_bytes;
	uint8_t answer; /* enum mx_answer, to a denied client */
};

/* The operator denies or allows a prefix, of all services.  The longest one
 * that covers a client decides, and lists come second. */
struct mx_deny_rule {
	struct mx_addr addr; /* the bits behind the prefix are 0 */
	uint8_t bits;        /* of 32 or of 128, by family */
	uint8_t denied;
	/* Which rule_refused[] of a worker counts what it refuses.
	 * MX_DENY_RULES_MAX: none does. */
	uint16_t slot;
};

/* What makes a new session go to another backend. */
#define MX_FAIL_OVER_REFUSED 1 /* an RST in answer to its SYN */
#define MX_FAIL_OVER_SILENT 2  /* no answer */
#define MX_FAIL_OVER_BUSY 4    /* 4xx, or an end, in place of a greeting */
#define MX_FAIL_OVER_REFUSES 8 /* 5xx in place of a greeting */
#define MX_FAIL_OVER_MUTE 16   /* no greeting for patience_s */

/* Those that a first byte of the backend tells, and all that come when the
 * client has the SYN-ACK of a backend. */
#define MX_FAIL_OVER_SAID (MX_FAIL_OVER_BUSY | MX_FAIL_OVER_REFUSES)
#define MX_FAIL_OVER_TOLD (MX_FAIL_OVER_SAID | MX_FAIL_OVER_MUTE)

/* The clients of this port speak first, TLS, and read no text (RFC 8314 3). */
#define MX_IMPLICIT_TLS_PORT 465

/* Whose SYNs are answered by cookies; see greet.h.  Not in direct modes. */
enum mx_cookies {
	MX_COOKIES_NEVER,
	MX_COOKIES_ALWAYS,
	MX_COOKIES_AUTO, /* by each worker, as it needs them: pressure.h */
	MX_COOKIES_WORDS,
};

/* What becomes of a client that speaks before its greeting; see early.h.  Not
 * in direct modes, and not where clients speak first. */
enum mx_early {
	MX_EARLY_OFF,
	MX_EARLY_COUNT,
	MX_EARLY_DELAY, /* as COUNT, with a delay_s */
	MX_EARLY_REFUSE,
	MX_EARLY_MARK, /* as DELAY, and the PROXY header says so */
	MX_EARLY_WORDS,
};

struct mx_service {
	uint8_t used;
	uint8_t forward;               /* enum mx_forward */
	uint8_t proxy;                 /* enum mx_proxy; fullnat only */
	uint8_t tunnel;                /* enum mx_tunnel */
	uint8_t martians;              /* the service takes SYNs from any
					* address */
	uint8_t fail_over;             /* MX_FAIL_OVER_*; not in direct modes */
	uint16_t pool;                 /* index of mx_plan.pool, or NONE */
	uint16_t tunnel_port_be;       /* GUE's UDP port at the MTAs */
	struct mx_snat_range snat4;    /* for IPv4 backends; fullnat only */
	struct mx_snat_range snat6;    /* for IPv6 backends; fullnat only */
	struct mx_tunnel_source from4; /* outer source to IPv4 backends */
	struct mx_tunnel_source from6;
	uint32_t idle_s;      /* established, but silent; RFC 5321 4.5.3.2 */
	uint32_t half_open_s; /* handshake not proven */
	uint32_t greeting_s;  /* proven, but the backend has sent nothing */
	uint32_t closing_s;   /* both sides sent FIN, or one sent RST */
	uint32_t patience_s;  /* see MX_FAIL_OVER_MUTE */
	uint32_t delay_s;     /* before a backend is asked; see greet/hold.h.
			       * Only with MX_COOKIES_ALWAYS and `early` */
	struct mx_client_limits clients;
	uint8_t cookies;      /* enum mx_cookies */
	uint8_t implicit_tls; /* its clients speak first (RFC 8314 3) */
	uint8_t answer; /* enum mx_answer, to a client without a backend */
	uint8_t early;  /* enum mx_early */
	uint8_t host_bytes;
	uint8_t snat_stays;            /* a backend sees one address; see
			     * mx_plan.snat_at */
	char host[MX_ANSWER_HOST_MAX]; /* who answers */
	struct mx_service_deny deny;
	struct mx_service_allow allow; /* beside clients.allow_first */
};

/* Is a client refused for want of room for its session, and not for what the
 * client is? */
bool mx_drop_is_for_room(enum mx_drop why);

/* What a client gets that is refused for a reason. */
enum mx_answer mx_service_answer(const struct mx_service *service,
				 enum mx_drop why);

/* The same, for a client that has a SYN-ACK and waits for a greeting: no text
 * where it could not read one, and no silence for want of room. */
enum mx_answer mx_service_answer_waiting(const struct mx_service *service,
					 enum mx_drop why);

struct mx_plan;

/* Is a client one of those without limits? */
bool mx_plan_allows(const struct mx_plan *plan,
		    const struct mx_client_limits *limits,
		    const struct mx_addr *client);

/* A way back to clients: a neighbour of the host, at a port, that is a client
 * or routes to clients.  If its MAC address has changed, sessions with the old
 * MAC address get the new one (wayback.h).  If a router does not answer and
 * another takes its place, the new MAC address is that of the other router,
 * which may be at another port.  The rows are sorted by port and address. */
#define MX_WAYS_MAX 64

struct mx_way {
	struct mx_addr hop;
	uint32_t moved_s; /* CLOCK_MONOTONIC, of the last change; 0: none */
	uint8_t mac[6];
	uint8_t before[6]; /* the MAC address before the last change */
	uint8_t port;      /* index of the port it is at */
	uint8_t gateway;   /* clients of other networks are behind it */
	uint8_t to_port;   /* index of the port that mac is at */
	uint8_t instead;   /* mac is that of another router */
};

struct mx_pool {
	uint8_t hash_input; /* enum mx_hash_input */
	/* A new session gets the backend with fewer sessions for its weight, of
	 * the first two that its hash names. */
	uint8_t least;
};

struct mx_backend {
	alignas(64) struct mx_endpoint address;
	uint8_t used;
	uint8_t up;       /* a live session is not given up for a SYN */
	uint8_t serves;   /* takes new sessions: up, and not draining */
	uint8_t resolved; /* port and mac are known */
	uint8_t port;     /* index of the port that leads there */
	uint8_t routed;   /* mac is a gateway's */
	uint8_t mac[6];   /* of the next hop */
	uint16_t pool;    /* index of mx_plan.pool */
	uint16_t mtu;     /* of the path to it, IP packets; 0: unknown */
	uint8_t watched;  /* its sessions end behind their mails; see watch.h */
	/* The most sessions at once that each worker may give it.  The first
	 * `extra` workers give one more, so that the sum is the operator's
	 * limit. 0: no limit. */
	uint32_t sessions_max;
	uint16_t sessions_extra;
	uint16_t weight; /* its share in its pool; see mx_pool.least */
	/* The backend's share of a worker's sessions of the pool, in 1/65536:
	 * its share by weight, times the pool's load bound. 0: no bound.  A new
	 * flow goes to its next candidate if the backend has reached
	 * sessions_max or this share. */
	uint32_t share_max;
	/* CLOCK_MONOTONIC.  The operator ended the sessions that were opened
	 * until then: the next segment of each is answered with a reset. */
	uint32_t ended_s;
	/* The data plane's own: sessions that were opened until then may have
	 * to end, in some way, so that a packet compares once. */
	uint32_t ends_s;
};
static_assert(sizeof(struct mx_backend) == 64, "one cache line a backend");

/* The operator ends the sessions of clients: the next segment of each is answered
 * with a reset.  A session that began later is another one: a client may come
 * back.  The order stays until each worker has looked at all of its sessions, and
 * silent clients have had the time to answer. */
struct mx_end_order {
	struct mx_prefix client; /* its family counts too */
	uint16_t port_be;        /* of the client; 0: any */
	uint8_t some;            /* only sessions of the backends below */
	uint8_t denied;          /* only those of clients that a rule denies */
	uint8_t backend[(MX_BACKENDS_MAX + 8) / 8]; /* a bit each, by id */
	uint32_t ended_s; /* CLOCK_MONOTONIC: sessions opened until then */
};

static inline bool
mx_end_order_names(const struct mx_end_order *order, uint16_t backend)
{
	return !order->some || order->backend[backend / 8] >> backend % 8 & 1;
}

/* An address that the data plane announces: it sets a route to the address, which
 * the routing daemon of the host tells to the site's routers. */
#define MX_ANNOUNCES_MAX (MX_VIPS_MAX + MX_SNATS_MAX)

struct mx_announced {
	struct mx_addr addr; /* of a VIP or a SNAT address of this plan */
	uint32_t metric;     /* of the route; at least 1 */
};

struct mx_plan {
	uint32_t size_bytes; /* of the whole plan, pick tables included */
	uint32_t crc;        /* CRC-32C of everything behind this field */
	uint64_t generation;
	struct mx_hash_key key; /* for choosing backends; the same on equal
				 * boxes */
	uint16_t pools;
	uint16_t snats;
	uint8_t ipv6;    /* some service or backend has an IPv6 address */
	uint8_t nat;     /* some service forwards by nat */
	uint8_t retired; /* some VIP takes no new sessions */
	/* A reply counts only if it came by a port that leads to a backend. */
	uint8_t strict_ports;
	struct mx_owned_table owned;
	struct mx_service service[MX_SERVICES_MAX];
	struct mx_pool pool[MX_POOLS_MAX];
	struct mx_addr snat[MX_SNATS_MAX];
	/* This box in its group, and the peer whose address each of snat is; 0:
	 * none.  No new session has a peer's address. */
	uint8_t box;
	uint8_t snat_box[MX_SNATS_MAX];
	struct mx_backend backend[MX_BACKENDS_MAX + 1];
	uint16_t ways;
	/* Ports of gateways that lead to backends and are not used now, a bit
	 * each: replies may come by them. */
	uint16_t other_ports;
	struct mx_way way[MX_WAYS_MAX];
	uint16_t allows;
	struct mx_prefix allow[MX_ALLOWS_MAX];
	/* Raised when the file of a deny list that was gone is there again. */
	uint32_t deny_round;
	uint16_t deny_rules;
	struct mx_deny_rule deny_rule[MX_DENY_RULES_MAX];
	uint16_t end_orders;
	struct mx_end_order end_order[MX_END_ORDERS_MAX];
	uint16_t announces;
	struct mx_announced announce[MX_ANNOUNCES_MAX];
	/* Of services with snat_stays: which address of its range the sessions
	 * to a backend come from, counted from range.first. */
	uint8_t snat_at[MX_SERVICES_MAX][MX_BACKENDS_MAX + 1];
	struct mx_pick pick[]; /* one per pool */
};

#define MX_PLAN_SIZE(pools)                                                    \
	(sizeof(struct mx_plan) + (size_t)(pools) * sizeof(struct mx_pick))
#define MX_PLAN_SIZE_MAX MX_PLAN_SIZE(MX_POOLS_MAX)

/* Why a plan was refused; 0: it was not. */
enum mx_plan_fault {
	MX_PLAN_OK,
	MX_PLAN_BAD_SIZE,
	MX_PLAN_BAD_CRC,
	MX_PLAN_BAD_GENERATION,
	MX_PLAN_BAD_COUNT,
	MX_PLAN_BAD_VIP,
	MX_PLAN_BAD_SERVICE,
	MX_PLAN_BAD_POOL,
	MX_PLAN_BAD_BACKEND,
	MX_PLAN_BAD_PICK,
	MX_PLAN_NEEDS_PORT, /* the data plane has fewer ports */
	MX_PLAN_EMPTY,
	MX_PLAN_NO_PORT_MAP, /* more SNAT addresses than there are free slots */
	MX_PLAN_NEEDS_IPV6,  /* the data plane started without room for IPv6 */
	MX_PLAN_BAD_RULE,    /* a prefix of clients */
	MX_PLAN_BAD_BOX,     /* whose a SNAT address is */
	MX_PLAN_BAD_ANNOUNCE,
	MX_PLAN_FAULTS,
};

/* Make *plan an empty plan with room for `pools` pick tables, all zero.
 * plan: MX_PLAN_SIZE(pools) bytes. */
void mx_plan_init(struct mx_plan *plan, uint16_t pools);

/* The local addresses of sessions to backends of a family. */
static inline const struct mx_snat_range *
mx_service_range(const struct mx_service *service, bool is4)
{
	return is4 ? &service->snat4 : &service->snat6;
}

/* Choose snat_at, once services, backends and addresses are in the plan.
 *
 * By rendezvous hashing (Thaler and Ravishankar, Using Name-Based Mappings to
 * Increase Hit Rates, 1998): of a backend's address and each local address a
 * score is made, and the highest one wins.  So the choice is the same after a
 * restart and in any order.  A new local address only takes backends away from
 * others, one part in their number, and one that leaves only gives its own. */
void mx_plan_choose_snats(struct mx_plan *plan);

/* Set generation, size and CRC.  The plan may not change afterwards. */
void mx_plan_seal(struct mx_plan *plan, uint64_t generation);

/* Check everything that a worker relies on.  plan: readable up to size_max
 * bytes, in memory that no other process can write.  ports: how many ports
 * there are.  Returns MX_PLAN_OK or the first fault found. */
enum mx_plan_fault mx_plan_check(const struct mx_plan *plan, size_t size_max,
				 uint64_t generation, uint16_t ports);

/* The fault in words, for the operator. */
const char *mx_plan_fault_text(enum mx_plan_fault fault);

#endif /* MX_TABLES_PLAN_H */
