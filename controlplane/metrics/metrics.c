/* SPDX-License-Identifier: BSD-3-Clause */
#include "metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "exposition.h"
#include "metriclabels.h"
#include "metriclist.h"
#include "metricvalues.h"

enum metric_type { GAUGE, COUNTER, HISTOGRAM };

static const char *const type_names[] = {
	[GAUGE] = "gauge", [COUNTER] = "counter", [HISTOGRAM] = "histogram"};

struct metric {
	enum metric_type type;
	enum metric_of of;
	const char *name;
	const char *unit;
	const char *help;
	metric_read read;
};

static const struct metric metrics[] = {
#define X(id, type, of, name, unit, help)                                      \
	{type, OF_##of, "mxsteer_" name, unit, help, value_##id},
	METRICS(X)
#undef X
};
#define COUNT (sizeof(metrics) / sizeof(metrics[0]))

/* A line up to its value.  suffix: of the name. */
static void
write_line(FILE *out, const struct metric *metric, const char *suffix,
	   char text[METRIC_LABELS_MAX][METRIC_LABEL_MAX])
{
	const struct metric_labels *labels = &metric_labels[metric->of];

	fprintf(out, "%s%s", metric->name, suffix);
	for (unsigned l = 0; l < METRIC_LABELS_MAX && labels->name[l] != NULL;
	     l++) {
		fputs(l == 0 ? "{" : "", out);
		exposition_label(out, l, labels->name[l], text[l]);
	}
}

static void
end_labels(FILE *out, const struct metric *metric)
{
	if (metric_labels[metric->of].name[0] != NULL)
		fputc('}', out);
}

/* Each bucket has what is in the ones before, too. */
static void
write_histogram(FILE *out, const struct metric *metric,
		char text[METRIC_LABELS_MAX][METRIC_LABEL_MAX],
		const struct metric_histogram *histogram)
{
	uint64_t count = 0;
	double bound = histogram->first;

	for (uint16_t b = 0; b < histogram->buckets; b++, bound *= 2) {
		count += histogram->bucket[b];
		write_line(out, metric, "_bucket", text);
		if (b + 1 < histogram->buckets)
			fprintf(out, ",le=\"%g\"} %" PRIu64 "\n", bound, count);
		else
			fprintf(out, ",le=\"+Inf\"} %" PRIu64 "\n", count);
	}
	write_line(out, metric, "_sum", text);
	end_labels(out, metric);
	exposition_value(out, histogram->sum);
	write_line(out, metric, "_count", text);
	end_labels(out, metric);
	exposition_value(out, (double)count);
}

/* Write one value.  The head comes before the first one.  Returns whether there is
 * a value. */
static bool
write_value(FILE *out, const struct metric *metric, bool first,
	    char text[METRIC_LABELS_MAX][METRIC_LABEL_MAX],
	    const union metric_value *value)
{
	const bool is_histogram = metric->type == HISTOGRAM;

	if (is_histogram ? value->histogram.buckets == 0 : isnan(value->number))
		return false;
	if (first)
		exposition_head(out, metric->name, metric->help,
				type_names[metric->type]);
	if (is_histogram) {
		write_histogram(out, metric, text, &value->histogram);
		return true;
	}
	write_line(out, metric, "", text);
	end_labels(out, metric);
	exposition_value(out, value->number);
	return true;
}

static void
write_metric(FILE *out, const struct metric *metric,
	     const struct metric_view *view)
{
	const struct metric_labels *labels = &metric_labels[metric->of];
	char text[METRIC_LABELS_MAX][METRIC_LABEL_MAX] = {""};
	union metric_value value;
	bool first = true;

	for (uint16_t i = 0; i < labels->rows; i++)
		for (uint16_t j = 0; j < labels->columns; j++) {
			if (!labels->write(view, i, j, text))
				continue;
			metric->read(view, i, j, &value);
			if (write_value(out, metric, first, text, &value))
				first = false;
		}
}

int
metrics_write(FILE *out, const struct sources *sources)
{
	struct metric_view *view = metricview_new(sources);

	if (view == NULL)
		return -ENOMEM;
	for (size_t m = 0; m < COUNT; m++)
		write_metric(out, &metrics[m], view);
	metricview_free(view);
	return 0;
}

void
metrics_write_table(FILE *out)
{
	fputs("| metric | type | labels | unit | meaning |\n"
	      "|---|---|---|---|---|\n",
	      out);
	for (size_t m = 0; m < COUNT; m++) {
		const struct metric_labels *labels =
			&metric_labels[metrics[m].of];

		fprintf(out, "| `%s` | %s | ", metrics[m].name,
			type_names[metrics[m].type]);
		for (unsigned l = 0;
		     l < METRIC_LABELS_MAX && labels->name[l] != NULL; l++)
			fprintf(out, "%s`%s`", l == 0 ? "" : ", ",
				labels->name[l]);
		fprintf(out, " | %s | %s |\n", metrics[m].unit,
			metrics[m].help);
	}
}
