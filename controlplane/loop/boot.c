/* SPDX-License-Identifier: BSD-3-Clause */
#include "boot.h"

#include <stdio.h>

char *
boot_id(char id[static BOOT_ID_MAX])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (file == NULL || fscanf(file, "%36s", id) != 1)
		id[0] = '\0';
	if (file != NULL)
		fclose(file);
	return id;
}
