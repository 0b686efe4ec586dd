/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a configuration are refused with a reason, or are good.  Never
 * both, never neither, and never a crash.  The dump of a good configuration is
 * an equal one. */
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "dump.h"
#include "load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_dump(const struct mx_config *config)
{
	static struct mx_config_errors errors;
	size_t size;
	char *text = dump_text(config, &size);

	if (text == NULL)
		abort();
	struct mx_config *again = mx_config_parse(text, size, "dump", &errors);
	/* mx_config_parse() begins with zeroes, so the gaps are equal. */
	if (again == NULL || memcmp(config, again, sizeof(*config)) != 0)
		abort();
	mx_config_free(again);
	free(text);
}

/* A text without a line feed at its end is refused at once, so each gets one. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mx_config_errors errors;
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\n';
	struct mx_config *config =
		mx_config_parse(text, size + 1, "f", &errors);
	free(text);

	if ((config == NULL) != (errors.count > 0))
		abort();
	if (config != NULL)
		check_dump(config);
	mx_config_free(config);
	return 0;
}
