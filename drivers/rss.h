/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_RSS_H
#define MX_DRIVERS_RSS_H

/* Receive side scaling (RSS): the port hashes the addresses and TCP ports of
 * a segment (Toeplitz, under a key), and the low bits of the hash choose the
 * queue from a table.
 *
 * mxsteer sets the same key and table at every port, so that software can
 * compute the queue of a segment beforehand.  Then it reads both back from the
 * port: drivers differ in what they accept, and some ignore a part without an
 * error.  What a port says may still be false; rssproof.h compares it with
 * the traffic.
 *
 * The sizes are those that a port reports before it is configured.  mlx5 then
 * reports a table with an entry for each queue, and grows it again when it is
 * given a larger one.
 *
 * Threads    main, before the workers start. */
#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>

/* All bytes that the hash of TCP over IPv6 uses: 36 bytes of input and 32
 * bits. */
#define RSS_KEY_BYTES 40
#define RSS_KEY_BYTES_MAX 128 /* longer than that of any driver */

/* The low bits of the hash that count: six, as the smallest tables of network
 * cards have 64 entries.  A larger table repeats itself. */
#define RSS_CLASSES 64u

struct rss {
	uint8_t key[RSS_KEY_BYTES];
	uint8_t queue[RSS_CLASSES]; /* by the low bits of the hash */
	bool ipv6;                  /* IPv6 must be hashed as well */
	/* What the port lacks for RSS, to be printed after its name; NULL:
	 * nothing.  A text that lasts. */
	const char *lack;
};

/* What a port of that kind lacks, or NULL.  info: of before the port was
 * configured. */
const char *rss_lack(const struct rte_eth_dev_info *info, bool ipv6);

/* The configuration for a port that lacks nothing: the key, and TCP alone.
 * key: room for the key, while the port is being configured. */
struct rte_eth_rss_conf rss_conf(const struct rte_eth_dev_info *info,
				 const struct rss *want,
				 uint8_t key[static RSS_KEY_BYTES_MAX]);

/* Give the table to a started port, and read back into *found what the port
 * accepted.  info: of before the port was configured.  Sets found->lack. */
void rss_settle(uint16_t port_id, const struct rte_eth_dev_info *info,
		const struct rss *want, struct rss *found);

#endif /* MX_DRIVERS_RSS_H */
