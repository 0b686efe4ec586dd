/* SPDX-License-Identifier: BSD-3-Clause */
#include "lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *about;
} lints[] = {
#define X(id, name, about) {name, about},
	LINT_LIST(X)
#undef X
};

const char *
lint_name(enum lint lint)
{
	return lints[lint].name;
}

const char *
lint_about(enum lint lint)
{
	return lints[lint].about;
}

bool
lint_is(const char *name)
{
	for (int i = 0; i < LINTS; i++)
		if (strcmp(lints[i].name, name) == 0)
			return true;
	return false;
}

static bool
is_ignored(const struct mx_config *config, const char *name)
{
	for (uint16_t i = 0; i < config->lint_count; i++)
		if (strcmp(config->lint[i].name, name) == 0)
			return true;
	return false;
}

void
lint_warn(struct config_tree *tree, enum lint lint, uint32_t line,
	  const char *format, ...)
{
	char text[MX_CONFIG_ERROR_TEXT_MAX];
	va_list arguments;

	if (is_ignored(tree->config, lints[lint].name)) {
		tree->errors->ignored++;
		return;
	}
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	config_warning(tree, line, lints[lint].name, text);
}
