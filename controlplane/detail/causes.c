/* SPDX-License-Identifier: BSD-3-Clause */
#include "causes.h"

#include "reports.h"

void
causes_set(json_t *data, const char *sum_key, const char *each_key,
	   const uint64_t *count, unsigned counts,
	   const char *(*name)(unsigned cause))
{
	json_t *each = json_object();
	uint64_t sum = 0;

	for (unsigned i = 0; i < counts; i++) {
		report_set_count(each, name(i), count[i]);
		sum += count[i];
	}
	report_set_count(data, sum_key, sum);
	report_set(data, each_key, each);
}

void
causes_print(FILE *out, const char *what, json_t *counts)
{
	const char *key;
	json_t *count;

	json_object_foreach(counts, key, count)
		if (json_integer_value(count) > 0)
			fprintf(out, "%s, %s: %" JSON_INTEGER_FORMAT "\n", what,
				key, json_integer_value(count));
}
