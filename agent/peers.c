/* SPDX-License-Identifier: BSD-3-Clause */
#include "peers.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* Read an address of either family.  Returns the bits of its family, or 0. */
static uint8_t
parse_address(const char *text, uint8_t address[16])
{
	struct in_addr in4;

	if (inet_pton(AF_INET, text, &in4) == 1) {
		memcpy(address, mapped, sizeof(mapped));
		memcpy(address + 12, &in4, 4);
		return 32;
	}
	return inet_pton(AF_INET6, text, address) == 1 ? 128 : 0;
}

/* Read a whole number without sign or leading zero. */
static bool
parse_number(const char *text, uint32_t max, uint32_t *number)
{
	const size_t length = strspn(text, "0123456789");

	if (length == 0 || length > 5 || text[length] != '\0' ||
	    (text[0] == '0' && length > 1))
		return false;
	*number = (uint32_t)strtoul(text, NULL, 10);
	return *number <= max;
}

static bool
has_bit(const uint8_t address[16], int bit)
{
	return address[bit / 8] >> (7 - bit % 8) & 1;
}

bool
peer_prefix_parse(const char *text, struct peer_prefix *prefix)
{
	char copy[PEER_TEXT_MAX];
	struct peer_prefix draft;
	uint32_t bits;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	char *slash = strchr(copy, '/');
	if (slash != NULL)
		*slash = '\0';
	const uint8_t all = parse_address(copy, draft.address);
	if (all == 0)
		return false;
	bits = all;
	if (slash != NULL && !parse_number(slash + 1, all, &bits))
		return false;
	draft.bits = (uint8_t)(128 - all + bits);
	for (int bit = draft.bits; bit < 128; bit++)
		if (has_bit(draft.address, bit))
			return false;
	*prefix = draft;
	return true;
}

bool
peers_have(const struct peers *peers, const uint8_t address[16])
{
	for (uint16_t i = 0; i < peers->count; i++) {
		const struct peer_prefix *prefix = &peers->prefix[i];
		int bit = 0;

		while (bit < prefix->bits &&
		       has_bit(prefix->address, bit) == has_bit(address, bit))
			bit++;
		if (bit == prefix->bits)
			return true;
	}
	return false;
}

void
peers_private(struct peers *peers)
{
	static const char *const networks[] = {
		"10.0.0.0/8",     "172.16.0.0/12", "192.168.0.0/16",
		"169.254.0.0/16", "127.0.0.0/8",   "fc00::/7",
		"fe80::/10",      "::1",
	};

	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
		if (peers->count < PEERS_MAX &&
		    peer_prefix_parse(networks[i],
				      &peers->prefix[peers->count]))
			peers->count++;
}

bool
peer_listen_parse(const char *text, struct sockaddr_in6 *address)
{
	char copy[PEER_TEXT_MAX];
	struct sockaddr_in6 draft = {.sin6_family = AF_INET6,
				     .sin6_addr = in6addr_any};
	uint32_t port;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	char *colon = strrchr(copy, ':');
	if (colon != NULL) {
		*colon = '\0';
		char *host = copy;
		const size_t length = strlen(host);
		const bool brackets =
			length > 1 && host[0] == '[' && host[length - 1] == ']';
		if (brackets) {
			host[length - 1] = '\0';
			host++;
		}
		if (parse_address(host, draft.sin6_addr.s6_addr) !=
		    (brackets ? 128 : 32))
			return false;
	}
	if (!parse_number(colon != NULL ? colon + 1 : copy, 65535, &port) ||
	    port == 0)
		return false;
	draft.sin6_port = htons((uint16_t)port);
	*address = draft;
	return true;
}

const char *
peer_format(const uint8_t address[16], char text[static PEER_TEXT_MAX])
{
	const bool is4 = memcmp(address, mapped, sizeof(mapped)) == 0;

	if (inet_ntop(is4 ? AF_INET : AF_INET6, is4 ? address + 12 : address,
		      text, PEER_TEXT_MAX) == NULL)
		strcpy(text, "?");
	return text;
}
