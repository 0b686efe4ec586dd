/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SAMPLE_H
#define MX_SAMPLE_H

/* Two answers of `top read` (detail/counts.h), and the rates between them.
 *
 * A rate is not known, which is NAN,
 *   - in the first answer, and where a row is new
 *   - if its counter went back, as when an MTA left a pool
 *   - if another data plane counts than before
 *   - if no time passed between the answers
 *
 * Threads    one. */
#include <jansson.h>
#include <stdbool.h>

/* An answer that comes sooner after the last one takes its place: the rates go on to
 * be those since the one before. */
#define SAMPLE_SOON_S 0.5

enum sample_list {
	SAMPLE_SERVICES,
	SAMPLE_POOLS,
	SAMPLE_MTAS,
	SAMPLE_WORKERS,
	SAMPLE_LISTS,
};

/* Zeroed: no answer yet. */
struct sample {
	json_t *now; /* NULL: none yet */
	json_t *before;
	json_t *named[SAMPLE_LISTS]; /* rows of `before` by their names */
	double seconds;              /* between the two; 0: no rate is known */
};

/* Take an answer, which is given away.  Returns false if it is none: it is no object
 * with the four lists.  Then nothing has changed. */
bool sample_take(struct sample *sample, json_t *answer);
void sample_free(struct sample *sample);

/* The rows of a list; NULL if there is no answer. */
const json_t *sample_rows(const struct sample *sample, enum sample_list list);

/* The value of a counter of a row; NAN if it has none. */
double sample_count(const json_t *row, const char *key);

/* Its rate a second. */
double sample_rate(const struct sample *sample, enum sample_list list,
		   const json_t *row, const char *key);

/* Sums over all rows of a list; of rates, over those that are known. */
double sample_total(const struct sample *sample, enum sample_list list,
		    const char *key);
double sample_total_rate(const struct sample *sample, enum sample_list list,
			 const char *key);

/* A text of the answer, or of a row; "" if there is none. */
const char *sample_text(const json_t *object, const char *key);

#endif /* MX_SAMPLE_H */
