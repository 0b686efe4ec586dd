/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PCAPNG_H
#define MX_PCAPNG_H

/* Blocks of a pcapng file (draft-ietf-opsawg-pcapng), which Wireshark and
 * tcpdump read: a section, its interfaces, then frames with comments.
 *
 * The numbers are in this host's byte order; a reader learns the order from the
 * section.
 * Threads    any. */
#include <stdint.h>
#include <stdio.h>

#define PCAPNG_NAME_MAX 128

struct pcapng_interface {
	const char *name;
	const char *description;
	const uint8_t *mac; /* 6 bytes */
	uint32_t bytes_max; /* of a frame */
};

enum pcapng_direction {
	PCAPNG_IN = 1,
	PCAPNG_OUT = 2,
};

struct pcapng_frame {
	uint32_t interface; /* by the order of pcapng_interface() */
	enum pcapng_direction direction;
	uint64_t time_ns; /* since 1970 */
	uint32_t bytes;   /* of the whole frame */
	uint32_t captured;
	const uint8_t *data;
	uint64_t id; /* two frames of one id are one packet */
	uint32_t queue;
	const char *comment; /* NULL: none */
};

void pcapng_section(FILE *out, const char *program);
void pcapng_interface(FILE *out, const struct pcapng_interface *interface);
void pcapng_frame(FILE *out, const struct pcapng_frame *frame);

/* The end of an interface: how many frames were lost for the capture. */
void pcapng_lost(FILE *out, uint32_t interface, uint64_t time_ns,
		 uint64_t lost);

#endif /* MX_PCAPNG_H */
