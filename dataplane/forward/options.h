/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_FORWARD_OPTIONS_H
#define MX_FORWARD_OPTIONS_H

/* What of a TCP header's options must not pass as it is, and what a SYN's say.
 *
 * Threads    pure functions of the frame. */
#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "offer.h"

/* Make a SYN or SYN-ACK of a fullnat session fit for a shared address.
 *
 * Timestamps (RFC 7323) go: the backend would see those of many clients from
 * one address, and refuse what seems to come from the past (PAWS).  So does a
 * cookie of TCP Fast Open (RFC 7413), which is bound to an address.  What goes
 * is overwritten with no-operations; the handshake then agrees to do without.
 * The TCP checksum follows.  ip_bytes: of the IP header before TCP. */
void options_hide_client(struct rte_mbuf *frame, uint32_t ip_bytes);

/* Lower the maximum segment size (RFC 9293 3.7.1) to mss_max, if the segment
 * names a larger one.  The TCP checksum follows. */
void options_clamp_mss(struct rte_mbuf *frame, uint32_t ip_bytes,
		       uint16_t mss_max);

/* Shift the edges of a SACK option (RFC 2018) down by `shift`.  A block that
 * begins in the `shift` bytes from `first` on, the PROXY header, is none of the
 * client's business: then the whole option goes.  Returns what it adds to the
 * TCP checksum's delta. */
uint32_t options_shift_sack(struct rte_mbuf *frame, uint32_t ip_bytes,
			    uint32_t first, uint32_t shift);

/* Write the options of a SYN or SYN-ACK that offers this, in the order that most
 * hosts use.  Returns how many words of four bytes these are. */
#define OPTIONS_OFFER_WORDS 3
uint32_t options_write_offer(rte_be32_t out[static OPTIONS_OFFER_WORDS],
			     const struct offer *offer);

/* What a SYN or SYN-ACK offers.  An option of a wrong length is not there. */
struct offer options_read_offer(struct rte_mbuf *frame, uint32_t ip_bytes);

/* The timestamps of a segment, RFC 7323 3.2. */
struct options_stamps {
	uint32_t value; /* the sender's clock */
	uint32_t echo;  /* the latest that the sender has got */
};

/* Returns false if the segment has none. */
bool options_read_stamps(struct rte_mbuf *frame, uint32_t ip_bytes,
			 struct options_stamps *stamps);

/* Write the option, behind two no-operations as hosts send it. */
#define OPTIONS_STAMPS_BYTES 12
void options_write_stamps(uint8_t out[static OPTIONS_STAMPS_BYTES],
			  const struct options_stamps *stamps);

/* Add to the edges of a SACK option.  Returns what it adds to the TCP
 * checksum's delta. */
uint32_t options_add_sack(struct rte_mbuf *frame, uint32_t ip_bytes,
			  uint32_t shift);

#endif /* MX_FORWARD_OPTIONS_H */
