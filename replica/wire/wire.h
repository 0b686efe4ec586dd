/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_WIRE_H
#define MX_REPLICA_WIRE_H

/* The stream by which a box tells a peer its sessions, as bytes.
 *
 * The sender connects.  It says HELLO, and waits for the WELCOME of the receiver.
 * If that has no refusal, the sender tells its sessions:
 *
 *   sender      SESSION for each session that is new or has changed, END for each
 *               that is over, SYNCED when all have been told, TICK now and then
 *   receiver    DONE for each TICK, when all before it is in the shadow
 *
 * Shape      A message is its type (1 byte), the bytes of its body (2), and the
 *            body.  Numbers are big-endian.  A later version may add fields
 *            behind the known ones: a reader passes over them.  What is known
 *            keeps its place for ever.
 * Session    The number of a session is its slot of all workers' sessions together.
 *            One of the receiver itself, that the receiver may have lost, has the
 *            number of a slot that is free at the sender.
 *            SESSION4 has four IPv4 addresses.  SESSION6 has four of 16 bytes,
 *            IPv4 ones as ::ffff:a.b.c.d.
 * Believed   nothing.  wire_take() reads no byte beyond `count`, and refuses what
 *            no mxsteer sends.  The receiver still has to check what depends
 *            on HELLO: the slot, the port's number, and SESSION6 without
 *            wire_hello.wide.
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "bounds.h"
#include "groupsheet.h"
#include "replicated.h"
#include "secret.h"
#include "sessions.h"

#define WIRE_MAGIC 0x6d787274u

/* The versions of the stream that this program speaks. */
#define WIRE_VERSION_FROM 1
#define WIRE_VERSION_TO 1

#define WIRE_BYTES_MAX 1024 /* of a message, with those of later versions */
#define WIRE_LEFT_S_MAX (24u * 3600u)

enum wire_type {
	WIRE_HELLO = 1,
	WIRE_WELCOME,
	WIRE_SESSION4,
	WIRE_SESSION6,
	WIRE_END,
	WIRE_SYNCED,
	WIRE_TICK,
	WIRE_DONE,
	WIRE_TYPES,
};

struct wire_hello {
	uint16_t version_from;
	uint16_t version_to;
	uint8_t box;           /* of the sender: 1 to MX_BOXES_MAX */
	bool wide;             /* it may send SESSION6 */
	uint16_t workers;      /* 1 to MX_WORKERS_MAX */
	uint32_t sessions_max; /* slots: 1 to MX_SESSIONS_MAX */
	uint64_t epoch;        /* chosen by chance at the start of the sender */
	uint8_t digest[GROUPSHEET_DIGEST_BYTES];
	uint8_t check[MX_SECRET_CHECK_BYTES];
	uint8_t ports; /* up to MX_PORTS_MAX */
	char port[MX_PORTS_MAX][MX_NAME_MAX];
};

struct wire_welcome {
	uint16_t version; /* that both will speak; 0: none */
	uint8_t box;      /* of the receiver: 1 to MX_BOXES_MAX */
	uint8_t refusal;  /* enum replicated_refusal; one of a later version is
			   * read as REPLICATED_REFUSED_VERSION */
};

struct wire_session {
	uint32_t slot;
	uint8_t state; /* GREETING to BACKEND_FIN: see wire_session_is_sound() */
	uint8_t kind;  /* as in struct mx_session, and so on */
	uint8_t flags;
	uint8_t syn;
	uint8_t shifts;
	uint8_t port; /* where the client is: a number of wire_hello.port */
	uint8_t client_mac[6];
	uint32_t left_s; /* until the session's deadline */
	uint32_t age_s;
	uint32_t client_seq;
	uint32_t server_seq;
	uint32_t ack_shift;
	uint16_t backend; /* a hint: the sender's id */
	uint16_t client_port_be;
	uint16_t vip_port_be;
	uint16_t server_port_be;
	uint16_t local_port_be;
	struct mx_addr client;
	struct mx_addr vip;
	struct mx_addr server;
	struct mx_addr local;
};

struct wire_message {
	enum wire_type type;
	union {
		struct wire_hello hello;
		struct wire_welcome welcome;
		struct wire_session session; /* SESSION4 and SESSION6 */
		uint32_t slot;               /* END */
		struct {
			uint32_t serial; /* TICK, DONE */
			/* TICK: as the sheet of the sender says */
			uint8_t serves[GROUPSHEET_SERVES_BYTES];
		};
	};
};

/* Write a message.  Returns its bytes.
 * wire_put_session() chooses between SESSION4 and SESSION6. */
size_t wire_put(const struct wire_message *message,
		uint8_t room[static WIRE_BYTES_MAX]);
size_t wire_put_session(const struct wire_session *session,
			uint8_t room[static WIRE_BYTES_MAX]);

/* Read the message that bytes[0..count) begin with.
 * Returns how many bytes it has; 0: more are needed; -EPROTO, with an unknown
 * *message: no mxsteer sends this, and the stream has to be closed. */
int wire_take(const uint8_t *bytes, size_t count, struct wire_message *message);

/* The version that both speak, or 0.  From the receiver's point of view. */
uint16_t wire_version(const struct wire_hello *hello);

/* May it be sent?  Its state, mode, header, addresses, ports and times are some that
 * a session of this stream can have. */
bool wire_session_is_sound(const struct wire_session *session);

#endif /* MX_REPLICA_WIRE_H */
