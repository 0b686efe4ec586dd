/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LISTENER_H
#define MX_LISTENER_H

/* The listening end of the CLI socket.  A socket whose name was removed is made
 * anew.  While there are no descriptors, connections wait in the socket's
 * queue, and the loop is not woken for them.
 *
 * Threads    the event loop. */
#include <event2/event.h>

#include "socketfile.h"

struct listener;

struct listener_options {
	const char *path;
	struct socketfile_right right;
	int backlog;
};

/* accepted: a client has connected.  The callee owns fd, which does not block.
 * Returns NULL with errno: that of socketfile_listen(), or ENOMEM. */
struct listener *listener_new(struct event_base *base,
			      const struct listener_options *options,
			      void (*accepted)(void *arg, int fd), void *arg);

/* Close the socket, and remove its name unless another process has replaced
 * it. */
void listener_free(struct listener *listener);

#endif /* MX_LISTENER_H */
