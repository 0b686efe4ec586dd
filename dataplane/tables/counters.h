/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_COUNTERS_H
#define MX_TABLES_COUNTERS_H

/* The workers' counters.  Every counter has one writer: a worker adds to its
 * own block, in the region, with plain stores.  A reader sums the blocks up and
 * may be a burst behind.
 *
 * Invariant  of each worker, between two bursts:
 *            rx + made == tx + to_kernel + handed_off + sum(dropped[]).
 *            A frame from another worker's ring counts as rx like one from a
 *            port, so the equation also holds for the sum of all workers.
 *            So does a frame from the kernel's twin of a port.
 * Threads    write: the one worker that owns the block.  Read: any. */
#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

#include "addr.h"
#include "bounds.h"
#include "eventring.h"

/* Why a frame was not forwarded.  One reason, one counter, one name. */
/* clang-format off */
#define MX_DROPS(X) \
	X(TRUNCATED,    "truncated",     "shorter than its headers say") \
	X(SUPER_PACKET, "super-packet",  "several segments in one, of a sender on this host: turn its TSO and GSO off") \
	X(VLAN,         "vlan",          "to an owned address, but with a VLAN tag") \
	X(BAD_HEADER,   "bad-header",    "a header contradicts itself") \
	X(BAD_CHECKSUM, "bad-checksum",  "IPv4 header checksum wrong, or TCP's where it would move a session") \
	X(IP_OPTIONS,   "ip-options",    "IPv4 options, which mail does not use") \
	X(IP_EXTENSION, "ip-extension",  "IPv6 extension headers, which mail does not use") \
	X(FRAGMENT,     "fragment",      "a fragment of an IP packet") \
	X(TTL,          "ttl",           "time to live used up") \
	X(NOT_TCP,      "not-tcp",       "neither TCP nor echo, to an owned address") \
	X(RETIRED,      "retired",       "a new session for a VIP that left the configuration") \
	X(MARTIAN,      "martian",       "a SYN from an address that no client has") \
	X(DENIED,       "denied",        "a new session of a client that is on a deny list") \
	X(NO_SERVICE,   "no-service",    "TCP to a port of a VIP that no service has") \
	X(BAD_ICMP,     "bad-icmp",      "an ICMP error that fits no session, or no error") \
	X(NO_SESSION,   "no-session",    "belongs to no session and opens none") \
	X(NO_BACKEND,   "no-backend",    "the pool has no backend that serves") \
	X(ALL_FULL,     "all-full",      "every backend that serves has its connections-max") \
	X(NO_NEXTHOP,   "no-nexthop",    "the backend's MAC address is not known yet") \
	X(NO_PORT,      "no-port",       "all local ports are in use: add snat addresses") \
	X(TABLE_FULL,   "table-full",    "sessions-max reached") \
	X(CLIENT_LIMIT, "client-limit",  "a new session of a client that has all it may have") \
	X(PREFIX_LIMIT, "prefix-limit",  "a new session of a client whose prefix has all it may have") \
	X(EARLY,        "early",         "of a client that spoke before its greeting, in a service that refuses such clients") \
	X(BACKEND_GONE, "backend-gone",  "the session's backend left the configuration") \
	X(TOO_BIG,      "too-big",       "over the MTU of where it goes: answered by ICMP, unless the kernel sent it") \
	X(NOT_OURS,     "not-ours",      "a reply from an address that is not its backend") \
	X(OWN_FRAME,    "own-frame",     "sent by this host's kernel, seen by the port; no loss") \
	X(HANDOFF_FULL, "handoff-full",  "the other worker's ring was full") \
	X(TX_FULL,      "tx-full",       "the port took no more frames") \
	X(OTHER_HOST,   "other-host",    "to the MAC address of another host; no loss") \
	X(TWIN_RATE,    "twin-rate",     "for the kernel, and more of them than its twin may get") \
	X(TWIN_FULL,    "twin-full",     "for the kernel, whose twin took no more frames") \
	X(REFUSED,      "refused",       "of a client that has been refused, and needs no answer; no loss") \
	X(ANSWER_RATE,  "answer-rate",   "of a client to be refused, and over the rate of answers") \
	X(ENDING,       "ending",        "of a session that ends behind a mail; mxsteer has answered it") \
	X(WAITING,      "waiting",       "data before the MTA has joined, or of the MTA before its first byte; it comes again") \
	X(JOINED,       "joined",        "the end of a handshake that mxsteer took part in; no loss") \
	X(FAILED_OVER,  "failed-over",   "of an MTA whose session goes to another MTA; no loss") \
	X(HOMING,       "homing",        "a new session, just after the start: the other boxes tell which sessions are of this one")
/* clang-format on */

/* Why the session of a peer was not taken up.  The names are those of JSON. */
/* clang-format off */
#define MX_BORROWS(X) \
	X(EXPIRED,     "borrows_expired",     "its time is over") \
	X(ENDED,       "borrows_ended",       "the box whose local address it has knows it no more") \
	X(UNFIT,       "borrows_unfit",       "a field is impossible, or its state cannot be carried on") \
	X(NO_SERVICE,  "borrows_no_service",  "no service has its VIP, or it forwards in another mode") \
	X(NO_BACKEND,  "borrows_no_backend",  "its server is no backend of the service") \
	X(NOT_A_PEERS, "borrows_not_a_peers", "its local address is none of a peer") \
	X(ASTRAY,      "borrows_astray",      "another worker would get its packets") \
	X(TAKEN,       "borrows_taken",       "another session has its client's end, or its local port") \
	X(NO_WAY,      "borrows_no_way",      "the way to its client is not known") \
	X(FULL,        "borrows_full",        "no slot is free: sessions-max reached")
/* clang-format on */

enum mx_borrow {
	MX_BORROW_NONE,
#define X(id, name, text) MX_BORROW_##id,
	MX_BORROWS(X)
#undef X
		MX_BORROW_REASONS,
};

enum mx_drop {
	MX_DROP_NONE,
#define X(id, name, text) MX_DROP_##id,
	MX_DROPS(X)
#undef X
		MX_DROP_REASONS,
};

/* What a client gets that is refused; see greet.h */
enum mx_answer {
	MX_ANSWER_DROP,  /* nothing: it tries again by itself */
	MX_ANSWER_421,   /* SMTP's "try again later" in place of a greeting */
	MX_ANSWER_554,   /* "no SMTP service here": some clients bounce mail */
	MX_ANSWER_RESET, /* its SYN is reset */
	MX_ANSWERS,
};

/* How a backend left a session unserved; see failover.h */
enum mx_unserved {
	MX_UNSERVED_REFUSED, /* an RST in place of a SYN-ACK */
	MX_UNSERVED_SILENT,  /* no SYN-ACK */
	MX_UNSERVED_BUSY,    /* 4xx, or its end, in place of a greeting */
	MX_UNSERVED_MUTE,    /* no greeting in time */
	MX_UNSERVED_KINDS,
};

/* Sessions and traffic of one backend, or of one service.  Every packet writes
 * to the first line only. */
struct mx_flow_count {
	alignas(64) uint64_t packets_in; /* from clients */
	uint64_t packets_out;
	uint64_t bytes_in; /* IP packets, headers included */
	uint64_t bytes_out;
	/* A session is opened when its handshake is proven (belief.h), and
	 * closed when it is over for both ends, or reset: opened - closed can
	 * carry mail.  closed goes back by one when the backend's data revives
	 * a session that was reset. */
	uint64_t opened;
	uint64_t closed;
	uint64_t abandoned; /* of closed: ended by a timer, no FIN or RST */
	uint64_t doubted;   /* of opened - closed: in doubt now (doubt.h) */
	/* A SYN that got a slot is an attempt; it lapses if the slot is given
	 * up before the handshake is proven.  attempts - lapsed - opened are
	 * half-open now. */
	uint64_t attempts;
	uint64_t lapsed;
	/* Sessions now in the states of these names; see sessions.h. */
	uint64_t watched;
	uint64_t sealed;
	uint64_t ending;
	uint64_t ended; /* that were ENDING, and are over */
	uint32_t unserved[MX_UNSERVED_KINDS]; /* they wrap around */
};
static_assert(sizeof(struct mx_flow_count) == 128, "two lines a backend");

/* Sessions that load a backend: those that can carry mail, but for those in
 * doubt. */
static inline uint64_t
mx_flow_live(const struct mx_flow_count *count)
{
	return count->opened - count->closed - count->doubted;
}

/* Times in buckets, each twice as wide as the one before.  The last one has all
 * longer times. */
#define MX_TIME_BUCKETS 16

/* How long the sessions of a backend wait for its greeting, how it greets them,
 * and how long they last.  The first segment of the backend, and the end, write
 * here. */
struct mx_timing {
	/* From the proof of the handshake to the first byte of the backend: of
	 * greeting[SERVES], if the time is known. */
	uint64_t waits;
	uint64_t wait_us;               /* sum */
	uint32_t wait[MX_TIME_BUCKETS]; /* under 512 us << bucket */
	/* From the client's SYN to the end, of sessions whose handshake was
	 * proven.  One that is revived counts twice. */
	uint32_t length[MX_TIME_BUCKETS]; /* under 1 s << bucket */
	uint32_t greeting[MX_GREETINGS];  /* they wrap around */
};

/* The bucket of a time in units of the first bucket's width. */
static inline uint32_t
mx_time_bucket(uint32_t widths)
{
	const uint32_t bucket =
		widths == 0 ? 0 : 32 - (uint32_t)__builtin_clz(widths);

	return bucket < MX_TIME_BUCKETS ? bucket : MX_TIME_BUCKETS - 1;
}

#define MX_WAIT_SHIFT 9 /* 512 us: the width of the first bucket of waits */

/* A client that was refused, or that spoke before its greeting.  The worker writes
 * a row while others may read it: a reader may see half of it. */
struct mx_refused_client {
	struct mx_addr addr; /* the first bits of it */
	uint8_t bits;        /* of 128; 0: there is no row */
	uint8_t service;
	uint32_t last_s; /* CLOCK_MONOTONIC */
	uint64_t count;  /* refusals */
	uint64_t early;
};

/* All counters that one worker writes.  No other thread writes this block. */
struct mx_worker_count {
	alignas(64) _Atomic uint64_t heartbeat; /* loops, for the watchdog */
	uint64_t rx;
	uint64_t tx;
	uint64_t to_kernel;
	uint64_t handed_off;
	uint64_t made; /* frames that began here: PROXY headers, ICMP, resets */
	uint64_t busy_cycles; /* TSC cycles of polls that found a frame */
	uint64_t polls;
	uint64_t slots_used;     /* of the session table now, of all states */
	uint64_t answered;       /* ARP, ND and echo; part of tx */
	uint64_t proxy_resent;   /* PROXY headers sent again */
	uint64_t proxy_given_up; /* sent for the last time, not acked yet */
	uint64_t ended;    /* sessions reset because the operator said so */
	uint64_t diverted; /* flows whose first choice was over its limit */
	uint64_t strayed;  /* replies handed over although RSS was predicted */
	uint64_t moved;    /* sessions whose way back was given a new MAC */
	uint64_t sleeps;   /* of a worker that sleeps when nothing comes */
	/* Questions to backends whether they believed an RST or a new way back,
	 * and the answers; see doubt.h. */
	uint64_t doubts_asked;
	uint64_t doubts_alive;
	uint64_t doubts_dead;
	uint64_t doubts_unanswered;
	uint64_t doubts_refused; /* not asked: over the rate */
	uint64_t ways_moved;     /* sessions whose way back was believed new */
	uint64_t resets_unknown; /* RSTs to senders without a session here */
	uint64_t stateless;   /* SYNs of dsr and tunnel sent without a slot */
	uint64_t from_kernel; /* part of rx: from the twins */
	/* SYN-ACKs in place of a backend's, those that were said again, and
	 * clients that proved their address by one; see greet.h. */
	uint64_t synacks;
	uint64_t synacks_again;
	uint64_t synacks_proven;
	uint64_t synacks_unproven; /* ACKs that might have, and did not */
	uint64_t texts_again;      /* 421 and 554 that were said again */
	uint64_t texts_missed;     /* not said again: no room to wait */
	/* Sessions that went to another MTA before the client heard of the
	 * first one, by reason; and those that did not; see failover.h */
	uint64_t failovers_refused;
	uint64_t failovers_silent;
	uint64_t failovers_busy;
	uint64_t failovers_mute;
	uint64_t failovers_none;   /* no other MTA */
	uint64_t failovers_missed; /* over the rate, or no room to wait */
	/* Sessions that began by a cookie; those whose client was reset, since
	 * no MTA joined; MTAs that say less than clients were told; and sessions
	 * without room to wait; see join.h */
	uint64_t joins;
	uint64_t joins_failed;
	uint64_t joins_mismatched;
	uint64_t joins_missed;
	/* SYNs of a service with `syn-cookies: auto` are answered by cookies
	 * until then, CLOCK_MONOTONIC; see pressure.h. */
	uint32_t cookies_until_s[MX_SERVICES_MAX];
	/* The most sessions at once of this worker. */
	uint32_t peak[MX_SERVICES_MAX];
	alignas(64) uint64_t dropped[MX_DROP_REASONS];
	/* Part of dropped[]: frames to a VIP of this service, from clients. */
	alignas(64) uint64_t refused[MX_SERVICES_MAX][MX_DROP_REASONS];
	/* SYNs that a rule of the operator refused, by its slot
	 * (mx_deny_rule.slot).  They are in dropped[] and told[] too, or were
	 * answered by a cookie. */
	uint64_t rule_refused[MX_DENY_RULES_MAX];
	/* Sessions that the table of clients had no entry for. */
	uint64_t limits_full[MX_SERVICES_MAX];
	/* Clients that spoke before their greeting, in services that look at it. */
	uint64_t early[MX_SERVICES_MAX];
	struct mx_refused_client refused_client[MX_REFUSED_CLIENTS_MAX];
	/* Clients that were told, by an answer of SMTP or by a reset, that no
	 * backend serves them: no part of dropped[]. */
	uint64_t told[MX_SERVICES_MAX][MX_ANSWERS][MX_DROP_REASONS];
	struct mx_flow_count service[MX_SERVICES_MAX];
	struct mx_flow_count backend[MX_BACKENDS_MAX + 1];
	struct mx_timing timing[MX_BACKENDS_MAX + 1];
	struct mx_event_ring events;
	/* Sessions of peers that were taken up for a packet, and that were ended
	 * since the box whose local address they have knows them no more; and
	 * why others were not taken up.  See borrow/borrow.h */
	uint64_t borrowed;
	uint64_t borrowed_over;
	uint64_t borrow_refused[MX_BORROW_REASONS];
	uint64_t homed; /* sessions of this box that a peer gave back */
};

/* The name a CLI shows, and what it means; reason < MX_DROP_REASONS. */
const char *mx_drop_name(enum mx_drop reason);
const char *mx_drop_text(enum mx_drop reason);

#endif /* MX_TABLES_COUNTERS_H */
