/* SPDX-License-Identifier: BSD-3-Clause */
#include "timed.h"

#include <stdio.h>
#include <time.h>

#include <rte_cycles.h>

#include "hash.h"

#define SAMPLES 5
#define CALIBRATION_NS 50000000u

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Measure the length of a cycle of the TSC. */
static double
cycle_ns(void)
{
	static double known;

	if (known > 0)
		return known;
	const uint64_t begin_ns = now_ns();
	const uint64_t begin_tsc = rte_rdtsc();
	uint64_t spent_ns;
	do
		spent_ns = now_ns() - begin_ns;
	while (spent_ns < CALIBRATION_NS);
	known = (double)spent_ns / (double)(rte_rdtsc() - begin_tsc);
	return known;
}

/* Cycles an operation. */
static double
sample(const struct timed *timed)
{
	uint64_t cycles = 0;

	for (uint32_t round = 0; round < timed->rounds; round++) {
		if (timed->prepare != NULL)
			timed->prepare(timed->arg);
		const uint64_t begin_tsc = rte_rdtsc();
		timed->run(timed->arg);
		cycles += rte_rdtsc() - begin_tsc;
	}
	return (double)cycles / timed->rounds / timed->ops;
}

void
timed_add(struct figures *figures, const struct timed *timed)
{
	double cycles[SAMPLES], ns[SAMPLES];
	char name[80];

	sample(timed);
	for (uint32_t i = 0; i < SAMPLES; i++) {
		cycles[i] = sample(timed);
		ns[i] = cycles[i] * cycle_ns();
	}
	figures_add(figures, timed->name, "ns", ns, SAMPLES);
	snprintf(name, sizeof(name), "%s, cycles", timed->name);
	figures_add(figures, name, "cycles", cycles, SAMPLES);
}

uint64_t
timed_draw(void)
{
	static const struct mx_hash_key key = {
		{0x13198a2e03707344u, 0xa4093822299f31d0u}};
	static uint64_t seed;

	return mx_hash_words(&key, ++seed, 0);
}
