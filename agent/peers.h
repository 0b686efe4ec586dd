/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PEERS_H
#define MX_PEERS_H

/* Addresses: where to listen, and who may ask.  IPv4 is mapped into IPv6.
 *
 * Threads    pure functions: any. */
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define PEERS_MAX 32
#define PEER_TEXT_MAX 64

/* The addresses that share the first bits. */
struct peer_prefix {
	uint8_t address[16];
	uint8_t bits; /* of 128 */
};

struct peers {
	uint16_t count;
	struct peer_prefix prefix[PEERS_MAX];
};

/* Read "10.0.2.0/24", "fd00:2::1" or the like.  Bits behind the prefix must be
 * zero.  Returns false with *prefix untouched. */
bool peer_prefix_parse(const char *text, struct peer_prefix *prefix);

bool peers_have(const struct peers *peers, const uint8_t address[16]);

/* Networks that the Internet does not route: RFC 1918, RFC 4193, link-local and
 * loopback. */
void peers_private(struct peers *peers);

/* Read "PORT", "10.0.2.11:9707" or "[fd00::11]:9707".  A port alone means all
 * addresses of the host.  Returns false with *address untouched. */
bool peer_listen_parse(const char *text, struct sockaddr_in6 *address);

/* The address of a peer as text.  Returns text. */
const char *peer_format(const uint8_t address[16],
			char text[static PEER_TEXT_MAX]);

#endif /* MX_PEERS_H */
