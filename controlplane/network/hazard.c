/* SPDX-License-Identifier: BSD-3-Clause */
#include "hazard.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

static bool
has(const struct hazards *hazards, const char *text)
{
	for (uint32_t i = 0; i < hazards->count; i++)
		if (strcmp(hazards->list[i].text, text) == 0)
			return true;
	return false;
}

void
hazards_add(struct hazards *hazards, bool stops_mail, const char *format, ...)
{
	struct hazard hazard = {.stops_mail = stops_mail};
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(hazard.text, sizeof(hazard.text), format, arguments);
	va_end(arguments);
	if (hazards->count < HAZARDS_MAX && !has(hazards, hazard.text))
		hazards->list[hazards->count++] = hazard;
}

bool
hazards_stop_mail(const struct hazards *hazards)
{
	for (uint32_t i = 0; i < hazards->count; i++)
		if (hazards->list[i].stops_mail)
			return true;
	return false;
}

void
hazards_log_news(const struct hazards *before, const struct hazards *now)
{
	for (uint32_t i = 0; i < now->count; i++)
		if (!has(before, now->list[i].text))
			log_line(now->list[i].stops_mail ? LOG_LEVEL_ERROR
							 : LOG_LEVEL_WARN,
				 "%s", now->list[i].text);
	for (uint32_t i = 0; i < before->count; i++)
		if (!has(now, before->list[i].text))
			log_line(LOG_LEVEL_INFO, "no longer so: %s",
				 before->list[i].text);
}
