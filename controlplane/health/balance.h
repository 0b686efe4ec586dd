/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_BALANCE_H
#define MX_BALANCE_H

/* `balance: load`: the percents of their weights that the members of a pool get,
 * so that sessions wait equally long for the greeting of each.
 *
 * A member that greets c sessions a second after t seconds each is taken for a
 * queue with one server (M/M/1): it could greet c + 1/t a second.  From these
 * rates follow those at which all would wait equally long, and from them the
 * percents.  The percents move towards them by a part of the way each second.
 * What a member could greet does not depend on its share, so nothing swings: a
 * new share is not answered by a new target.  A member that is overloaded greets
 * what it can, and 1/t is small.
 *
 * A member in which sessions hang, none of which has heard a word, is stuck: its
 * target is 0.  Clients that leave at once, or speak first, leave no such trace.
 *
 * CPU and memory come from the member's agent, as a factor of its own.  The balance
 * needs not know it: a member whose agent takes too much greets sooner than the
 * others, and then it is their percents that fall.
 *
 * Where clients speak first (TLS), and in direct modes, there are no times, and
 * all percents rise to 100.  The workers' choice by the number of sessions at
 * once (choice.h) is left there.
 *
 * Limits     A percent is 10 to 100, and moves by 5 a second at most.  Waits that
 *            differ by 5 % from the mean, by a millisecond, or by no more than so
 *            few sessions tell, are equal: then a percent rises slowly.
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#define BALANCE_LEAST 10 /* percent */
#define BALANCE_STEP 5   /* percent a second, at most */
#define BALANCE_MEMBERS_MAX 256

/* What came of a member in the last second. */
struct balance_sample {
	bool serves;      /* it gets sessions */
	uint64_t waits;   /* sessions that it greeted, */
	uint64_t wait_us; /* after so long all together */
	uint64_t opened;  /* sessions that began */
	uint64_t words;   /* sessions in which it said a word, of any kind */
	uint64_t open;    /* sessions that it has now */
};

/* Zeroed memory is a member of which nothing is known, at 100 percent. */
struct balance_member {
	double lack;  /* 100 less the percent */
	double waits; /* sums, of which the older ones fade */
	double wait_s;
	double opened;
	double words;
	double percents;
	double seconds;
};

/* A second has passed. */
void balance_step(struct balance_member *member,
		  const struct balance_sample *sample, uint32_t count);

/* The percent of the weight that the member gets: 10 to 100. */
uint16_t balance_percent(const struct balance_member *member);

#endif /* MX_BALANCE_H */
