/* SPDX-License-Identifier: BSD-3-Clause */
#include "pci.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sysfile.h"

#define DEVICES "/sys/bus/pci/devices/"

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
