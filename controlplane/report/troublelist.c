/* SPDX-License-Identifier: BSD-3-Clause */
#include "troublelist.h"

#include <stdarg.h>
#include <stdio.h>

#include "character.h"

#define TEXT_MAX 512

struct troubles
troubles_new(void)
{
	struct troubles troubles;

	for (int i = 0; i < TROUBLE_LEVELS; i++)
		troubles.list[i] = json_array();
	return troubles;
}

void
troubles_free(struct troubles *troubles)
{
	for (int i = 0; i < TROUBLE_LEVELS; i++)
		json_decref(troubles->list[i]);
}

void
trouble_add(struct troubles *troubles, enum trouble_level level,
	    const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	character_make_shown(text);
	json_array_append_new(troubles->list[level], json_string(text));
}
