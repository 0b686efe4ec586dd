/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a configuration are refused with a reason, or are good.  Never
 * both, never neither, and never a crash. */
#include <stdlib.h>

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mx_config_errors errors;
	struct mx_config *config =
		mx_config_parse((const char *)data, size, "f", &errors);

	if ((config == NULL) != (errors.count > 0))
		abort();
	mx_config_free(config);
	return 0;
}
