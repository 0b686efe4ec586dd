/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GROUP_REPLICATED_H
#define MX_GROUP_REPLICATED_H

/* What mxsteer-replica has done: the file `replicated` in the control plane's
 * folder.  mxsteer-replica writes it a few times a second, and the control plane
 * shows it.
 *
 * Believed   mxsteer-replica is a process of the control plane's user.  Whoever
 *            reads the file copies it, and checks the numbers that it uses.
 * Threads    one writer; read: any. */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "bounds.h"
#include "groupsheet.h"

#define REPLICATED_NAME "replicated"
#define REPLICATED_MAGIC 0x616369706c6572u
#define REPLICATED_LAYOUT 1

/* How a stream stands. */
enum replicated_state {
	REPLICATED_NONE,       /* there is no connection */
	REPLICATED_CONNECTING, /* ... and no answer yet */
	REPLICATED_REFUSED, /* the receiver said why, and it is tried again */
	REPLICATED_TEACHING,
	REPLICATED_SYNCED,
	REPLICATED_STATES,
};

/* Why a stream was refused or ended. */
enum replicated_refusal {
	REPLICATED_REFUSED_NOT,
	REPLICATED_REFUSED_TLS,     /* no common secret, or no TLS 1.3 */
	REPLICATED_REFUSED_VERSION, /* no common version of the stream */
	REPLICATED_REFUSED_BOX,     /* its number is not one of a peer */
	REPLICATED_REFUSED_OWN,     /* its number is this box's */
	REPLICATED_REFUSED_TAKEN,   /* another box has its number now */
	REPLICATED_REFUSED_WORKERS, /* it has another number of workers */
	REPLICATED_REFUSED_COUNT,   /* it has room for too many sessions */
	REPLICATED_REFUSED_KEY,     /* its sessions have another key */
	REPLICATED_REFUSED_RECORD,  /* it sent what cannot be */
	REPLICATED_REFUSED_SPACE,   /* no memory for its shadow */
	REPLICATED_REFUSED_SILENT,  /* it said nothing in time */
	REPLICATED_REFUSED_PLACES,  /* too many connections */
	REPLICATED_REFUSALS,
};

/* One direction of one peer.  Times are CLOCK_REALTIME, in ms; 0: never. */
struct replicated_stream {
	uint32_t state;    /* enum replicated_state */
	uint32_t refusal;  /* enum replicated_refusal: of the last end */
	int64_t since_ms;  /* of the state */
	int64_t synced_ms; /* the last SYNCED, or what came or went after it */
	uint64_t sessions; /* in the shadow; of a sender: that it has to send */
	uint64_t records;
	uint64_t bytes;
	uint64_t teaches;
	uint64_t breaks;  /* connections that ended */
	uint32_t lag_ms;  /* of the oldest tick without an answer */
	uint32_t version; /* of the stream; 0: none */
};

struct replicated_peer {
	uint32_t box; /* 0: no row */
	uint16_t workers;
	uint8_t same; /* its configuration has our digest */
	uint8_t digest_known;
	uint8_t digest[GROUPSHEET_DIGEST_BYTES];
	/* As groupsheet.serves of that box; zeroed while there is no stream. */
	uint8_t serves[GROUPSHEET_SERVES_BYTES];
	struct replicated_stream from; /* its sessions, to us */
	struct replicated_stream to;   /* ours, to it */
};

struct replicated {
	uint64_t magic;
	uint32_t layout;
	int32_t pid;       /* 0: it has ended in good order */
	int64_t started_s; /* CLOCK_REALTIME */
	int64_t at_ms;     /* when this was written */
	uint64_t sessions; /* of ours that are to be sent */
	uint64_t scans;
	uint64_t scan_us; /* the last one took */
	uint32_t box;     /* as the sheet says; 0: no group */
	int32_t error;    /* errno of what keeps it from its work; 0: nothing */
	/* How often a connection was refused or ended, by reason. */
	uint64_t refused[REPLICATED_REFUSALS];
	struct replicated_peer peer[MX_BOXES_MAX];
};
static_assert(sizeof(struct replicated) < 2 * 4096, "written at once");

/* A word for a state, and one for a refusal; a sentence for a person. */
const char *replicated_state_name(unsigned state);
const char *replicated_refusal_name(unsigned refusal);
const char *replicated_refusal_text(unsigned refusal);

#endif /* MX_GROUP_REPLICATED_H */
