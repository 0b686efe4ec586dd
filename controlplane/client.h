/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CLIENT_H
#define MX_CLIENT_H

/* The other end of ctl.h: one connection, one request after the other.
 * Threads    one. */
#include <stdbool.h>
#include <stddef.h>

/* The socket of the only instance on this host, into path[size].
 * Returns 0, -ENOENT if there is none, -ENOTUNIQ if there are several: their
 * names are then in path, as far as they fit. */
int client_find_socket(char *path, size_t size);

/* Returns a connected socket or -errno. */
int client_connect(const char *path);

/* Send a request line (without its end) and wait for the reply, however long
 * that takes.  Returns 0 with *ok and *text, to be freed; -EMSGSIZE if the line
 * is too long; -EPROTO if what answers is no control plane; -ECONNRESET if it
 * went away; or -errno. */
int client_ask(int fd, const char *line, bool *ok, char **text);

#endif /* MX_CLIENT_H */
