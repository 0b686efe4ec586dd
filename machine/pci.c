/* SPDX-License-Identifier: BSD-3-Clause */
#include "pci.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sysfile.h"

#define DEVICES "/sys/bus/pci/devices/"

#define NAMES "/usr/share/misc/pci.ids"
#define NAMES_LINE_MAX 512

/* The upper byte of class_code. */
#define CLASS_NETWORK 0x02u
#define CLASS_BRIDGE 0x06u

/* The first name in a folder that begins with `prefix`, into text[IF_NAMESIZE].
 */
static bool
first_entry(const char *path, const char *prefix, char *text)
{
	const struct dirent *entry;
	DIR *dir = opendir(path);
	bool found = false;

	if (dir == NULL)
		return false;
	while (!found && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		snprintf(text, IF_NAMESIZE, "%.*s", IF_NAMESIZE - 1,
			 entry->d_name);
		found = true;
	}
	closedir(dir);
	return found;
}

/* The interface is in the folder of the device, or in that of a virtio device
 * on it. */
static void
find_interface(const char *root, struct pci_device *device)
{
	char path[SYSFILE_PATH_MAX], virtio[IF_NAMESIZE];

	sysfile_path(root, path, DEVICES "%s/net", device->address);
	if (first_entry(path, "", device->interface))
		return;
	sysfile_path(root, path, DEVICES "%s", device->address);
	if (!first_entry(path, "virtio", virtio))
		return;
	sysfile_path(root, path, DEVICES "%s/%s/net", device->address, virtio);
	first_entry(path, "", device->interface);
}

static uint16_t
read_id(const char *root, const char *address, const char *name)
{
	return (uint16_t)sysfile_number(root, 0, DEVICES "%s/%s", address,
					name);
}

bool
pci_read(const char *root, const char *address, struct pci_device *found)
{
	*found = (struct pci_device){.node = -1};
	snprintf(found->address, sizeof(found->address), "%s", address);
	if (!sysfile_exists(root, DEVICES "%s/vendor", address))
		return false;
	found->vendor = read_id(root, address, "vendor");
	found->device = read_id(root, address, "device");
	found->subsystem_vendor = read_id(root, address, "subsystem_vendor");
	found->subsystem_device = read_id(root, address, "subsystem_device");
	found->class_code =
		(uint32_t)sysfile_number(root, 0, DEVICES "%s/class", address);
	found->node =
		(int)sysfile_number(root, -1, DEVICES "%s/numa_node", address);
	sysfile_link(
		root,
		(struct sysfile_text){found->driver, sizeof(found->driver)},
		DEVICES "%s/driver", address);
	sysfile_link(root,
		     (struct sysfile_text){found->group, sizeof(found->group)},
		     DEVICES "%s/iommu_group", address);
	find_interface(root, found);
	return true;
}

static int
compare(const void *one, const void *other)
{
	return strcmp(one, other);
}

uint32_t
pci_list(const char *root, const char *folder, char (*address)[PCI_ADDRESS_MAX])
{
	char path[SYSFILE_PATH_MAX];
	const struct dirent *entry;
	DIR *dir = opendir(sysfile_path(root, path, "%s", folder));
	uint32_t count = 0;

	if (dir == NULL)
		return 0;
	while (count < PCI_DEVICES_MAX && (entry = readdir(dir)) != NULL)
		if (strchr(entry->d_name, ':') != NULL &&
		    strlen(entry->d_name) < PCI_ADDRESS_MAX)
			strcpy(address[count++], entry->d_name);
	closedir(dir);
	qsort(address, count, sizeof(*address), compare);
	return count;
}

bool
pci_is_network(const struct pci_device *device)
{
	return device->class_code >> 16 == CLASS_NETWORK;
}

bool
pci_is_bridge(const struct pci_device *device)
{
	return device->class_code >> 16 == CLASS_BRIDGE;
}

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
pci_has_names(const char *root)
{
	return sysfile_exists(root, NAMES);
}

/* Read the rows of a vendor, which end before the next vendor. */
static const char *
find_device(FILE *file, char line[static NAMES_LINE_MAX], uint16_t number)
{
	while (fgets(line, NAMES_LINE_MAX, file) != NULL &&
	       (line[0] == '\t' || line[0] == '#')) {
		const char *found = name_on(line, "\t", number);

		if (found != NULL)
			return found;
	}
	return NULL;
}

bool
pci_find_name(const char *root, const struct pci_device *device,
	      char name[static PCI_NAME_MAX])
{
	char path[SYSFILE_PATH_MAX], line[NAMES_LINE_MAX];
	const char *vendor = NULL;
	FILE *file = fopen(sysfile_path(root, path, NAMES), "re");

	name[0] = '\0';
	if (file == NULL)
		return false;
	while (vendor == NULL && fgets(line, sizeof(line), file) != NULL)
		vendor = name_on(line, "", device->vendor);
	if (vendor != NULL) {
		const int used = snprintf(name, PCI_NAME_MAX, "%.79s", vendor);
		const char *found = find_device(file, line, device->device);

		if (found != NULL)
			snprintf(name + used, PCI_NAME_MAX - (size_t)used,
				 " %s", found);
	}
	fclose(file);
	return vendor != NULL;
}
