/* SPDX-License-Identifier: BSD-3-Clause */
#include "reports.h"

#include <stdarg.h>

#include "publish.h"

json_t *
report_refuse(struct report_result *result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(result->text, sizeof(result->text), format, arguments);
	va_end(arguments);
	result->end = REPORT_REFUSED;
	return NULL;
}

json_t *
report_misused(struct report_result *result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(result->text, sizeof(result->text), format, arguments);
	va_end(arguments);
	result->end = REPORT_USAGE;
	return NULL;
}

const struct mx_region *
report_region(const struct sources *sources, struct report_result *result)
{
	const struct publish_outcome outcome =
		publisher_outcome(sources->publisher);
	char text[OUTCOME_TEXT_MAX];

	if (!outcome.attached) {
		report_refuse(result, "%s", outcome_absence(&outcome, text));
		return NULL;
	}
	return publisher_region(sources->publisher);
}

const char *
report_mac(const uint8_t mac[6], char text[static REPORT_MAC_MAX])
{
	snprintf(text, REPORT_MAC_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
		 mac[1], mac[2], mac[3], mac[4], mac[5]);
	return text;
}
