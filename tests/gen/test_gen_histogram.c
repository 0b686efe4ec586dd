/* SPDX-License-Identifier: BSD-3-Clause */
/* Histograms: a percentile is that of the sorted values, to 1/64.
 * Method: values of several shapes, fixed seeds; a sorted array as the naive
 * twin. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "histogram.h"
#include "random.h"
#include "runner.h"

#define VALUES 20000

static struct histogram histogram;
static uint64_t value[VALUES];

static int
compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a;
	const uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t
draw(int shape, uint64_t *random)
{
	switch (shape) {
	case 0: /* small, where buckets are single values */
		return random_between(random, 0, 100);
	case 1: /* of one size */
		return 123456789;
	case 2: /* over many powers of two */
		return random_next(random) >> random_between(random, 21, 63);
	default: /* a long tail */
		return (uint64_t)(-log1p(-random_share(random)) * 1e6);
	}
}

START_TEST(percentiles_are_those_of_the_sorted_values)
{
	static const double shares[] = {0.001, 0.01,  0.5,    0.9,
					0.99,  0.999, 0.9999, 1};
	uint64_t random = 42 + (uint64_t)_i;

	memset(&histogram, 0, sizeof(histogram));
	for (int i = 0; i < VALUES; i++) {
		value[i] = draw(_i, &random);
		histogram_add(&histogram, value[i]);
	}
	qsort(value, VALUES, sizeof(value[0]), compare);
	ck_assert_uint_eq(histogram.count, VALUES);
	ck_assert_uint_eq(histogram.max, value[VALUES - 1]);
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		const uint64_t right =
			value[(uint32_t)ceil(shares[i] * VALUES) - 1];
		const uint64_t found =
			histogram_percentile(&histogram, shares[i]);

		ck_assert_uint_ge(found, right);
		ck_assert_uint_le(found, right + right / 64);
	}
}
END_TEST

START_TEST(buckets_follow_each_other_without_a_gap)
{
	uint32_t last = 0;

	for (uint64_t v = 1; v < UINT64_C(1) << 16; v++) {
		const uint32_t bucket = histogram_bucket(v);

		ck_assert_uint_ge(bucket, last);
		ck_assert_uint_le(bucket, last + 1);
		last = bucket;
	}
	ck_assert_uint_eq(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
	ck_assert_uint_eq(
		histogram_bucket((UINT64_C(1) << HISTOGRAM_VALUE_BITS) - 1),
		HISTOGRAM_BUCKETS - 1);
}
END_TEST

START_TEST(nothing_has_no_percentile)
{
	memset(&histogram, 0, sizeof(histogram));
	ck_assert_uint_eq(histogram_percentile(&histogram, 0.5), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("gen_histogram");
	TCase *c = tcase_create("gen_histogram");

	tcase_add_loop_test(c, percentiles_are_those_of_the_sorted_values, 0,
			    4);
	tcase_add_test(c, buckets_follow_each_other_without_a_gap);
	tcase_add_test(c, nothing_has_no_percentile);
	suite_add_tcase(s, c);
	return s;
}
