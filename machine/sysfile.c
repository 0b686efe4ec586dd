/* SPDX-License-Identifier: BSD-3-Clause */
#include "sysfile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
join(const char *root, char path[static SYSFILE_PATH_MAX], const char *format,
     va_list arguments)
{
	const int at = snprintf(path, SYSFILE_PATH_MAX, "%s", root);

	if (at < SYSFILE_PATH_MAX)
		vsnprintf(path + at, SYSFILE_PATH_MAX - (size_t)at, format,
			  arguments);
}

const char *
sysfile_path(const char *root, char *path, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	join(root, path, format, arguments);
	va_end(arguments);
	return path;
}

bool
sysfile_exists(const char *root, const char *format, ...)
{
	char path[SYSFILE_PATH_MAX];
	va_list arguments;

	va_start(arguments, format);
	join(root, path, format, arguments);
	va_end(arguments);
	return access(path, F_OK) == 0;
}

static bool
read_line(const char *path, struct sysfile_text to)
{
	FILE *file = fopen(path, "re");

	to.text[0] = '\0';
	if (file == NULL)
		return false;
	const bool read = fgets(to.text, (int)to.size, file) != NULL;
	fclose(file);
	to.text[strcspn(to.text, "\n")] = '\0';
	return read;
}

bool
sysfile_line(const char *root, struct sysfile_text to, const char *format, ...)
{
	char path[SYSFILE_PATH_MAX];
	va_list arguments;

	va_start(arguments, format);
	join(root, path, format, arguments);
	va_end(arguments);
	return read_line(path, to);
}

long
sysfile_number(const char *root, long otherwise, const char *format, ...)
{
	char path[SYSFILE_PATH_MAX], text[32], *end;
	va_list arguments;

	va_start(arguments, format);
	join(root, path, format, arguments);
	va_end(arguments);
	if (!read_line(path, (struct sysfile_text){text, sizeof(text)}))
		return otherwise;
	const long number = strtol(text, &end, 0);
	return end == text ? otherwise : number;
}

bool
sysfile_link(const char *root, struct sysfile_text to, const char *format, ...)
{
	char path[SYSFILE_PATH_MAX], target[SYSFILE_PATH_MAX];
	va_list arguments;

	va_start(arguments, format);
	join(root, path, format, arguments);
	va_end(arguments);
	to.text[0] = '\0';
	const ssize_t bytes = readlink(path, target, sizeof(target) - 1);
	if (bytes < 0)
		return false;
	target[bytes] = '\0';
	const char *last = strrchr(target, '/');
	snprintf(to.text, to.size, "%s", last == NULL ? target : last + 1);
	return true;
}

/* Take the next range of a list.  Returns false at its end. */
static bool
next_range(const char **at, unsigned long *first, unsigned long *last)
{
	char *end;

	*first = *last = strtoul(*at, &end, 10);
	if (end == *at)
		return false;
	if (*end == '-')
		*last = strtoul(end + 1, &end, 10);
	*at = *end == ',' ? end + 1 : end;
	return true;
}

bool
sysfile_list_has(const char *list, unsigned number)
{
	unsigned long first, last;

	while (next_range(&list, &first, &last))
		if (number >= first && number <= last)
			return true;
	return false;
}

unsigned
sysfile_list_count(const char *list)
{
	unsigned long first, last;
	unsigned count = 0;

	while (next_range(&list, &first, &last))
		count += last >= first ? (unsigned)(last - first + 1) : 0;
	return count;
}
