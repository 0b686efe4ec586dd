/* SPDX-License-Identifier: BSD-3-Clause */
/* `balance: load`: sessions wait equally long for each MTA, and no share swings.
 * Method: MTAs as queues with one server, random arrivals and random work of a
 * fixed seed, and a clock of the test's own: the percents choose the queue of
 * each session.  Times are in seconds.  Where MTAs have agents, these are the
 * real ones but for the network: mxsteer-agent's score of the CPU's use, and what
 * counts of its line. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "balance.h"
#include "proc.h"
#include "runner.h"
#include "score.h"

#define MTAS_MAX 3
#define QUEUE 65536u /* sessions that wait at an MTA */
#define SETTLED_S 120
#define RUN_S (SETTLED_S + 600)

struct mta {
	double rate; /* sessions that it could greet in a second */
	double free; /* when it has greeted all that have come */
	double begin[QUEUE], greeted[QUEUE];
	uint32_t head, tail;
	/* Its agent. */
	double busy[RUN_S]; /* of each second */
	double cpu;
	uint16_t said;
	struct agent agent;
	/* These cover the time after SETTLED_S. */
	double waited;
	double sessions;
};

static struct mta mta[MTAS_MAX];
static struct balance_member member[MTAS_MAX];
static struct balance_sample sample[MTAS_MAX];
static uint32_t mtas;
static bool have_agents;
static uint16_t least[MTAS_MAX], most[MTAS_MAX];

static void
setup(void)
{
	memset(mta, 0, sizeof(mta));
	memset(member, 0, sizeof(member));
	memset(sample, 0, sizeof(sample));
	memset(least, 0xff, sizeof(least));
	memset(most, 0, sizeof(most));
	srand(7);
	have_agents = false;
	for (int i = 0; i < MTAS_MAX; i++)
		agent_begin(&mta[i].agent, &(struct mx_endpoint){.port_be = 0});
}

/* A time of a Poisson process of that rate. */
static double
draw(double rate)
{
	return -log((rand() + 1.0) / (RAND_MAX + 2.0)) / rate;
}

/* The product of the factors, as weight.h has it. */
static uint32_t
weight_of(uint32_t i)
{
	return (uint32_t)balance_percent(&member[i]) *
	       mta[i].agent.counts.percent;
}

static uint32_t
choose(void)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < mtas; i++)
		sum += weight_of(i);
	uint32_t at = (uint32_t)rand() % sum;
	for (uint32_t i = 0; i < mtas; i++) {
		if (at < weight_of(i))
			return i;
		at -= weight_of(i);
	}
	abort();
}

/* The MTA works from then on until it is free. */
static void
note_work(struct mta *m, double from)
{
	for (int s = (int)from; s < RUN_S && s < m->free; s++)
		m->busy[s] += fmin(m->free, s + 1) - fmax(from, s);
}

/* An agent measures its CPU, and is asked. */
static void
ask_agent(struct mta *m, int second)
{
	static const struct score_scale scale = SCORE_SCALE;
	struct asker_answer answer = {.end = ASKER_LINE};

	m->cpu = proc_average(m->cpu, m->busy[second]);
	const struct measures measures = {.has_cpu = true, .cpu = m->cpu};
	m->said = score_settle(m->said, score_of(&measures, &scale));
	answer.length = (size_t)snprintf(answer.line, sizeof(answer.line),
					 "up %u%%", m->said);
	agent_take(&m->agent, &answer, 100, (uint64_t)second * 1000);
}

static void
arrive(double at)
{
	const uint32_t i = choose();
	struct mta *m = &mta[i];

	const double from = fmax(m->free, at);

	m->free = from + draw(m->rate);
	note_work(m, from);
	m->begin[m->tail % QUEUE] = at;
	m->greeted[m->tail++ % QUEUE] = m->free;
	sample[i].opened++;
	sample[i].open = m->tail - m->head;
	ck_assert_uint_lt(m->tail - m->head, QUEUE);
}

/* What was greeted until then. */
static void
greet(uint32_t i, double until, bool settled)
{
	struct mta *m = &mta[i];

	while (m->head != m->tail && m->greeted[m->head % QUEUE] < until) {
		const double waited =
			m->greeted[m->head % QUEUE] - m->begin[m->head % QUEUE];

		m->head++;
		sample[i].waits++;
		sample[i].words++;
		sample[i].wait_us += (uint64_t)(waited * 1e6);
		m->waited += settled ? waited : 0;
		m->sessions += settled;
	}
}

/* One second of so many sessions; returns when the next one comes. */
static double
run_second(double rate, double next, int second)
{
	uint16_t before[MTAS_MAX];

	for (uint32_t i = 0; i < mtas; i++)
		sample[i] = (struct balance_sample){.serves = true};
	for (; next < second + 1; next += draw(rate))
		arrive(next);
	for (uint32_t i = 0; i < mtas; i++) {
		greet(i, second + 1, second >= SETTLED_S);
		before[i] = balance_percent(&member[i]);
	}
	balance_step(member, sample, mtas);
	for (uint32_t i = 0; have_agents && i < mtas; i++)
		ask_agent(&mta[i], second);
	for (uint32_t i = 0; i < mtas; i++) {
		const uint16_t now = balance_percent(&member[i]);

		ck_assert_int_le(abs(now - before[i]), BALANCE_STEP);
		ck_assert_uint_ge(now, BALANCE_LEAST);
		ck_assert_uint_le(now, 100);
		if (second < SETTLED_S)
			continue;
		least[i] = now < least[i] ? now : least[i];
		most[i] = now > most[i] ? now : most[i];
	}
	return next;
}

static double
wait_of(uint32_t i)
{
	return mta[i].waited / mta[i].sessions;
}

static const struct {
	uint32_t mtas;
	double rate[MTAS_MAX];
	double arrivals;
} sites[] = {
	{2, {100, 50}, 90},        {2, {100, 50}, 120},
	{2, {1000, 500}, 1200},    {3, {100, 100, 50}, 175},
	{3, {400, 400, 200}, 800}, {2, {100, 100}, 150},
	{3, {100, 100, 100}, 240},
};

static void
run_site(int site, double apart)
{
	double next = 0, shortest = HUGE_VAL, longest = 0;

	mtas = sites[site].mtas;
	for (uint32_t i = 0; i < mtas; i++)
		mta[i].rate = sites[site].rate[i];
	for (int second = 0; second < RUN_S; second++)
		next = run_second(sites[site].arrivals, next, second);
	for (uint32_t i = 0; i < mtas; i++) {
		shortest = fmin(shortest, wait_of(i));
		longest = fmax(longest, wait_of(i));
		if (getenv("MXSTEER_SHOW") != NULL)
			printf("site %d mta %u: %.1f ms, %u to %u %%, agent "
			       "%u %%\n",
			       site, i, wait_of(i) * 1e3, least[i], most[i],
			       mta[i].agent.counts.percent);
		ck_assert_int_le(most[i] - least[i], 25);
	}
	ck_assert_double_lt(longest, apart * shortest);
}

START_TEST(with_an_mta_of_half_the_cpu_waits_are_equal_and_stay_so)
{
	run_site(_i, 1.2);
}
END_TEST

/* An MTA whose CPU is full greets late, too: both factors take from its weight.
 * The balance then finds that it greets sooner than the others, and gives back what
 * was too much.  Agents follow the CPU of the last seconds, so times are a little
 * further apart. */
START_TEST(with_agents_that_see_the_same_load_nothing_swings)
{
	have_agents = true;
	run_site(_i, 1.25);
}
END_TEST

START_TEST(few_sessions_tell_nothing)
{
	double next = 0;

	mtas = 2;
	mta[0].rate = mta[1].rate = 100;
	for (int second = 0; second < RUN_S; second++)
		next = run_second(2, next, second);
	ck_assert_uint_ge(least[0], 80);
	ck_assert_uint_ge(least[1], 80);
}
END_TEST

START_TEST(an_mta_that_greets_nobody_falls_to_the_least)
{
	mtas = 2;
	for (int second = 0; second < 60; second++) {
		sample[0] = (struct balance_sample){true, 50, 50000, 50, 50, 5};
		sample[1] = (struct balance_sample){true, 0, 0, 50, 0, 50};
		balance_step(member, sample, 2);
	}
	ck_assert_uint_eq(balance_percent(&member[0]), 100);
	ck_assert_uint_eq(balance_percent(&member[1]), BALANCE_LEAST);
}
END_TEST

/* Those that speak first hear a word, and are no wait; those that leave at once are
 * not there any more. */
START_TEST(clients_that_leave_or_speak_first_make_no_mta_stuck)
{
	static const struct balance_sample odd[] = {
		{true, 0, 0, 50, 0, 4},
		{true, 0, 0, 50, 1, 50},
		{true, 0, 0, 0, 0, 50},
	};

	mtas = 2;
	for (int second = 0; second < 60; second++) {
		sample[0] = (struct balance_sample){true, 50, 50000, 50, 50, 5};
		sample[1] = odd[_i];
		balance_step(member, sample, 2);
	}
	ck_assert_uint_eq(balance_percent(&member[1]), 100);
}
END_TEST

START_TEST(without_times_all_rise_to_100)
{
	mtas = 2;
	member[0].lack = 60;
	sample[0] = sample[1] = (struct balance_sample){true, 0, 0, 50, 0, 50};
	for (int second = 0; second < 1200; second++)
		balance_step(member, sample, 2);
	ck_assert_uint_eq(balance_percent(&member[0]), 100);
	ck_assert_uint_eq(balance_percent(&member[1]), 100);
}
END_TEST

START_TEST(one_that_does_not_serve_keeps_its_percent)
{
	member[1].lack = 40;
	for (int second = 0; second < 60; second++) {
		sample[0] = sample[2] =
			(struct balance_sample){true, 50, 50000, 50, 50, 5};
		sample[1] = (struct balance_sample){.serves = false};
		balance_step(member, sample, 3);
	}
	ck_assert_uint_eq(balance_percent(&member[1]), 60);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("balance");
	TCase *t = tcase_create("balance");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(
		t, with_an_mta_of_half_the_cpu_waits_are_equal_and_stay_so, 0,
		(int)(sizeof(sites) / sizeof(sites[0])));
	tcase_add_loop_test(t,
			    with_agents_that_see_the_same_load_nothing_swings,
			    0, (int)(sizeof(sites) / sizeof(sites[0])));
	tcase_add_test(t, few_sessions_tell_nothing);
	tcase_add_test(t, an_mta_that_greets_nobody_falls_to_the_least);
	tcase_add_loop_test(
		t, clients_that_leave_or_speak_first_make_no_mta_stuck, 0, 3);
	tcase_add_test(t, without_times_all_rise_to_100);
	tcase_add_test(t, one_that_does_not_serve_keeps_its_percent);
	suite_add_tcase(s, t);
	return s;
}
