/* SPDX-License-Identifier: BSD-3-Clause */
#include "reports.h"

#include <stdarg.h>

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
