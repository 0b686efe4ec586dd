/* SPDX-License-Identifier: BSD-3-Clause */
#include "hazard.h"

#include <stdarg.h>
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

/* Returns NULL if there is no room. */
static struct hazard *
find_room(struct hazards *hazards, bool stops_mail)
{
	if (hazards->count < HAZARDS_MAX)
		return &hazards->list[hazards->count++];
	hazards->left_out++;
	for (uint32_t i = HAZARDS_MAX; stops_mail && i-- > 0;)
		if (!hazards->list[i].stops_mail)
			return &hazards->list[i];
	return NULL;
}

static void
make_printable(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

struct hazard *
hazards_add(struct hazards *hazards, bool stops_mail, const char *format, ...)
{
	struct hazard hazard = {.stops_mail = stops_mail};
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(hazard.text, sizeof(hazard.text), format, arguments);
	va_end(arguments);
	make_printable(hazard.text);
	if (has(hazards, hazard.text))
		return NULL;
	struct hazard *room = find_room(hazards, stops_mail);
	if (room != NULL)
		*room = hazard;
	return room;
}

void
hazard_mend(struct hazard *hazard, const char *format, ...)
{
	va_list arguments;

	if (hazard == NULL)
		return;
	va_start(arguments, format);
	vsnprintf(hazard->mend, sizeof(hazard->mend), format, arguments);
	va_end(arguments);
	make_printable(hazard->mend);
}

const char *
hazard_line(const struct hazard *hazard, char line[static HAZARD_LINE_MAX])
{
	snprintf(line, HAZARD_LINE_MAX, "%s%s%s", hazard->text,
		 hazard->mend[0] != '\0' ? ": " : "", hazard->mend);
	return line;
}

bool
hazards_stop_mail(const struct hazards *hazards)
{
	for (uint32_t i = 0; i < hazards->count; i++)
		if (hazards->list[i].stops_mail)
			return true;
	return false;
}

/* Print the hazards of one kind.  Returns how many there are. */
static uint32_t
print_kind(const struct hazards *hazards, bool stops_mail, FILE *out)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < hazards->count; i++) {
		const struct hazard *hazard = &hazards->list[i];

		if (hazard->stops_mail != stops_mail)
			continue;
		count++;
		fprintf(out, "%s  %s\n", stops_mail ? "fail" : "warn",
			hazard->text);
		if (hazard->mend[0] != '\0')
			fprintf(out, "      %s\n", hazard->mend);
	}
	return count;
}

void
hazards_print(const struct hazards *hazards, const char *name, FILE *out)
{
	const uint32_t fails = print_kind(hazards, true, out);
	const uint32_t warns = print_kind(hazards, false, out);

	if (fails + warns == 0)
		fprintf(out, "%s: nothing is wrong on this machine\n", name);
	else if (hazards->left_out == 0)
		fprintf(out, "%s: %u fail, %u warn\n", name, fails, warns);
	else
		fprintf(out, "%s: %u fail, %u warn, and %u more\n", name, fails,
			warns, hazards->left_out);
}

void
hazards_log_news(const struct hazards *before, const struct hazards *now)
{
	char line[HAZARD_LINE_MAX];

	for (uint32_t i = 0; i < now->count; i++)
		if (!has(before, now->list[i].text))
			log_line(now->list[i].stops_mail ? LOG_LEVEL_ERROR
							 : LOG_LEVEL_WARN,
				 "%s", hazard_line(&now->list[i], line));
	for (uint32_t i = 0; i < before->count; i++)
		if (!has(now, before->list[i].text))
			log_line(LOG_LEVEL_INFO, "no longer so: %s",
				 before->list[i].text);
}
