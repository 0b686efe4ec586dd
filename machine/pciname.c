/* SPDX-License-Identifier: BSD-3-Clause */
#include "pciname.h"

#include <stdio.h>
#include <string.h>

#include "sysfile.h"

#define LIST "/usr/share/misc/pci.ids"
#define LINE_MAX 512

/* The name on a line "8086  Intel Corporation" or "\t1572  Ethernet ..." with
 * that number, or NULL. */
static const char *
name_on(char *line, const char *prefix, uint16_t number)
{
	char wanted[16];

	snprintf(wanted, sizeof(wanted), "%s%04x  ", prefix, number);
	if (strncmp(line, wanted, strlen(wanted)) != 0)
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return line + strlen(wanted);
}

bool
pciname_is_known(const char *root)
{
	return sysfile_exists(root, LIST);
}

/* Read the rows of a vendor, which end before the next vendor. */
static const char *
find_device(FILE *file, char line[static LINE_MAX], uint16_t number)
{
	while (fgets(line, LINE_MAX, file) != NULL &&
	       (line[0] == '\t' || line[0] == '#')) {
		const char *found = name_on(line, "\t", number);

		if (found != NULL)
			return found;
	}
	return NULL;
}

bool
pciname_find(const char *root, const struct pci_device *device,
	     char name[static PCINAME_MAX])
{
	char path[SYSFILE_PATH_MAX], line[LINE_MAX];
	const char *vendor = NULL;
	FILE *file = fopen(sysfile_path(root, path, LIST), "re");

	name[0] = '\0';
	if (file == NULL)
		return false;
	while (vendor == NULL && fgets(line, sizeof(line), file) != NULL)
		vendor = name_on(line, "", device->vendor);
	if (vendor != NULL) {
		const int used = snprintf(name, PCINAME_MAX, "%.79s", vendor);
		const char *found = find_device(file, line, device->device);

		if (found != NULL)
			snprintf(name + used, PCINAME_MAX - (size_t)used, " %s",
				 found);
	}
	fclose(file);
	return vendor != NULL;
}
