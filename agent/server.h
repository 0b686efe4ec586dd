/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SERVER_H
#define MX_SERVER_H

/* The server answers balancers.
 *
 *   accept --allowed--> write the line, end of output --> read and forget --> close
 *        '--not allowed--> reset
 *
 * The line is written at once and without waiting for what the balancer sends
 * (HAProxy's agent-send).  The rest is read until the balancer closes, for
 * SERVER_LINGER_MS at most: to close with bytes unread would reset the connection,
 * and the line could be lost.
 *
 * Limits     SERVER_PEERS_MAX connections.  One more ends the oldest one, which has
 *            had its line.  So nobody who is slow keeps others waiting.
 * Threads    one. */
#include <signal.h>
#include <stdint.h>

#include "gauge.h"
#include "peers.h"

#define SERVER_LISTENERS_MAX 8
#define SERVER_PEERS_MAX 64
#define SERVER_LINGER_MS 1000

struct server_task {
	uint16_t listeners;
	struct sockaddr_in6 listen[SERVER_LISTENERS_MAX];
	struct peers allowed;
};

struct server;

/* Listen.  Returns NULL, with the reason in the log. */
struct server *server_new(const struct server_task *task, struct gauge *gauge);

/* Answer until *ended is set by a signal. */
void server_run(struct server *server, const volatile sig_atomic_t *ended);

/* Ends all connections. */
void server_free(struct server *server);

#endif /* MX_SERVER_H */
