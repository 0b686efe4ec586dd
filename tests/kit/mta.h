/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_MTA_H
#define MX_TESTS_MTA_H

/* A mail server that follows a script, on a loopback port, in the event base of
 * the test.  The script has what it waits for, what it sends, and how it ends.
 * Threads    the event loop. */
#include <event2/event.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

#define MTA_HEARD_MAX 512
#define MTA_NAME_MAX 64
#define MTA_STEPS_MAX 10

enum mta_then { STAY, CLOSE, RESET, FLOOD };

struct mta_step {
	bool hears;            /* waits for a whole line first */
	uint32_t after_ms;     /* then for so long */
	const char *say;       /* NULL: the script ends; silence */
	enum mta_then then;    /* FLOOD: sends it without end */
	uint32_t header_bytes; /* first of all, waits for so many bytes */
	bool secures;          /* but before that, goes into TLS */
};

/* Observations for the test, over all connections. */
struct mta_seen {
	uint32_t accepted;
	uint32_t open;
	uint32_t open_most;
	bool spoken_to_early; /* bytes came when it was not the client's turn */
	char heard[MTA_HEARD_MAX];
	uint32_t header_bytes; /* of the last connection */
	uint8_t header[MTA_HEARD_MAX];
	struct mx_endpoint peer; /* the client that connected last */
	uint32_t secured;        /* TLS handshakes that are done */
	uint32_t resumed;        /* of these, resumed a session */
	bool notified;           /* the last one said the end of TLS */
	char name[MTA_NAME_MAX]; /* that the last one asked for (SNI) */
};

struct mta;

/* Listen on a free port of host ("127.0.0.1", "::1").  Returns NULL if this
 * machine lacks the address. */
struct mta *mta_new(struct event_base *base, const char *host);
void mta_free(struct mta *mta);

/* Set the script for connections from now on. */
void mta_play(struct mta *mta, const struct mta_step script[MTA_STEPS_MAX]);

/* What TLS is made of, for steps that go into it.  The context outlives the MTA.
 */
void mta_use_tls(struct mta *mta, SSL_CTX *context);

struct mx_endpoint mta_endpoint(const struct mta *mta);
const struct mta_seen *mta_seen(const struct mta *mta);

#endif /* MX_TESTS_MTA_H */
