/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_FAKEWAKE_H
#define MX_TESTS_FAKEWAKE_H

/* The rx interrupts of ports that have none, linked in the place of DPDK's
 * functions.  A wait is over at once. */
#include <stdint.h>

#define FAKEWAKE_PORTS 8

struct fakewake {
	int fails;             /* the return value of asking for an event */
	void (*when_on)(void); /* called as an interrupt is turned on */
	void (*when_waits)(void);

	/* The calls that were made. */
	int on[FAKEWAKE_PORTS]; /* interrupts turned on and not off again */
	int asked;              /* events of queues added */
	int waits;
};

extern struct fakewake fakewake;

#endif /* MX_TESTS_FAKEWAKE_H */
