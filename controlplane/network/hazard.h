/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_HAZARD_H
#define MX_HAZARD_H

/* Hazards: properties of this host that hinder mail, one line each.
 * Threads    pure data: its owner's. */
#include <stdbool.h>
#include <stdint.h>

#define HAZARDS_MAX 64 /* lines that are kept */
#define HAZARD_TEXT_MAX 256

struct hazard {
	bool stops_mail; /* false: the hazard may stop mail */
	char text[HAZARD_TEXT_MAX];
};

struct hazards {
	uint32_t count; /* at most HAZARDS_MAX; further ones are not kept */
	struct hazard list[HAZARDS_MAX];
};

/* Add a line, unless the list has it. */
void hazards_add(struct hazards *hazards, bool stops_mail, const char *format,
		 ...) __attribute__((format(printf, 3, 4)));

/* Does any hazard stop mail? */
bool hazards_stop_mail(const struct hazards *hazards);

/* Log each hazard that only `now` has, and each that only `before` has. */
void hazards_log_news(const struct hazards *before, const struct hazards *now);

#endif /* MX_HAZARD_H */
