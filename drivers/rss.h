/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_RSS_H
#define MX_DRIVERS_RSS_H

/* Receive side scaling (RSS): the port hashes the addresses and TCP ports of
 * a segment (Toeplitz, under a key), and the low bits of the hash choose the
 * queue from a table.
 *
 * Key and table are ours, the same at every port, so that software can tell
 * beforehand which queue a segment will come to.  What a port made of them is
 * read back: drivers differ in what they take, and some take it in silence.
 *
 * Threads    main, before the workers start. */
#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>

/* All that the hash of TCP over IPv6 uses: 36 bytes of input and 32 bits. */
#define RSS_KEY_BYTES 40
#define RSS_KEY_BYTES_MAX 128 /* longer than that of any driver */

/* The low bits of the hash that count: six, as the smallest tables of network
 * cards have 64 entries.  A larger one repeats itself. */
#define RSS_CLASSES 64u

struct rss {
	uint8_t key[RSS_KEY_BYTES];
	uint8_t queue[RSS_CLASSES]; /* by the low bits of the hash */
	bool ipv6;                  /* IPv6 is to be hashed as well */
	/* What a port lacks for it, to be said after its name; NULL: nothing.
	 * A text that lasts. */
	const char *lack;
};

/* What a port of that kind lacks, before it is asked for anything, or NULL. */
const char *rss_lack(const struct rte_eth_dev_info *info, bool ipv6);

/* What to configure a port with that lacks nothing: the key, and TCP alone.
 * key: room for it, as long as the port is being configured. */
struct rte_eth_rss_conf rss_conf(const struct rte_eth_dev_info *info,
				 const struct rss *want,
				 uint8_t key[static RSS_KEY_BYTES_MAX]);

/* Give the port, once it is started, the table, and read into *found what it
 * has of all this.  Sets found->lack. */
void rss_settle(uint16_t port_id, const struct rte_eth_dev_info *info,
		const struct rss *want, struct rss *found);

#endif /* MX_DRIVERS_RSS_H */
