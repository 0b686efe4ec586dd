/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_WEBCLIENT_H
#define MX_TESTS_WEBCLIENT_H

/* A client of the HTTP server of a plane, which has an address of this process
 * alone. */
#include <stdbool.h>
#include <stddef.h>

#include "plane.h"

/* Write a configuration with PLANE_BACKENDS and this server.  http: the mapping's
 * other keys, as ", hosts: [a.b]". */
void webclient_write_config(struct plane *plane, const char *name,
			    const char *http);

/* The same with other backends, and no more keys. */
void webclient_write_backends(struct plane *plane, const char *name,
			      const char *backends);

/* Start a plane with this server, whose backends serve.  http: as above. */
void webclient_start(struct plane *plane, const char *http);

/* "127.1.2.3:9625" */
const char *webclient_address(void);

/* Connect.  Returns a socket that does not block. */
int webclient_connect(void);

/* Is the connection closed?  What came before is kept in text[size]. */
bool webclient_is_closed(int fd, char *text, size_t size);

/* Send all of it, and read until the server closes.  The caller frees the
 * text. */
char *webclient_exchange(struct plane *plane, const char *request);

/* GET, as browsers do.  The reply must begin with this status.  The caller frees
 * the text, which is the whole reply. */
char *webclient_get(struct plane *plane, const char *path, int status);

#endif /* MX_TESTS_WEBCLIENT_H */
