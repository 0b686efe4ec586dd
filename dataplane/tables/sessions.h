/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_SESSIONS_H
#define MX_TABLES_SESSIONS_H

/* The file of one worker's sessions, which outlives the process.
 *
 * It holds only data that cannot be computed again: the sessions, and the key
 * that decides their places.  Hash buckets, free lists, port maps and the
 * digests of IPv6 addresses are made anew when a data plane starts.  So a
 * process that is killed at any instruction leaves nothing half-linked: a
 * session exists if its state is not MX_SESSION_FREE, and state is written last
 * and cleared first.
 *
 * Shape      header, then session[count] of one cache line each, then as many
 *            lines of IPv6 addresses if the configuration has any.
 * Threads    write: the worker that owns the file.  Others may read a session
 *            at any time, may see it half-written, and must check what they
 *            use (the CLI's `show sessions` does). */
#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "hash.h"
#include "bounds.h"

#define MX_SESSIONS_MAGIC 0x736e6f6973736573u
#define MX_SESSIONS_LAYOUT 5 /* raised with every change below */

/* Sessions of this layout and of those after it are lifted to the present one
 * when a data plane starts; see mx_session_lift(). */
#define MX_SESSIONS_LAYOUT_OLDEST 4

/* The life of a session.  Only segments that are believed move it (belief.h).
 *
 *   FREE -> OPENING -> ANSWERED -> GREETING -> ESTABLISHED -> *_FIN -> CLOSING
 *           \___ half-open ___/       \_______ can carry mail _____/    over
 *
 * A client's RST, or a segment of the client by another way, puts a session in
 * doubt until its backend has been asked; see doubt.h.  An RST that
 * is believed leads to RESET.  See tcpstate.c for all moves.  No segment moves a
 * session out of REFUSED, where it has no backend; see farewell.h.
 *
 * An established session of a backend whose sessions are to end is WATCHED,
 * until it is ENDING or SEALED; see ending/watch.h.
 *
 * The numbers are in files that outlive a process: new states come last. */
enum mx_session_state {
	MX_SESSION_FREE,
	MX_SESSION_OPENING,     /* the SYN went to the backend */
	MX_SESSION_ANSWERED,    /* the backend's SYN-ACK came back */
	MX_SESSION_ESTABLISHED, /* the backend has sent or taken a byte */
	MX_SESSION_CLIENT_FIN,  /* the client has sent its FIN; replies flow */
	MX_SESSION_BACKEND_FIN, /* the backend has sent its FIN */
	MX_SESSION_CLOSING,     /* both have sent theirs */
	MX_SESSION_RESET,    /* a believed RST passed; data would revive it */
	MX_SESSION_GREETING, /* the client has acknowledged the SYN-ACK */
	MX_SESSION_DOUBTED,  /* was GREETING or ESTABLISHED */
	MX_SESSION_DOUBTED_FIN, /* was CLIENT_FIN */
	MX_SESSION_REFUSED,     /* the client gets a text and a FIN of ours */
	MX_SESSION_WATCHED, /* as ESTABLISHED, and it ends behind its next mail */
	MX_SESSION_SEALED,  /* as WATCHED, but nobody can read it: TLS */
	MX_SESSION_ENDING,  /* mxsteer speaks for each end to the other */
	MX_SESSION_JOINING, /* the client's handshake with mxsteer is over, and
				 * its backend has not answered; join.h */
	MX_SESSION_HELD,    /* the same, and its backend has not been asked yet;
				 * greet/hold.h */
	MX_SESSION_STATES,
};

/* Is the session over?  Only the last ACKs still pass, or what an RST
 * overtook. */
static inline bool
mx_session_is_over(uint8_t state)
{
	return state == MX_SESSION_CLOSING || state == MX_SESSION_RESET ||
	       state == MX_SESSION_REFUSED;
}

/* Can the session carry mail, as far as anyone has shown?  direct: its mode is
 * one of direct return. */
static inline bool
mx_session_is_begun(uint8_t state, bool direct)
{
	return state != MX_SESSION_FREE && state != MX_SESSION_OPENING &&
	       state != MX_SESSION_ANSWERED && state != MX_SESSION_JOINING &&
	       state != MX_SESSION_HELD &&
	       !(direct && state == MX_SESSION_GREETING) &&
	       !mx_session_is_over(state);
}

static inline bool
mx_session_is_doubted(uint8_t state)
{
	return state == MX_SESSION_DOUBTED || state == MX_SESSION_DOUBTED_FIN;
}

/* Bits of mx_session.kind besides the forward mode (enum mx_forward). */
#define MX_SESSION_MODE 0x0f
#define MX_SESSION_CLIENT6 0x40 /* client and VIP are IPv6: see wide */
#define MX_SESSION_SERVER6 0x80 /* local and server are IPv6: see wide */

/* Parts of mx_session.flags.  The header's state is on top, so that one
 * comparison of the byte tests it. */
#define MX_SESSION_PROXY_SHIFT 6 /* enum mx_session_proxy */
#define MX_SESSION_V2 0x20 /* the header, if any, is of version 2 and not 1 */
#define MX_SESSION_EARLY 0x10 /* the client spoke before the greeting */

#define MX_SESSION_HEARD 0x08  /* REFUSED: the client has got all of the text */
#define MX_SESSION_STAYS 0x08  /* else: no other MTA gets it any more */
#define MX_SESSION_JOINED 0x04 /* the client got its SYN-ACK from mxsteer */
#define MX_SESSION_TRIES 0x03  /* backends that were replaced by another */

/* mx_session.syn of a session that is CLOSING: its MTA took a command.  It is
 * noted while there are limits of clients. */
#define MX_SESSION_TALKED 0x01

/* Parts of mx_session.shifts.  A packet tests both numbers at once. */
#define MX_SESSION_HEADER 0x7f /* bytes of the PROXY header; 0: none */
#define MX_SESSION_TOLD 0x80   /* ack_shift is not 0 */

/* The state of the PROXY header of a session. */
enum mx_session_proxy {
	MX_SESSION_PROXY_NONE,
	MX_SESSION_PROXY_ARMED, /* the client has not acknowledged the SYN-ACK
				 */
	MX_SESSION_PROXY_SENT,  /* sent, and not acknowledged by the backend */
	MX_SESSION_PROXY_ACKED,
	MX_SESSION_PROXIES,
};

/* The fields that a packet of an established session needs. */
struct mx_session {
	/* Both ends as in the header of a packet from there (struct mx_flow4),
	 * so that twelve bytes of a header are compared at once.  The addresses
	 * of IPv6 ends are in mx_session_wide.  Their digests are here, so that
	 * a packet to the backend needs no second line.
	 *
	 * From the client. */
	alignas(64) uint32_t client_be;
	uint32_t vip_be;
	uint16_t client_port_be;
	uint16_t vip_port_be;
	/* From the backend.  local: the client's own, except in fullnat. */
	uint32_t server_be;
	uint32_t local_be;
	uint16_t server_port_be;
	uint16_t local_port_be;

	/* The rewrite adds these to the checksums of a packet from the client,
	 * and their complements to those of a packet from the backend (RFC
	 * 1624). */
	uint16_t ip_delta;
	uint16_t tcp_delta;

	uint32_t deadline_s; /* CLOCK_MONOTONIC */
	uint32_t opened_s;
	uint16_t backend;
	uint8_t service;
	_Atomic uint8_t state; /* enum mx_session_state */
	uint8_t client_mac[6]; /* source of the client's frames; replies go
				* there */
	uint8_t client_port;   /* DPDK port of the client */
	uint8_t snat_slot;     /* index of the port map; made anew at start */
	union {
		uint32_t next; /* while FREE: link of the free list */
		/* The backend's numbers less those that the client was told. */
		uint32_t ack_shift;
	};

	uint8_t kind;   /* MX_SESSION_MODE and bits */
	uint8_t flags;  /* MX_SESSION_PROXY_SHIFT and the like */
	uint8_t syn;    /* what the client's SYN offered: offer.h;
			      * 0: not known.  REFUSED: enum mx_drop, why.
			      * CLOSING: MX_SESSION_TALKED, or 0 */
	uint8_t shifts; /* MX_SESSION_HEADER and MX_SESSION_TOLD */
	/* Where the numbers of each side begin, as the client counts; of an
	 * ENDING session, behind the mail that it ends with. */
	uint32_t client_seq; /* first byte of the client, and of the header;
				* REFUSED: the next byte of the client */
	uint32_t server_seq; /* first byte of the backend; the backend counts
				* ack_shift more */
};
static_assert(sizeof(struct mx_session) == 64, "one cache line a session");

/* The state of the header, enum mx_session_proxy. */
static inline uint8_t
mx_session_proxy(const struct mx_session *s)
{
	return s->flags >> MX_SESSION_PROXY_SHIFT;
}

static inline void
mx_session_set_proxy(struct mx_session *s, enum mx_session_proxy proxy)
{
	const uint32_t rest = s->flags & ((1u << MX_SESSION_PROXY_SHIFT) - 1);

	s->flags = (uint8_t)((uint32_t)proxy << MX_SESSION_PROXY_SHIFT | rest);
}

/* How many backends the session had before its present one. */
static inline uint8_t
mx_session_tries(const struct mx_session *s)
{
	return s->flags & MX_SESSION_TRIES;
}

static inline void
mx_session_set_tries(struct mx_session *s, uint8_t tries)
{
	s->flags = (uint8_t)((s->flags & ~MX_SESSION_TRIES) |
			     (tries & MX_SESSION_TRIES));
}

/* A number that tells a session from a later one in its slot, and its backend
 * from the one before: for timers. */
static inline uint32_t
mx_session_try(const struct mx_session *s)
{
	return s->client_seq + mx_session_tries(s);
}

/* Bytes that the client does not know of, before its first one. */
static inline uint8_t
mx_session_header(const struct mx_session *s)
{
	return s->shifts & MX_SESSION_HEADER;
}

/* What the backend has of them: the header may be still to come. */
static inline uint8_t
mx_session_shift(const struct mx_session *s)
{
	return mx_session_proxy(s) >= MX_SESSION_PROXY_SENT
		       ? mx_session_header(s)
		       : 0;
}

static inline void
mx_session_set_ack_shift(struct mx_session *s, uint32_t ack_shift)
{
	s->ack_shift = ack_shift;
	s->shifts = (uint8_t)(mx_session_header(s) |
			      (ack_shift != 0 ? MX_SESSION_TOLD : 0));
}

/* The number of the backend's first byte, as the backend counts. */
static inline uint32_t
mx_session_backend_seq(const struct mx_session *s)
{
	return s->server_seq + s->ack_shift;
}

/* The offsets of the ends in a session, as a packet from either end shows them.
 */
#define MX_SESSION_FROM_CLIENT offsetof(struct mx_session, client_be)
#define MX_SESSION_FROM_SERVER offsetof(struct mx_session, server_be)
static_assert(MX_SESSION_FROM_SERVER == sizeof(struct mx_flow4),
	      "both are a struct mx_flow4");

/* The addresses of a session with an IPv6 end, IPv4 ones as ::ffff:a.b.c.d */
struct mx_session_wide {
	alignas(64) struct mx_addr client;
	struct mx_addr vip;
	struct mx_addr server;
	struct mx_addr local;
};
static_assert(sizeof(struct mx_session_wide) == 64, "and one more for IPv6");

struct mx_sessions_file {
	alignas(64) uint64_t magic;
	uint32_t layout;
	uint32_t count;
	uint16_t worker;
	uint16_t workers; /* the division of local ports depends on it */
	uint8_t wide;     /* mx_session_wide[count] follows the sessions */
	struct mx_hash_key key;
	alignas(64) struct mx_session session[];
};
static_assert(sizeof(struct mx_sessions_file) == 64, "sessions stay aligned");

#define MX_SESSIONS_SIZE(count, wide)                                          \
	(sizeof(struct mx_sessions_file) +                                     \
	 (size_t)(count) * (sizeof(struct mx_session) +                        \
			    ((wide) ? sizeof(struct mx_session_wide) : 0)))

/* The wide part of session number `index`; only if file->wide. */
static inline struct mx_session_wide *
mx_session_wide_of(const struct mx_sessions_file *file, uint32_t index)
{
	return (struct mx_session_wide *)(uintptr_t)&file
		       ->session[file->count] +
	       index;
}

/* All four addresses of a session, whatever their families.  wide: its wide part,
 * or NULL if the file has none. */
static inline struct mx_session_wide
mx_session_ends(const struct mx_session *s, const struct mx_session_wide *wide)
{
	struct mx_session_wide ends = {
		.client = mx_addr_from4(s->client_be),
		.vip = mx_addr_from4(s->vip_be),
		.local = mx_addr_from4(s->local_be),
		.server = mx_addr_from4(s->server_be),
	};

	if (wide != NULL && s->kind & MX_SESSION_CLIENT6) {
		ends.client = wide->client;
		ends.vip = wide->vip;
	}
	if (wide != NULL && s->kind & MX_SESSION_SERVER6) {
		ends.local = wide->local;
		ends.server = wide->server;
	}
	return ends;
}

/* Is a file of a layout that this version reads, once it is lifted? */
static inline bool
mx_sessions_is_known(uint32_t layout)
{
	return layout >= MX_SESSIONS_LAYOUT_OLDEST &&
	       layout <= MX_SESSIONS_LAYOUT;
}

/* Lift a session of an earlier layout to the present one.  A session that was
 * lifted already stays as it is, so a pass over a file that was interrupted
 * may begin again. */
void mx_session_lift(struct mx_session *s);

/* The word that the CLI shows for a state. */
const char *mx_session_state_name(uint8_t state);

#endif /* MX_TABLES_SESSIONS_H */
