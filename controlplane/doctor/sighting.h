/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SIGHTING_H
#define MX_SIGHTING_H

/* The client's address, in texts of MTAs.
 *
 *   Exim       250-mx.example.org Hello client.example.net [203.0.113.9]
 *   Postfix    from client.example.net (unknown [203.0.113.9]) by ...
 *   Exchange   from client.example.net (203.0.113.9) by ...
 *
 * Threads    pure functions: any. */
#include <stdbool.h>

#include "addr.h"

/* The address that the reply to EHLO names.  line: its first line, without the
 * code.  The server's own name comes first, and may be an address. */
bool sighting_in_hello(const char *line, struct mx_addr *seen);

/* The address of the client in a Received header (RFC 5321 4.4), unfolded. */
bool sighting_in_received(const char *header, struct mx_addr *seen);

/* The address of the client in a refusal, such as "Client host [192.0.2.1]
 * blocked". */
bool sighting_in_refusal(const char *text, struct mx_addr *seen);

#endif /* MX_SIGHTING_H */
