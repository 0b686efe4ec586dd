/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LISTENER_H
#define MX_LISTENER_H

/* The listening end of the CLI socket.  A socket whose name was removed is made
 * anew.  While connections cannot be accepted, for want of descriptors, they
 * wait in the socket's queue and the loop is left alone.
 *
 * Threads    the event loop. */
#include <event2/event.h>

struct listener;

/* accepted: a client has connected; fd is the callee's, and does not block.
 * Returns NULL with errno: that of socketfile_listen(), or ENOMEM. */
struct listener *listener_new(struct event_base *base, const char *path,
			      int backlog, void (*accepted)(void *arg, int fd),
			      void *arg);

/* Close the socket, and remove its name if it is still this one. */
void listener_free(struct listener *listener);

#endif /* MX_LISTENER_H */
