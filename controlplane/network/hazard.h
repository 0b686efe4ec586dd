/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_HAZARD_H
#define MX_HAZARD_H

/* Hazards: what of this host gets in the way of mail, a line for each.
 * Threads    pure data: its owner's. */
#include <stdbool.h>
#include <stdint.h>

#define HAZARDS_MAX 64 /* lines that are kept */
#define HAZARD_TEXT_MAX 256

struct hazard {
	bool stops_mail; /* else it only may */
	char text[HAZARD_TEXT_MAX];
};

struct hazards {
	uint32_t count; /* at most HAZARDS_MAX; further ones are not kept */
	struct hazard list[HAZARDS_MAX];
};

/* Add a line that is not there yet. */
void hazards_add(struct hazards *hazards, bool stops_mail, const char *format,
		 ...) __attribute__((format(printf, 3, 4)));

/* Does any of them stop mail? */
bool hazards_stop_mail(const struct hazards *hazards);

/* Log each that is in `now` and was not in `before`, and each that is gone. */
void hazards_log_news(const struct hazards *before, const struct hazards *now);

#endif /* MX_HAZARD_H */
