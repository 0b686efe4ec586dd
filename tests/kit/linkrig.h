/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_LINKRIG_H
#define MX_TESTS_LINKRIG_H

/* Two boxes in one process, on the loopback: box 1 dials, box 2 listens.  And
 * strangers: ends that are not mxsteer's.
 * Threads    the main thread. */
#include <event2/event.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link.h"

#define LINKRIG_ENDS 80

/* One end of a link, and what it was told. */
struct linkrig_end {
	struct link *link; /* NULL: none, or it is gone */
	bool opened;
	bool ended;
	enum replicated_refusal why;
	int error;
	uint32_t writable;
	size_t bytes; /* that have come; byte number n is linkrig_byte(n) */
};

struct linkrig {
	struct event_base *base;
	struct event *guard;
	struct links *dialler;
	struct links *listener;
	struct mx_endpoint address; /* of the listener */
	struct linkrig_end end;     /* of box 1 */
	struct linkrig_end came[LINKRIG_ENDS];
	uint32_t accepted;
	uint8_t box; /* of the last one that was accepted */
	uint32_t refused[REPLICATED_REFUSALS];
};

/* same: both have the same key. */
void linkrig_begin(struct linkrig *rig, bool same);
void linkrig_end(struct linkrig *rig);

/* A port of the loopback that nobody has. */
struct mx_endpoint linkrig_free_port(void);

void linkrig_dial(struct linkrig *rig, const struct mx_endpoint *address);

/* Dial, and wait until both ends are open. */
void linkrig_open(struct linkrig *rig);

/* Go on until the condition holds. */
#define LINKRIG_UNTIL(rig, condition)                                          \
	do {                                                                   \
		linkrig_guard(rig);                                            \
		while (!(condition))                                           \
			linkrig_step(rig);                                     \
	} while (0)

/* The test fails if the next steps take too long altogether. */
void linkrig_guard(struct linkrig *rig);
void linkrig_step(struct linkrig *rig);

uint8_t linkrig_byte(size_t number);

/* Write some bytes, as the reading end expects them.  sent: how many were sent
 * before.  Returns what link_write() says. */
bool linkrig_write(struct link *link, size_t *sent, size_t count);

/* A connection to the listener that says nothing of its own.  Returns its socket. */
int linkrig_connect(const struct linkrig *rig);

/* A socket that listens at an endpoint. */
int linkrig_listen(struct mx_endpoint *address);

/* Let OpenSSL shake hands over a connected socket, from now on, as long as the loop
 * runs. */
struct bufferevent *linkrig_shake(struct linkrig *rig, int fd, SSL_CTX *context,
				  bool accepts);

/* The same with the next connection to a socket of linkrig_listen(). */
struct bufferevent *linkrig_serve(struct linkrig *rig, int socket,
				  SSL_CTX *context);

#endif /* MX_TESTS_LINKRIG_H */
