/* SPDX-License-Identifier: BSD-3-Clause */
#include "load.h"
#include "smallfile.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

struct mx_config *
smallfile_try(const char *text, const char *from, const char *to,
	      struct mx_config_errors *errors)
{
	char changed[2048];
	const char *at = strstr(text, from);

	ck_assert_ptr_nonnull(at);
	snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text,
		 to, at + strlen(from));
	return mx_config_parse(changed, strlen(changed), "f", errors);
}

struct mx_config *
smallfile_parse(const char *text, const char *from, const char *to)
{
	struct mx_config_errors errors = {0};
	struct mx_config *config = smallfile_try(text, from, to, &errors);

	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	return config;
}
