/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_GROUPRIG_H
#define MX_TESTS_GROUPRIG_H

/* Boxes of a group, each with the mxsteer-replica of the product, on loopback.  All of
 * them are in one event loop, but for those that grouprig_fork() starts. */
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "boxrig.h"
#include "replica.h"

#define GROUPRIG_BOXES 3

struct grouprig_box {
	struct boxrig rig;
	struct replica replica;
	bool runs; /* in this process */
	pid_t pid; /* or in that one; 0: not */
};

extern struct event_base *grouprig_base;
extern struct grouprig_box grouprig_box[GROUPRIG_BOXES + 1]; /* by number */
extern char grouprig_secret[64]; /* the path of the group's secret */

/* Make the boxes 1 to `boxes`.  None runs.  Each has two workers of `count`
 * sessions. */
void grouprig_setup(unsigned boxes, uint32_t count);
void grouprig_teardown(void);

/* Start mxsteer-replica of a box in this process, and end it in good order. */
void grouprig_start(uint8_t box);
void grouprig_stop(uint8_t box);

/* The same in a process of its own, which is killed. */
void grouprig_fork(uint8_t box);
void grouprig_kill(uint8_t box);

/* Write the sheet of a box anew, as its rig has it. */
void grouprig_write_sheet(uint8_t box);

/* Where mxsteer-replica of a box listens. */
struct mx_endpoint grouprig_address(uint8_t box);

/* Run the loop until a condition holds. */
#define GROUPRIG_WAIT(condition)                                               \
	do {                                                                   \
		grouprig_begin_wait();                                         \
		while (!(condition))                                           \
			grouprig_go_on(#condition);                            \
	} while (0)
void grouprig_begin_wait(void);
void grouprig_go_on(const char *condition);

/* The state of the shadow that a box has of another; and its entries. */
uint32_t grouprig_state(uint8_t box, uint8_t of);
uint32_t grouprig_used(uint8_t box, uint8_t of);

#endif /* MX_TESTS_GROUPRIG_H */
