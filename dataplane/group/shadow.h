/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GROUP_SHADOW_H
#define MX_GROUP_SHADOW_H

/* The shadow of a peer: copies of its sessions, for the time when their packets
 * come to this box.  It is the file `shadow.BOX` in the control plane's folder.
 * mxsteer-replica writes what the peer tells; workers look sessions up that they
 * do not know themselves.
 *
 * Shape      header | bucket[buckets] | version[count] | session[count], and
 *            wide[count] if the header says so.  The number of an entry is
 *            the slot that the peer names.  Every entry is in the index twice:
 *            by the client's end, and in fullnat by the local end.  Both hashes
 *            are keyed by the session key, which all boxes have in common.
 * Entry      struct mx_session (sessions.h).  state: as the peer has it, FREE:
 *            no entry.  deadline_s and opened_s: CLOCK_MONOTONIC of this host.
 *            backend: the peer's id, a hint.  service, snat_slot, next, the deltas
 *            and the digests of IPv6 addresses mean nothing.  client_port: of
 *            this box, by the port's name; UINT8_MAX: it has no such port.
 * Reading    The version of an entry is odd while it is written.  A reader copies
 *            the entry, and has none if the version was odd or has changed.
 * Believed   nothing.  The header's sizes are copied and checked once
 *            (mx_shadow_attach()), every number from the file is held against the
 *            copies, and every loop ends by a constant.  The file may be cut:
 *            readers guard themselves (cutguard.h).
 * Threads    write: mxsteer-replica, one thread.  Read: any. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "bounds.h"
#include "hash.h"
#include "sessions.h"

#define MX_SHADOW_MAGIC 0x776f64616873786du
#define MX_SHADOW_LAYOUT 1 /* raised with every change */

#define MX_SHADOW_NAME_MAX 16

enum mx_shadow_state {
	MX_SHADOW_EMPTY,    /* nobody has taught it yet */
	MX_SHADOW_TEACHING, /* it is being taught: what is missing may come */
	MX_SHADOW_SYNCED,   /* it has all that the peer has */
	MX_SHADOW_LOST,     /* the peer is gone; these are its last sessions */
	MX_SHADOW_STATES,
};

struct mx_shadow {
	alignas(64) uint64_t magic;
	uint32_t layout;
	uint32_t count;   /* entries */
	uint32_t buckets; /* a power of two */
	uint16_t workers; /* of the peer */
	uint8_t wide;     /* entries have room for IPv6 addresses */
	uint8_t box;      /* whose sessions they are */
	uint8_t check[8]; /* of the group's secret (secret.h) */
	/* What changes. */
	alignas(64) _Atomic uint32_t state; /* enum mx_shadow_state */
	_Atomic uint32_t used;              /* entries in use */
	_Atomic uint64_t rounds;            /* how often it became SYNCED */
	_Atomic uint64_t unplaced; /* entries that the index had no room for */
};

/* A mapped shadow, with sizes that no writer can change any more. */
struct mx_shadow_map {
	const struct mx_shadow *file;
	size_t size_bytes;
	uint32_t count;
	uint32_t buckets;
	bool wide;
	uint8_t box;
	uint16_t workers;
};

/* A copy of an entry.  ends: all four addresses, whatever the families. */
struct mx_shadow_entry {
	struct mx_session session;
	struct mx_session_wide ends;
	uint32_t slot; /* its number */
};

void mx_shadow_name(char name[static MX_SHADOW_NAME_MAX], uint8_t box);

/* The bytes of a file. */
size_t mx_shadow_size(uint32_t count, bool wide);

/* Look at a mapped file.  Returns 0, or -EPROTO: it is no shadow of this layout, or
 * its sizes do not fit the file. */
int mx_shadow_attach(struct mx_shadow_map *map, const void *file,
		     size_t size_bytes);

enum mx_shadow_state mx_shadow_state_of(const struct mx_shadow_map *map);

/* The entry of a client's segment, or of a reply to a local address: flow is as the
 * packet has it.  key: that of the sessions.  Returns false if there is none. */
bool mx_shadow_find_client(const struct mx_shadow_map *map,
			   const struct mx_hash_key *key,
			   const struct mx_flow *flow,
			   struct mx_shadow_entry *entry);
bool mx_shadow_find_local(const struct mx_shadow_map *map,
			  const struct mx_hash_key *key,
			  const struct mx_flow *flow,
			  struct mx_shadow_entry *entry);

/* May the peer have the session of a client's segment, with this local end?  Only
 * a "no" is sure: an entry that is being written may be any. */
bool mx_shadow_may_have(const struct mx_shadow_map *map,
			const struct mx_hash_key *key,
			const struct mx_flow *flow, const struct mx_addr *local,
			uint16_t local_port_be);

/* Start loading what the look-up of a flow reads first.  hash: mx_hash_client() of
 * the end that is sought. */
void mx_shadow_prefetch(const struct mx_shadow_map *map, uint64_t hash);

/* Copy entry number `slot`.  Returns false if it is none, or is being written. */
bool mx_shadow_at(const struct mx_shadow_map *map, uint32_t slot,
		  struct mx_shadow_entry *entry);

/* The writer's part.
 *
 * mx_shadow_make() makes zeroed memory of mx_shadow_size() bytes an empty shadow.
 * mx_shadow_put() writes an entry, in place of the one that the slot has;
 * mx_shadow_drop() ends it.  slot < count. */
void mx_shadow_make(struct mx_shadow *file, uint8_t box, uint16_t workers,
		    uint32_t count, bool wide);
void mx_shadow_put(struct mx_shadow *file, const struct mx_hash_key *key,
		   uint32_t slot, const struct mx_session *session,
		   const struct mx_session_wide *ends);
void mx_shadow_drop(struct mx_shadow *file, const struct mx_hash_key *key,
		    uint32_t slot);

#endif /* MX_GROUP_SHADOW_H */
