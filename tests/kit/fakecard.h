/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_FAKECARD_H
#define MX_TESTS_FAKECARD_H

/* A network card whose abilities and faults the test sets.  It is linked in the
 * place of DPDK's port functions.  No EAL is needed. */
#include <stdbool.h>
#include <stdint.h>

#define FAKECARD_ENTRIES_MAX 2048
#define FAKECARD_KEY_MAX 128

struct fakecard {
	uint16_t queues;  /* at most; 0: as many as are wanted */
	uint16_t entries; /* of its table */
	uint8_t key_bytes;
	uint64_t types;   /* of RSS, that it offers */
	bool refuses_rss; /* although it offers RSS */
	bool keeps_key;   /* keeps its own key, and ignores the one it gets */
	bool keeps_table;
	bool refuses_table;
	/* Once configured its table has as many entries as it has queues,
	 * rounded up to a power of two, until it is given a larger one. */
	bool shrinks;
	bool stays_small; /* and it takes no larger one */
	bool hides_key;   /* cannot be asked for its key */
	bool hides_table;
	uint64_t forgets; /* types that it silently ignores */
	uint64_t rx_offloads;
	uint64_t tx_offloads;
	uint16_t interrupts;     /* queues that have an interrupt, if asked
				  * for */
	bool refuses_interrupts; /* refuses when it is asked */
	bool hides_interrupts;   /* has no interrupt to wait for */
	bool reports_unplug;     /* has RTE_ETH_DEV_INTR_RMV */
	bool filters_multicast;  /* cannot take all multicast frames */
	uint16_t tx_queues;      /* at most; 0: as many as are wanted */
	int mtu_error;           /* the return value when the MTU is set */
	int fails;               /* the return value of every configuration */

	/* The settings that the card got. */
	int configured; /* how often with success */
	bool started;
	bool rss;
	bool interrupts_set;
	uint64_t rx_offloads_set;
	uint64_t tx_offloads_set;
	uint16_t queues_set;
	uint16_t queues_dropping; /* when they are full */
	bool unplug_configured;
	uint32_t mtu_configured;
	uint16_t mtu_set;
	uint64_t types_set;
	uint8_t key[FAKECARD_KEY_MAX];
	uint16_t table[FAKECARD_ENTRIES_MAX];
	uint16_t table_entries; /* 0: as many as it began with */
};

extern struct fakecard fakecard;

#endif /* MX_TESTS_FAKECARD_H */
