/* SPDX-License-Identifier: BSD-3-Clause */
#include "balance.h"

#include <assert.h>
#include <math.h>

/* A second's part of the sums after the next one: 20 seconds count. */
#define FADES 0.95

/* The part of the way to its target that a percent goes in a second. */
#define GAIN 0.15

/* Waits that are equal: relative to the mean, and seconds. */
#define EQUAL_PART 0.05
#define EQUAL_S 0.001

/* The spread of a mean of n waits is about the mean divided by the root of n.
 * Three times that is no chance. */
#define SIGNIFICANT 9.0

/* A percent rises by so much a second while waits are equal. */
#define RISE 0.1

/* A member that began so many sessions, has as many, and said no word in any is
 * stuck. */
#define STUCK 5.0

struct rates {
	double sum;       /* of what all could greet, */
	double greeted;   /* and of what they do, a second */
	double wait_s;    /* the mean of all */
	uint32_t members; /* that serve */
};

/* What a member could greet, if it is one of those that serve. */
struct offer_of {
	double rate;    /* sessions a second that it could greet */
	double greeted; /* that it does */
	double wait_s;  /* less than 0: not known */
	double counted; /* sessions that tell so */
};

static double
percent_of(const struct balance_member *m)
{
	return 100 - m->lack;
}

static void
fade(struct balance_member *m, const struct balance_sample *s)
{
	m->waits = m->waits * FADES + (double)s->waits;
	m->wait_s = m->wait_s * FADES + (double)s->wait_us / 1e6;
	m->opened = m->opened * FADES + (double)s->opened;
	m->words = m->words * FADES + (double)s->words;
	m->percents = m->percents * FADES + percent_of(m);
	m->seconds = m->seconds * FADES + 1;
}

static bool
is_stuck(const struct balance_member *m, const struct balance_sample *s)
{
	return m->opened >= STUCK && (double)s->open >= STUCK && m->words < 1;
}

static struct offer_of
offer_of(const struct balance_member *m, const struct balance_sample *s)
{
	struct offer_of offer = {.greeted = m->waits / m->seconds,
				 .wait_s = -1,
				 .counted = m->waits};

	if (m->waits >= 1) {
		offer.wait_s = fmax(m->wait_s / m->waits, 1e-5);
		offer.rate = offer.greeted + 1 / offer.wait_s;
	} else if (is_stuck(m, s)) {
		offer.wait_s = HUGE_VAL;
		offer.counted = m->opened;
	}
	return offer;
}

static bool
is_equal(const struct offer_of *offer, double mean_s)
{
	const double off = offer->wait_s / mean_s - 1;

	return fabs(off) < EQUAL_PART ||
	       fabs(offer->wait_s - mean_s) < EQUAL_S ||
	       off * off * offer->counted < SIGNIFICANT;
}

static double
between(double least, double value, double most)
{
	return fmin(most, fmax(least, value));
}

/* Sum up the members whose times are known. */
static struct rates
sum_up(const struct offer_of *offer, const bool *known, uint32_t count)
{
	struct rates all = {.members = 0};

	for (uint32_t i = 0; i < count; i++) {
		if (!known[i])
			continue;
		all.members++;
		all.sum += offer[i].rate;
		all.greeted += offer[i].greeted;
		if (offer[i].wait_s < HUGE_VAL)
			all.wait_s += offer[i].greeted * offer[i].wait_s;
	}
	if (all.greeted > 0)
		all.wait_s /= all.greeted;
	return all;
}

/* The percent at which the member would greet so many sessions a second that all
 * have the same to spare.  What it greets now came by the percents that it had
 * meanwhile. */
static double
wanted(const struct balance_member *m, const struct offer_of *offer,
       const struct rates *all)
{
	const double spare = (all->sum - all->greeted) / all->members;
	const double rate = fmax(offer->rate - spare, 0);

	if (offer->greeted <= 0)
		return 0;
	return m->percents / m->seconds * rate / offer->greeted;
}

/* The largest percent rises to 100, all others with it. */
static void
lift(struct balance_member *member, const struct balance_sample *sample,
     uint32_t count)
{
	double most = 0;

	for (uint32_t i = 0; i < count; i++)
		if (sample[i].serves)
			most = fmax(most, percent_of(&member[i]));
	const double by = most > 0 ? fmin(100 / most, 1.01) : 1;
	for (uint32_t i = 0; i < count; i++)
		if (sample[i].serves)
			member[i].lack = 100 - percent_of(&member[i]) * by;
}

static void
move(struct balance_member *m, double step)
{
	m->lack = 100 - between(BALANCE_LEAST,
				percent_of(m) + between(1 - BALANCE_STEP, step,
							BALANCE_STEP - 1),
				100);
}

/* Move all members whose times are known. */
static void
move_all(struct balance_member *member, const struct offer_of *offer,
	 const bool *known, uint32_t count, const struct rates *all)
{
	double most = 0;

	for (uint32_t i = 0; i < count; i++)
		if (known[i])
			most = fmax(most, wanted(&member[i], &offer[i], all));
	for (uint32_t i = 0; i < count; i++) {
		if (!known[i] || most <= 0)
			continue;
		const double target =
			100 * wanted(&member[i], &offer[i], all) / most;
		move(&member[i],
		     is_equal(&offer[i], all->wait_s)
			     ? RISE
			     : GAIN * (target - percent_of(&member[i])));
	}
}

void
balance_step(struct balance_member *member, const struct balance_sample *sample,
	     uint32_t count)
{
	struct offer_of offer[BALANCE_MEMBERS_MAX];
	bool known[BALANCE_MEMBERS_MAX];

	assert(count <= BALANCE_MEMBERS_MAX);
	for (uint32_t i = 0; i < count; i++) {
		fade(&member[i], &sample[i]);
		offer[i] = offer_of(&member[i], &sample[i]);
		known[i] = sample[i].serves && offer[i].wait_s >= 0;
	}
	const struct rates all = sum_up(offer, known, count);
	if (all.members >= 2 && all.greeted > 0) {
		move_all(member, offer, known, count, &all);
		lift(member, sample, count);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		move(&member[i], RISE);
}

uint16_t
balance_percent(const struct balance_member *member)
{
	return (uint16_t)lround(
		between(BALANCE_LEAST, percent_of(member), 100));
}
