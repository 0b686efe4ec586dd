/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_FAKECARD_H
#define MX_TESTS_FAKECARD_H

/* A network card that has what a test says and takes what it pleases: DPDK's
 * port functions, linked in their place.  No EAL is needed. */
#include <stdbool.h>
#include <stdint.h>

#define FAKECARD_ENTRIES_MAX 2048
#define FAKECARD_KEY_MAX 128

struct fakecard {
	uint16_t queues;  /* at most; 0: as many as are wanted */
	uint16_t entries; /* of its table */
	uint8_t key_bytes;
	uint64_t types;   /* of RSS, that it offers */
	bool refuses_rss; /* though it says it has it */
	bool keeps_key;   /* an own one, whatever it is told */
	bool keeps_table;
	bool refuses_table;
	bool hides_key; /* cannot be asked */
	bool hides_table;
	uint64_t forgets; /* types that it does not take, in silence */
	uint64_t rx_offloads;
	uint64_t tx_offloads;
	uint16_t interrupts;     /* queues that have one, if asked for */
	bool refuses_interrupts; /* when it is asked */
	bool hides_interrupts;   /* none to wait for */
	int fails;               /* what every configuration returns */

	/* What it was told. */
	int configured; /* how often with success */
	bool started;
	bool rss;
	bool interrupts_set;
	uint64_t rx_offloads_set;
	uint64_t tx_offloads_set;
	uint16_t queues_set;
	uint64_t types_set;
	uint8_t key[FAKECARD_KEY_MAX];
	uint16_t table[FAKECARD_ENTRIES_MAX];
};

extern struct fakecard fakecard;

#endif /* MX_TESTS_FAKECARD_H */
