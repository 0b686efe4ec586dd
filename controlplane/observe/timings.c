/* SPDX-License-Identifier: BSD-3-Clause */
#include "timings.h"

#include <math.h>
#include <string.h>

#include "traffic.h"

/* Milliseconds of the first bucket of waits. */
#define WAIT_MS ((1u << MX_WAIT_SHIFT) / 1000.0)

void
timings_look(struct timings *timings, const struct mx_region *region,
	     int64_t now_s)
{
	const bool first = timings->next_s == 0 ||
			   timings->started_s != region->header.started_s;

	if (!first && now_s < timings->next_s)
		return;
	timings->started_s = region->header.started_s;
	timings->next_s = now_s + TIMINGS_S;
	if (!first)
		memcpy(timings->kept[0], timings->kept[1],
		       sizeof(timings->kept[0]));
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		timings->kept[1][id] = traffic_timing(region, id);
	if (first)
		memcpy(timings->kept[0], timings->kept[1],
		       sizeof(timings->kept[0]));
}

static void
subtract(uint32_t *from, const uint32_t *what, size_t count)
{
	for (size_t i = 0; i < count; i++)
		from[i] -= what[i];
}

struct mx_timing
timings_between(const struct mx_timing *before, const struct mx_timing *now)
{
	struct mx_timing gained = *now;

	if (now->waits < before->waits || now->wait_us < before->wait_us)
		return gained;
	gained.waits -= before->waits;
	gained.wait_us -= before->wait_us;
	subtract(gained.wait, before->wait, MX_TIME_BUCKETS);
	subtract(gained.length, before->length, MX_TIME_BUCKETS);
	subtract(gained.greeting, before->greeting, MX_GREETINGS);
	return gained;
}

struct mx_timing
timings_recent(const struct timings *timings, const struct mx_region *region,
	       uint16_t id)
{
	const struct mx_timing now = traffic_timing(region, id);

	return timings_between(&timings->kept[0][id], &now);
}

double
timings_quantile(const uint32_t bucket[static MX_TIME_BUCKETS],
		 unsigned percent)
{
	uint64_t all = 0;
	uint64_t below = 0;

	for (int i = 0; i < MX_TIME_BUCKETS; i++)
		all += bucket[i];
	if (all == 0)
		return -1;
	const double rank = (double)all * percent / 100.0;
	for (int i = 0; i < MX_TIME_BUCKETS; i++) {
		const double low = i == 0 ? 0 : (double)(1u << (i - 1));

		if (bucket[i] == 0 || (double)(below + bucket[i]) < rank) {
			below += bucket[i];
			continue;
		}
		if (i == MX_TIME_BUCKETS - 1)
			return low; /* it has no upper end */
		return low + ((double)(1u << i) - low) *
				     (rank - (double)below) / bucket[i];
	}
	return -1;
}

/* A number with three digits behind the point; null if it is less than 0. */
static json_t *
number(double value)
{
	return value < 0 ? json_null() : json_real(round(value * 1000) / 1000);
}

static json_t *
quantile(const uint32_t *bucket, unsigned percent, double width)
{
	const double widths = timings_quantile(bucket, percent);

	return number(widths < 0 ? -1 : widths * width);
}

static json_t *
greetings_of(const struct mx_timing *timing)
{
	static const char *const names[] = {
		[MX_GREETING_SERVES] = "serves", [MX_GREETING_4XX] = "4xx",
		[MX_GREETING_5XX] = "5xx",       [MX_GREETING_FIN] = "ended",
		[MX_GREETING_RST] = "reset",
	};
	json_t *row = json_object();

	for (int i = 0; i < MX_GREETINGS; i++)
		json_object_set_new(row, names[i],
				    json_integer(timing->greeting[i]));
	return row;
}

json_t *
timings_banner(const struct timings *timings, const struct mx_region *region,
	       uint16_t id)
{
	if (region == NULL)
		return json_null();
	const struct mx_timing recent = timings_recent(timings, region, id);

	return quantile(recent.wait, 50, WAIT_MS);
}

void
timings_set(json_t *row, const struct timings *timings,
	    const struct mx_region *region, uint16_t id)
{
	struct mx_timing all = {.waits = 0};
	struct mx_timing recent = {.waits = 0};

	if (region != NULL) {
		all = traffic_timing(region, id);
		recent = timings_recent(timings, region, id);
	}
	json_object_set_new(row, "banners_timed",
			    json_integer((json_int_t)recent.waits));
	json_object_set_new(row, "banner_ms",
			    quantile(recent.wait, 50, WAIT_MS));
	json_object_set_new(row, "banner_p95_ms",
			    quantile(recent.wait, 95, WAIT_MS));
	json_object_set_new(row, "banner_mean_ms",
			    number(recent.waits == 0
					   ? -1
					   : (double)recent.wait_us / 1000.0 /
						     (double)recent.waits));
	json_object_set_new(row, "length_s", quantile(recent.length, 50, 1));
	json_object_set_new(row, "length_p95_s",
			    quantile(recent.length, 95, 1));
	json_object_set_new(row, "greetings", greetings_of(&all));
}
