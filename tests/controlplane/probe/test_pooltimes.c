/* SPDX-License-Identifier: BSD-3-Clause */
/* The times of a pool are those of its name, over any reload.
 * Method: a model keeps a count for each name; configurations of random pools
 * come one after the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pooltimes.h"
#include "runner.h"

#define NAMES (MX_POOLS_MAX + 16)
#define RELOADS 2000

static struct pooltimes times;
static struct mx_config config;
static uint64_t added[NAMES];

static const char *
name_of(unsigned n)
{
	static char name[MX_NAME_MAX];

	snprintf(name, sizeof(name), "pool%u", n);
	return name;
}

static uint64_t
count_of(const struct pool_times *pool)
{
	uint64_t count = 0;

	for (int b = 0; b < MX_TIME_BUCKETS; b++)
		count += pool->phase[SMTP_EHLO].bucket[b];
	return count;
}

/* Each name is in it or not, and their order is random. */
static void
make_config(void)
{
	config.pool_count = 0;
	for (unsigned n = 0; n < NAMES && config.pool_count < MX_POOLS_MAX;
	     n++) {
		const int at = rand() % (config.pool_count + 1);

		if (rand() % 8 == 0) {
			added[n] = 0;
			continue;
		}
		memcpy(config.pool[config.pool_count++].name,
		       config.pool[at].name, MX_NAME_MAX);
		snprintf(config.pool[at].name, MX_NAME_MAX, "%s", name_of(n));
	}
}

START_TEST(times_follow_names)
{
	static const double ms[SMTP_PHASES] = {[SMTP_EHLO] = 3};

	for (int r = 0; r < RELOADS; r++) {
		make_config();
		pooltimes_follow(&times, &config);
		for (unsigned n = 0; n < NAMES; n++) {
			struct pool_times *pool =
				pooltimes_find(&times, name_of(n));

			if (pool == NULL) {
				added[n] = 0;
				continue;
			}
			ck_assert_uint_eq(count_of(pool), added[n]);
			pooltimes_add(pool, 1 << SMTP_EHLO, ms);
			added[n]++;
		}
		for (uint16_t p = 0; p < config.pool_count; p++)
			ck_assert_ptr_nonnull(
				pooltimes_find(&times, config.pool[p].name));
	}
}
END_TEST

/* clang-format off */
static const struct {
	double ms;
	int bucket;
} buckets[] = {
	{0, 0}, {0.511, 0}, {0.512, 1}, {1.023, 1}, {1.024, 2}, {8388.607, 14},
	{8388.608, 15}, {60000, 15}, {1e15, 15},
};
/* clang-format on */

START_TEST(a_time_is_in_the_bucket_of_its_bound)
{
	struct pool_times pool = {.pool = "mx"};
	double ms[SMTP_PHASES] = {[SMTP_QUIT] = buckets[_i].ms};

	pooltimes_add(&pool, 1 << SMTP_QUIT, ms);
	ck_assert_uint_eq(pool.phase[SMTP_QUIT].bucket[buckets[_i].bucket], 1);
	ck_assert_double_eq(pool.phase[SMTP_QUIT].sum_ms, buckets[_i].ms);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("pooltimes");
	TCase *t = tcase_create("pooltimes");

	tcase_add_test(t, times_follow_names);
	tcase_add_loop_test(t, a_time_is_in_the_bucket_of_its_bound, 0,
			    sizeof(buckets) / sizeof(buckets[0]));
	suite_add_tcase(s, t);
	return s;
}
