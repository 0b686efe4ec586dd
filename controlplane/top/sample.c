/* SPDX-License-Identifier: BSD-3-Clause */
#include "sample.h"

#include <math.h>
#include <stddef.h>

static const char *const keys[SAMPLE_LISTS] = {
	[SAMPLE_SERVICES] = "services",
	[SAMPLE_POOLS] = "pools",
	[SAMPLE_MTAS] = "backends",
	[SAMPLE_WORKERS] = "workers",
};

static bool
is_answer(const json_t *answer)
{
	for (int i = 0; i < SAMPLE_LISTS; i++)
		if (!json_is_array(json_object_get(answer, keys[i])))
			return false;
	return true;
}

/* The rows of a list by their names. */
static json_t *
name_rows(const json_t *rows)
{
	json_t *named = json_object();
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		json_object_set(named, sample_text(row, "name"), row);
	return named;
}

static void
forget_before(struct sample *sample)
{
	for (int i = 0; i < SAMPLE_LISTS; i++) {
		json_decref(sample->named[i]);
		sample->named[i] = NULL;
	}
	json_decref(sample->before);
	sample->before = NULL;
	sample->seconds = 0;
}

/* The time between two answers whose counters are of one data plane, or 0. */
static double
seconds_between(const json_t *before, const json_t *now)
{
	const double ms =
		sample_count(now, "at_ms") - sample_count(before, "at_ms");

	if (sample_count(before, "started_s") !=
		    sample_count(now, "started_s") ||
	    !(ms > 0))
		return 0;
	return ms / 1000;
}

/* Is it the same answer once more?  All screens share one for a while. */
static bool
is_again(const json_t *before, const json_t *now)
{
	return sample_count(before, "at_ms") == sample_count(now, "at_ms") &&
	       sample_count(before, "started_s") ==
		       sample_count(now, "started_s");
}

/* In a time that short a rate would be noise. */
static bool
is_soon(double seconds)
{
	return seconds > 0 && seconds < SAMPLE_SOON_S;
}

bool
sample_take(struct sample *sample, json_t *answer)
{
	if (!is_answer(answer)) {
		json_decref(answer);
		return false;
	}
	if (sample->now != NULL && is_again(sample->now, answer)) {
		json_decref(sample->now);
		sample->now = answer;
		return true;
	}
	if (sample->before != NULL &&
	    is_soon(seconds_between(sample->now, answer))) {
		json_decref(sample->now);
		sample->now = answer;
		sample->seconds = seconds_between(sample->before, answer);
		return true;
	}
	forget_before(sample);
	sample->before = sample->now;
	sample->now = answer;
	if (sample->before == NULL)
		return true;
	sample->seconds = seconds_between(sample->before, answer);
	for (int i = 0; i < SAMPLE_LISTS; i++)
		sample->named[i] =
			name_rows(json_object_get(sample->before, keys[i]));
	return true;
}

void
sample_free(struct sample *sample)
{
	forget_before(sample);
	json_decref(sample->now);
	sample->now = NULL;
}

const json_t *
sample_rows(const struct sample *sample, enum sample_list list)
{
	return json_object_get(sample->now, keys[list]);
}

double
sample_count(const json_t *row, const char *key)
{
	const json_t *value = json_object_get(row, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

double
sample_rate(const struct sample *sample, enum sample_list list,
	    const json_t *row, const char *key)
{
	const json_t *before =
		json_object_get(sample->named[list], sample_text(row, "name"));
	const double gained =
		sample_count(row, key) - sample_count(before, key);

	return sample->seconds > 0 && gained >= 0 ? gained / sample->seconds
						  : NAN;
}

double
sample_total(const struct sample *sample, enum sample_list list,
	     const char *key)
{
	const json_t *row;
	double sum = 0;
	size_t i;

	json_array_foreach(sample_rows(sample, list), i, row) {
		const double value = sample_count(row, key);

		sum += isnan(value) ? 0 : value;
	}
	return sum;
}

double
sample_total_rate(const struct sample *sample, enum sample_list list,
		  const char *key)
{
	const json_t *row;
	double sum = NAN;
	size_t i;

	json_array_foreach(sample_rows(sample, list), i, row) {
		const double rate = sample_rate(sample, list, row, key);

		if (!isnan(rate))
			sum = isnan(sum) ? rate : sum + rate;
	}
	return sum;
}

const char *
sample_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}
